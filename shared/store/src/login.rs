//! Logins and memberships. A login is one for all firms: a record of the installation's, with its events. Its secrets, its
//! sessions and where it leads lie apart from it (`LOGIN#…`), for `auth` alone, and in no event. A membership is the firm's: that
//! somebody is let in there, and as what, until it is deleted. Whoever answers somebody's requests leases them from it
//! ([`crate::Lease`]), so nobody is answered who isn't let in any more.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem, Update, builders::UpdateBuilder};
use chrono::TimeDelta;
use domain::{
    Email, Id, Refusal, Time,
    firm::{Firm, INSTALLATION},
    ids::LoginId,
    login::{Credentials, Event, Joined, Login},
    session::{Principal, Session},
};
use serde::{Deserialize, Serialize};

use crate::{
    Change, Error, Found, Read, Record, Shown, Store,
    change::OnFailure,
    item::{Attributes, Item, millis, number, text},
    key::{HEADER, Key, name},
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
            .key_condition_expression("pk = :pk AND begins_with(sk, :header)")
            .expression_attribute_values(":pk", text(pk))
            .expression_attribute_values(":header", text(HEADER))
            .consistent_read(true);
        let items: Vec<Item> = query.into_paginator().items().send().try_collect().await?;
        let (mut secrets, mut joined) = (None, Vec::new());
        for item in items {
            if item.contains_key(name::PASSWORD) {
                secrets = Some(secrets_in(&item)?);
            } else {
                joined.push(serde_json::from_value::<Joined>(item.fields(name::DATA)?.into()).map_err(Error::internal)?);
            }
        }
        joined.sort_by_key(|joined| joined.since);
        Ok(secrets.map(|secrets| Credentials { joined, ..secrets }))
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

    /// What the login `id` proves itself by, too; not where it leads.
    #[must_use]
    pub fn secrets(self, id: LoginId) -> Self {
        self.key(Key::credentials(id))
    }

    /// Since when tokens of `subject` are taken, too.
    #[must_use]
    pub fn tokens_since(self, subject: &str) -> Self {
        let key = Key::lease(self.firm(), subject);
        self.key(key)
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

    /// What the login `id` proves itself by, if there is such a login; where it leads isn't read.
    pub fn secrets(&self, id: LoginId) -> Result<Option<Credentials>, Error> {
        self.item(&Key::credentials(id)).map(secrets_in).transpose()
    }

    /// Since when tokens of `subject` are taken, if they are let into the firm: those that say they are older aren't.
    pub fn tokens_since(&self, subject: &str) -> Option<Time> {
        let since = self.item(&Key::lease(self.firm(), subject))?.number(name::SINCE).ok()?;
        Time::from_timestamp_secs(i64::try_from(since).ok()?)
    }

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
        let mut secrets = Key::credentials(id).item();
        secrets.insert(name::PASSWORD.to_owned(), text(password));
        secrets.insert(name::CREATED.to_owned(), millis(self.now()));
        let put = self.put(secrets).condition_expression("attribute_not_exists(pk)");
        self.push_put(put, OnFailure::Lost)?;
        self.within(INSTALLATION, |change| change.create(id, login, event)).map(|_| ())
    }

    /// The login `before` after a change of it.
    pub fn update_login(&mut self, before: &Record<Login>, after: (Login, Event)) -> Result<(), Error> {
        self.within(INSTALLATION, |change| change.update(before, after)).map(|_| ())
    }

    /// Write as much as [`Change::update_login`] does, to no effect: how long it takes tells nobody whether there is such a login.
    pub fn update_nothing_alike(&mut self) -> Result<(), Error> {
        let expires = number((self.now() + TimeDelta::hours(1)).timestamp());
        let number = rand::random();
        for key in [Key::decoy(number, "@"), Key::decoy(number, "@EVENT")] {
            let mut item = key.item();
            item.insert(name::EXPIRES.to_owned(), expires.clone());
            let put = self.put(item).condition_expression("attribute_not_exists(pk)");
            self.push_put(put, OnFailure::Lost)?;
        }
        Ok(())
    }

    /// The login `before`, which was never proven, is gone, and its e-mail free.
    pub fn remove_login(&mut self, before: &Record<Login>, joined: &[Joined]) -> Result<(), Error> {
        self.within(INSTALLATION, |change| change.remove(before, Event::Closed))?;
        self.delete(Key::email(&before.email))?;
        self.delete(Key::credentials(before.id))?;
        joined.iter().try_for_each(|joined| self.delete(Key::joined(before.id, joined.firm, &joined.subject)))
    }

    /// That the login `id` has the hash `after` of the same password in place of `before`, by which it was known: who was faster
    /// is read again.
    pub fn rehash_password(&mut self, id: LoginId, before: &str, after: &str) -> Result<(), Error> {
        let update = self.update_secrets(id, before)?.update_expression("SET #password = :after");
        self.push_update(update.expression_attribute_values(":after", text(after)))
    }

    /// That the login `id` has another password, of which `after` is the hash; its sessions of until now are over, but for one
    /// that is kept at this moment.
    pub fn replace_password(&mut self, id: LoginId, before: &str, after: &str) -> Result<(), Error> {
        let update = self.update_secrets(id, before)?.update_expression("SET #password = :after, #sessions = :now");
        let update = update.expression_attribute_names("#sessions", name::SESSIONS_SINCE);
        let now = millis(self.now());
        self.push_update(update.expression_attribute_values(":after", text(after)).expression_attribute_values(":now", now))
    }

    /// That the sessions of the login `id`, whose password has the hash `known`, are over, but for one that is kept at this moment.
    pub fn end_sessions(&mut self, id: LoginId, known: &str) -> Result<(), Error> {
        let update = self.update_secrets(id, known)?.update_expression("SET #sessions = :now");
        let update = update.expression_attribute_names("#sessions", name::SESSIONS_SINCE);
        let now = millis(self.now());
        self.push_update(update.expression_attribute_values(":now", now))
    }

    /// Begin to change what the login `id` proves itself by, if its password is still the one whose hash is `known`.
    fn update_secrets(&self, id: LoginId, known: &str) -> Result<UpdateBuilder, Error> {
        Ok(Update::builder()
            .table_name(self.table())
            .set_key(Some(Key::credentials(id).item()))
            .condition_expression("#password = :known")
            .expression_attribute_names("#password", name::PASSWORD)
            .expression_attribute_values(":known", text(known)))
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

    /// That tokens of until now are worth nothing for `members`, within a minute, but for those of the session `kept`; and from when
    /// on they are taken again. Tokens tell seconds. Who is shut out meanwhile is read again.
    pub fn end_access(&mut self, members: &[Membership], kept: Option<Id<Session>>) -> Result<Time, Error> {
        let since = self.now().timestamp() + 1;
        for Membership { firm, principal } in members {
            let lease = Update::builder()
                .table_name(self.table())
                .set_key(Some(Key::lease(*firm, &principal.subject()).item()))
                .condition_expression("attribute_exists(pk)")
                .expression_attribute_names("#since", name::SINCE)
                .expression_attribute_names("#kept", name::KEPT)
                .expression_attribute_values(":since", number(since));
            self.push_update(match kept {
                Some(session) => lease
                    .update_expression("SET #since = :since, #kept = :session")
                    .expression_attribute_values(":session", text(session.to_string())),
                None => lease.update_expression("SET #since = :since REMOVE #kept"),
            })?;
        }
        Time::from_timestamp_secs(since).ok_or_else(|| Error::internal("no such time"))
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
        self.write_membership(principal, "SET #access = :access, #since = :since REMOVE #kept", Some(since))
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
            Some(since) => lease
                .expression_attribute_names("#since", name::SINCE)
                .expression_attribute_names("#kept", name::KEPT)
                .expression_attribute_values(":since", number(since)),
            None => lease,
        };
        self.push_update(lease)
    }

    /// Shut `subject` out of the firm.
    pub fn remove_membership(&mut self, subject: &str) -> Result<(), Error> {
        self.delete(Key::membership(self.firm(), subject))?;
        self.delete(Key::lease(self.firm(), subject))
    }

    /// Depend on that `principal`, who acts with a token that was `issued` then, of `session`, is still let into the firm as what
    /// they come: who changes people or the firm itself isn't believed by their token alone. The commit gives [`Error::Revoked`]
    /// if they aren't.
    #[must_use]
    pub fn by_member(mut self, principal: Principal, issued: i64, session: Id<Session>) -> Self {
        self.member = Some((principal, issued, session));
        self
    }

    pub(crate) fn push_member(&mut self) -> Result<(), Error> {
        let Some((principal, issued, session)) = self.member else { return Ok(()) };
        let shown = Shown { access: &principal.access(), issued, session };
        let check = ConditionCheck::builder()
            .table_name(self.table())
            .set_key(Some(Key::lease(self.firm(), &principal.subject()).item()))
            .condition_expression(Shown::IS_TRUE);
        let check = Shown::NAMES.into_iter().fold(check, |check, (name, attribute)| check.expression_attribute_names(name, attribute));
        let check = shown.values().into_iter().fold(check, |check, (name, value)| check.expression_attribute_values(name, value));
        let check = check.build().map_err(Error::internal)?;
        self.push(TransactWriteItem::builder().condition_check(check).build(), OnFailure::Revoked);
        Ok(())
    }
}

/// What `item` says that a login proves itself by.
fn secrets_in(item: &Item) -> Result<Credentials, Error> {
    let sessions_since = item.contains_key(name::SESSIONS_SINCE).then(|| item.time(name::SESSIONS_SINCE)).transpose()?;
    Ok(Credentials { password: item.text(name::PASSWORD)?.to_owned(), sessions_since, joined: Vec::new() })
}

/// The login that `item`, an e-mail's, names.
fn id_in(item: &Item) -> Result<LoginId, Error> {
    item.text(name::HOLDER)?.parse().map_err(Error::internal)
}
