//! Logins and memberships. A login is one for all firms, and only `auth` reads or writes it: the password's hash, and where it
//! leads. A membership is the firm's: that somebody is let in there, and as what, until it is deleted. Whoever answers
//! somebody's requests leases them from it ([`crate::Lease`]), so nobody is answered who isn't let in any more.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem, Update};
use domain::{
    Email, Id, Refusal, Time,
    firm::Firm,
    ids::LoginId,
    login::{Joined, Login},
    session::Principal,
};
use serde::{Deserialize, Serialize};

use crate::{
    Change, Error, Found, Read, Store,
    change::OnFailure,
    item::{Attributes, Item, millis, number, text},
    key::{Key, name},
};

/// How many memberships are read with one request; DynamoDB takes as many.
const AT_ONCE: usize = 100;

/// Whom a login stands for in a firm.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Membership {
    /// The firm.
    pub firm: Id<Firm>,
    /// Who it is there, with their role or rights.
    pub principal: Principal,
}

impl Store {
    /// Which login `email` has, if it has one.
    pub async fn login_of(&self, email: &Email) -> Result<Option<LoginId>, Error> {
        self.item(&Key::email(email)).await?.as_ref().map(id_in).transpose()
    }

    /// The login `id`, if there is one; one query for some thousands of firms that it came to.
    pub async fn login(&self, id: LoginId) -> Result<Option<Login>, Error> {
        let Key { pk, .. } = Key::login(id);
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(pk))
            .consistent_read(true);
        let items: Vec<Item> = query.into_paginator().items().send().try_collect().await?;
        let mut password = None;
        let mut joined = Vec::new();
        for item in items {
            if item.contains_key(name::PASSWORD) {
                password = Some(item.text(name::PASSWORD)?.to_owned());
            } else {
                joined.push(serde_json::from_value::<Joined>(item.fields(name::DATA)?.into()).map_err(Error::internal)?);
            }
        }
        joined.sort_by_key(|joined| joined.since);
        Ok(password.map(|password| Login { password, joined }))
    }

    /// Those of the memberships of `joined` that there still are, in the same order.
    pub async fn memberships(&self, joined: &[Joined]) -> Result<Vec<Membership>, Error> {
        let keys: Vec<Key> = joined.iter().map(|joined| Key::membership(joined.firm, &joined.subject)).collect();
        let mut memberships = Vec::new();
        for keys in keys.chunks(AT_ONCE) {
            let items = self.items(keys.iter().cloned().collect::<BTreeSet<_>>(), true).await?;
            for item in keys.iter().filter_map(|key| items.get(key)) {
                memberships.push(serde_json::from_value(item.fields(name::DATA)?.into()).map_err(Error::internal)?);
            }
        }
        Ok(memberships)
    }
}

impl Read<'_> {
    /// Which login `email` has, too.
    #[must_use]
    pub fn login_of(self, email: &Email) -> Self {
        self.key(Key::email(email))
    }

    /// The password's hash of the login `id`, too, if there is an id.
    #[must_use]
    pub fn password(self, id: Option<LoginId>) -> Self {
        match id {
            Some(id) => self.key(Key::login(id)),
            None => self,
        }
    }
}

impl Found {
    /// Which login `email` has, if it has one.
    pub fn login_of(&self, email: &Email) -> Result<Option<LoginId>, Error> {
        self.item(&Key::email(email)).map(id_in).transpose()
    }

    /// The password's hash of the login `id`, if there is such a login.
    pub fn password(&self, id: Option<LoginId>) -> Result<Option<String>, Error> {
        let item = id.and_then(|id| self.item(&Key::login(id)));
        item.map(|item| Ok(item.text(name::PASSWORD)?.to_owned())).transpose()
    }
}

impl Change {
    /// Make `email` the login `id` with this password's hash; `taken` is said if it has one already.
    pub fn create_login(&mut self, id: LoginId, email: &Email, password: &str, taken: Refusal) -> Result<(), Error> {
        let mut pointer = Key::email(email).item();
        pointer.insert(name::HOLDER.to_owned(), text(id.to_string()));
        let put = self.put(pointer).condition_expression("attribute_not_exists(pk)");
        self.push_put(put, OnFailure::Refused(taken))?;
        let mut item = Key::login(id).item();
        item.insert(name::PASSWORD.to_owned(), text(password));
        item.insert(name::CREATED.to_owned(), millis(self.now()));
        let put = self.put(item).condition_expression("attribute_not_exists(pk)");
        self.push_put(put, OnFailure::Lost)
    }

    /// That the login `id` leads to the firm, as `subject`, who was entered there at `since`.
    pub fn link_login(&mut self, id: LoginId, subject: &str, since: Time) -> Result<(), Error> {
        let joined = Joined { firm: self.firm(), subject: subject.to_owned(), since };
        let mut item = Key::joined(id, self.firm(), subject).item();
        item.insert(name::DATA.to_owned(), serde_dynamo::to_attribute_value(joined).map_err(Error::internal)?);
        let put = self.put(item);
        self.push_put(put, OnFailure::Lost)
    }

    /// Let `principal` into the firm from now on: tokens from before are worth nothing.
    pub fn put_membership(&mut self, principal: Principal) -> Result<(), Error> {
        let since = self.now().timestamp();
        self.write_membership(principal, "SET #access = :access, #since = :since", Some(since))
    }

    /// Let `principal`, who is let into the firm, do something else there. Tokens that say what they could do before end with
    /// the lease of requests that is running, within a minute.
    pub fn change_membership(&mut self, principal: Principal) -> Result<(), Error> {
        self.write_membership(principal, "SET #access = :access", None)
    }

    fn write_membership(&mut self, principal: Principal, set: &str, since: Option<i64>) -> Result<(), Error> {
        let membership = Membership { firm: self.firm(), principal };
        let mut item = Key::membership(self.firm(), &principal.subject()).item();
        item.insert(name::DATA.to_owned(), serde_dynamo::to_attribute_value(membership).map_err(Error::internal)?);
        let put = self.put(item);
        self.push_put(put, OnFailure::Lost)?;
        // What is counted of their requests stays.
        let lease = Update::builder()
            .table_name(self.table())
            .set_key(Some(Key::lease(self.firm(), &principal.subject()).item()))
            .update_expression(set)
            .expression_attribute_names("#access", name::ACCESS)
            .expression_attribute_values(":access", text(principal.access()));
        let lease = match since {
            Some(since) => lease.expression_attribute_names("#since", name::SINCE).expression_attribute_values(":since", number(since)),
            None => lease,
        };
        let lease = lease.build().map_err(Error::internal)?;
        self.push(TransactWriteItem::builder().update(lease).build(), OnFailure::Lost);
        Ok(())
    }

    /// Shut `subject` out of the firm.
    pub fn remove_membership(&mut self, subject: &str) -> Result<(), Error> {
        self.delete(Key::membership(self.firm(), subject))?;
        self.delete(Key::lease(self.firm(), subject))
    }

    /// Depend on that `principal`, who acts with a token that was `issued` then, is still let into the firm as what they
    /// come: who changes people or the firm itself isn't believed by their token alone. The commit gives [`Error::Revoked`]
    /// if they aren't.
    #[must_use]
    pub fn by_member(mut self, principal: Principal, issued: i64) -> Self {
        self.member = Some((principal, issued));
        self
    }

    pub(crate) fn push_member(&mut self) -> Result<(), Error> {
        let Some((principal, issued)) = self.member else { return Ok(()) };
        let check = ConditionCheck::builder()
            .table_name(self.table())
            .set_key(Some(Key::lease(self.firm(), &principal.subject()).item()))
            .condition_expression("#access = :access AND #since <= :issued")
            .expression_attribute_names("#access", name::ACCESS)
            .expression_attribute_names("#since", name::SINCE)
            .expression_attribute_values(":access", text(principal.access()))
            .expression_attribute_values(":issued", number(issued))
            .build()
            .map_err(Error::internal)?;
        self.push(TransactWriteItem::builder().condition_check(check).build(), OnFailure::Revoked);
        Ok(())
    }
}

/// The login that `item`, an e-mail's, names.
fn id_in(item: &Item) -> Result<LoginId, Error> {
    item.text(name::HOLDER)?.parse().map_err(Error::internal)
}
