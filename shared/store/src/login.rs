//! Logins: one per e-mail for all firms, with the password's hash, and a membership in each firm that it opens.

use domain::{Email, Id, Refusal, Time, firm::Firm, session::Principal};
use serde::{Deserialize, Serialize};

use crate::{
    Change, Error, Found, Store,
    change::OnFailure,
    item::{Attributes, Item, millis, text},
    key::{Key, name},
};

/// What an e-mail opens.
#[derive(Debug, Clone)]
pub struct Login {
    /// The password's hash, as a PHC string.
    pub password: String,
    /// Where it leads, the newest last.
    pub memberships: Vec<Membership>,
}

/// Whom a login stands for in a firm.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Membership {
    /// The firm.
    pub firm: Id<Firm>,
    /// Who it is there, with their role or rights.
    pub principal: Principal,
    /// Since when.
    pub since: Time,
}

impl Store {
    /// What `email` opens, if it is a login; one query for some thousands of memberships.
    pub async fn login(&self, email: &Email) -> Result<Option<Login>, Error> {
        let Key { pk, .. } = Key::login(email);
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(pk))
            .consistent_read(true);
        let items: Vec<Item> = query.into_paginator().items().send().try_collect().await?;
        let mut password = None;
        let mut memberships = Vec::new();
        for item in items {
            if item.contains_key(name::PASSWORD) {
                password = Some(item.text(name::PASSWORD)?.to_owned());
            } else {
                memberships.push(serde_json::from_value::<Membership>(item.fields(name::DATA)?.into()).map_err(Error::internal)?);
            }
        }
        memberships.sort_by_key(|membership| membership.since);
        Ok(password.map(|password| Login { password, memberships }))
    }
}

impl Found {
    /// The hash of the password of `email`, if it is a login.
    pub fn password(&self, email: &Email) -> Result<Option<String>, Error> {
        self.item(&Key::login(email)).map(|item| Ok(item.text(name::PASSWORD)?.to_owned())).transpose()
    }
}

impl Change {
    /// Make `email` a login with this password's hash; `taken` is said if it is one already.
    pub fn create_login(&mut self, email: &Email, password: &str, taken: Refusal) -> Result<(), Error> {
        let mut item = Key::login(email).item();
        item.insert(name::PASSWORD.to_owned(), text(password));
        item.insert(name::CREATED.to_owned(), millis(self.now()));
        let put = self.put(item).condition_expression("attribute_not_exists(pk)");
        self.push_put(put, OnFailure::Refused(taken))
    }

    /// Let the login of `email` into the firm as `principal`, who was entered there at `since`, in place of what it was.
    pub fn add_membership(&mut self, email: &Email, principal: Principal, since: Time) -> Result<(), Error> {
        let membership = Membership { firm: self.firm(), principal, since };
        let mut item: Item = Key::membership(email, self.firm(), &principal.subject()).item();
        item.insert(name::DATA.to_owned(), serde_dynamo::to_attribute_value(membership).map_err(Error::internal)?);
        let put = self.put(item);
        self.push_put(put, OnFailure::Lost)
    }

    /// Shut the login of `email` out of the firm as `subject`.
    pub fn remove_membership(&mut self, email: &Email, subject: &str) -> Result<(), Error> {
        self.delete(Key::membership(email, self.firm(), subject))
    }
}
