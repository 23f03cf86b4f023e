//! Logins and memberships. A login is one for all firms: a record of the installation's, with its events. Its secrets and
//! where it leads lie apart from it (`LOGIN#…`), for `auth` alone, and in no event. A membership is the firm's: that
//! somebody is let in there, and as what, until it is deleted. Whoever answers somebody's requests leases them from it
//! ([`crate::Lease`]), so nobody is answered who isn't let in any more.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem, Update};
use domain::{
    Email, Id, Refusal, Time,
    firm::{Firm, INSTALLATION},
    ids::LoginId,
    login::{Credentials, Event, Joined, Login},
    session::Principal,
};
use serde::{Deserialize, Serialize};

use crate::{
    Change, Error, Found, Read, Record, Store,
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

    /// What the login `id` proves itself by and where it leads, if there is such a login; one query for some thousands of firms
    /// that it came to.
    pub async fn credentials(&self, id: LoginId) -> Result<Option<Credentials>, Error> {
        let Key { pk, .. } = Key::credentials(id);
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
        Ok(password.map(|password| Credentials { password, joined }))
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
            Some(id) => self.key(Key::credentials(id)),
            None => self,
        }
    }

    /// The login `id`, too.
    #[must_use]
    pub fn login(self, id: LoginId) -> Self {
        self.key(Key::record(INSTALLATION, id))
    }
}

impl Found {
    /// Which login `email` has, if it has one.
    pub fn login_of(&self, email: &Email) -> Result<Option<LoginId>, Error> {
        self.item(&Key::email(email)).map(id_in).transpose()
    }

    /// The password's hash of the login `id`, if there is such a login.
    pub fn password(&self, id: Option<LoginId>) -> Result<Option<String>, Error> {
        let item = id.and_then(|id| self.item(&Key::credentials(id)));
        item.map(|item| Ok(item.text(name::PASSWORD)?.to_owned())).transpose()
    }
}

impl Found {
    /// The login `id`, if there is one.
    pub fn login(&self, id: LoginId) -> Result<Option<Record<Login>>, Error> {
        self.item(&Key::record(INSTALLATION, id)).map(Record::from_item).transpose()
    }
}

impl Change {
    /// The new login `id`, with this password's hash; `taken` is said if its e-mail has one already.
    pub fn create_login(&mut self, id: LoginId, (login, event): (Login, Event), password: &str, taken: Refusal) -> Result<(), Error> {
        let mut pointer = Key::email(&login.email).item();
        pointer.insert(name::HOLDER.to_owned(), text(id.to_string()));
        let put = self.put(pointer).condition_expression("attribute_not_exists(pk)");
        self.push_put(put, OnFailure::Refused(taken))?;
        let put = self.put(self.credentials(id, password)).condition_expression("attribute_not_exists(pk)");
        self.push_put(put, OnFailure::Lost)?;
        self.within(INSTALLATION, |change| change.create(id, login, event)).map(|_| ())
    }

    /// The login `before` after a change of it.
    pub fn update_login(&mut self, before: &Record<Login>, after: (Login, Event)) -> Result<(), Error> {
        self.within(INSTALLATION, |change| change.update(before, after)).map(|_| ())
    }

    /// The login `before`, which was never proven, is gone, and its e-mail free.
    pub fn remove_login(&mut self, before: &Record<Login>, joined: &[Joined]) -> Result<(), Error> {
        self.within(INSTALLATION, |change| change.remove(before, Event::Closed))?;
        self.delete(Key::email(&before.email))?;
        self.delete(Key::credentials(before.id))?;
        joined.iter().try_for_each(|joined| self.delete(Key::joined(before.id, joined.firm, &joined.subject)))
    }

    /// That the login `id` has the hash `after` of its password in place of `before`, by which it was known: who was faster
    /// is read again.
    pub fn replace_password(&mut self, id: LoginId, before: &str, after: &str) -> Result<(), Error> {
        let put = self
            .put(self.credentials(id, after))
            .condition_expression("#password = :before")
            .expression_attribute_names("#password", name::PASSWORD)
            .expression_attribute_values(":before", text(before));
        self.push_put(put, OnFailure::Lost)
    }

    /// That the login `id` still has the password by whose hash it was known.
    pub fn require_password(&mut self, id: LoginId, known: &str) -> Result<(), Error> {
        let check = ConditionCheck::builder()
            .table_name(self.table())
            .set_key(Some(Key::credentials(id).item()))
            .condition_expression("#password = :known")
            .expression_attribute_names("#password", name::PASSWORD)
            .expression_attribute_values(":known", text(known))
            .build()
            .map_err(Error::internal)?;
        self.push(TransactWriteItem::builder().condition_check(check).build(), OnFailure::Lost);
        Ok(())
    }

    /// That tokens of until now are worth nothing in the firms of `joined`, within a minute. Tokens tell seconds.
    pub fn end_access(&mut self, joined: &[Joined]) -> Result<(), Error> {
        let since = self.now().timestamp() + 1;
        for Joined { firm, subject, .. } in joined {
            let lease = Update::builder()
                .table_name(self.table())
                .set_key(Some(Key::lease(*firm, subject).item()))
                .update_expression("SET #since = :since")
                .expression_attribute_names("#since", name::SINCE)
                .expression_attribute_values(":since", number(since))
                .build()
                .map_err(Error::internal)?;
            self.push(TransactWriteItem::builder().update(lease).build(), OnFailure::Lost);
        }
        Ok(())
    }

    fn credentials(&self, id: LoginId, password: &str) -> Item {
        let mut item = Key::credentials(id).item();
        item.insert(name::PASSWORD.to_owned(), text(password));
        item.insert(name::CREATED.to_owned(), millis(self.now()));
        item
    }
}

impl Change {
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
