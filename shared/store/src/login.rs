//! Logins. A login is one for all firms: a record of the installation's, with its events. Its secrets, its sessions and where it
//! leads lie apart from it (`LOGIN#…`), for `auth` alone, and in no event.

use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem, Update, builders::UpdateBuilder};
use chrono::TimeDelta;
use domain::{
    Digest, Email, Refusal,
    firm::INSTALLATION,
    ids::LoginId,
    login::{Credentials, Event, Joined, Login},
};

use crate::{
    Change, Error, Found, Read, Record, Store,
    change::OnFailure,
    item::{Attributes, Item, millis, number, text},
    key::{HEADER, Key, name},
};

/// The epoch of a new login.
pub const FIRST_EPOCH: u64 = 0;
/// That what a login proves itself by is as it was known.
const AS_KNOWN: &str = "#password = :password AND #epoch = :epoch";
/// That where it leads is, too.
const AS_JOINED: &str = "#password = :password AND #epoch = :epoch AND #joins = :joins";

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
}

impl Read<'_> {
    /// Which login `email` has, too.
    #[must_use]
    pub fn login_of(self, email: &Email) -> Self {
        self.key(Key::email(email))
    }

    /// What is written for `email` where it has no login, too.
    #[must_use]
    pub fn decoy(self, email: &Email) -> Self {
        self.key(Key::decoy(&Digest::of(&[email.as_str().as_bytes()]), HEADER))
    }

    /// What the login `id` proves itself by, too; not where it leads.
    #[must_use]
    pub fn secrets(self, id: LoginId) -> Self {
        self.key(Key::credentials(id))
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
        secrets.insert(name::EPOCH.to_owned(), number(FIRST_EPOCH));
        secrets.insert(name::JOINS.to_owned(), number(1));
        secrets.insert(name::CREATED.to_owned(), millis(self.now()));
        let put = self.put(secrets).condition_expression("attribute_not_exists(pk)");
        self.push_put(put, OnFailure::Lost)?;
        self.within(INSTALLATION, |change| change.create(id, login, event)).map(|_| ())
    }

    /// The login `before` after a change of it.
    pub fn update_login(&mut self, before: &Record<Login>, after: (Login, Event)) -> Result<(), Error> {
        self.within(INSTALLATION, |change| change.update(before, after)).map(|_| ())
    }

    /// Write as much as [`Change::update_login`] does, to no effect, for `email` whose decoy was `found`: how long it takes, also
    /// where it is done several times at once, tells nobody whether it has a login.
    pub fn update_decoy(&mut self, found: &Found, email: &Email) -> Result<(), Error> {
        let of = Digest::of(&[email.as_str().as_bytes()]);
        let key = Key::decoy(&of, HEADER);
        let version = found.item(&key).map(|item| item.number(name::VERSION)).transpose()?;
        let expires = number((self.now() + TimeDelta::hours(1)).timestamp());
        let mut item = key.item();
        item.insert(name::VERSION.to_owned(), number(version.map_or(1, |version| version + 1)));
        item.insert(name::EXPIRES.to_owned(), expires.clone());
        let put = self.put(item);
        let put = match version {
            Some(version) => put
                .condition_expression("#version = :version")
                .expression_attribute_names("#version", name::VERSION)
                .expression_attribute_values(":version", number(version)),
            None => put.condition_expression("attribute_not_exists(pk)"),
        };
        self.push_put(put, OnFailure::Lost)?;
        let mut beside = Key::decoy(&of, &format!("@{}", version.unwrap_or_default())).item();
        beside.insert(name::EXPIRES.to_owned(), expires);
        let put = self.put(beside);
        self.push_put(put, OnFailure::Lost)
    }

    /// The login `before`, which was never proven, is gone, and its e-mail free.
    pub fn remove_login(&mut self, before: &Record<Login>, joined: &[Joined]) -> Result<(), Error> {
        self.within(INSTALLATION, |change| change.remove(before, Event::Closed))?;
        self.delete(Key::email(&before.email))?;
        self.delete(Key::credentials(before.id))?;
        joined.iter().try_for_each(|joined| self.delete(Key::joined(before.id, joined.firm, &joined.subject)))
    }

    /// That who knows the password of the login `id`, which is as it was `known`, signs in as `subject`; `renewed` is another hash of
    /// it, where that was too cheap. Who chose another meanwhile, or ended all sessions, is read again.
    pub fn sign_in(&mut self, id: LoginId, known: &Credentials, renewed: Option<&str>, subject: &str) -> Result<(), Error> {
        let update = Update::builder()
            .update_expression("SET #used = :subject, #password = :after")
            .expression_attribute_names("#used", name::LAST_USED)
            .expression_attribute_values(":subject", text(subject))
            .expression_attribute_values(":after", text(renewed.unwrap_or(&known.password)));
        self.update_secrets(id, known, update, false)
    }

    /// The same of who joins a firm by it: who ends its sessions meanwhile reads again where it leads.
    pub fn sign_in_joining(&mut self, id: LoginId, known: &Credentials, subject: &str) -> Result<(), Error> {
        let update = Update::builder()
            .update_expression("SET #used = :subject, #joins = :next")
            .expression_attribute_names("#used", name::LAST_USED)
            .expression_attribute_values(":subject", text(subject))
            .expression_attribute_values(":next", number(known.joins + 1));
        self.update_secrets(id, known, update, true)
    }

    /// That the login `id`, which is as it was `known`, has another password, of which `after` is the hash; its sessions are over, but
    /// for those that are kept in the next epoch.
    pub fn replace_password(&mut self, id: LoginId, known: &Credentials, after: &str) -> Result<(), Error> {
        let update = Update::builder()
            .update_expression("SET #password = :after, #epoch = :next")
            .expression_attribute_values(":after", text(after))
            .expression_attribute_values(":next", number(known.next_epoch()));
        self.update_secrets(id, known, update, true)
    }

    /// That the sessions of the login `id`, which is as it was `known`, are over, but for those that are kept in the next epoch.
    pub fn end_sessions(&mut self, id: LoginId, known: &Credentials) -> Result<(), Error> {
        let update =
            Update::builder().update_expression("SET #epoch = :next").expression_attribute_values(":next", number(known.next_epoch()));
        self.update_secrets(id, known, update, true)
    }

    /// That the login `id` is as it was `known`.
    pub fn require_secrets(&mut self, id: LoginId, known: &Credentials) -> Result<(), Error> {
        let check = ConditionCheck::builder()
            .table_name(self.table())
            .set_key(Some(Key::credentials(id).item()))
            .condition_expression(AS_KNOWN)
            .expression_attribute_names("#password", name::PASSWORD)
            .expression_attribute_names("#epoch", name::EPOCH)
            .expression_attribute_values(":password", text(&known.password))
            .expression_attribute_values(":epoch", number(known.epoch))
            .build()
            .map_err(Error::internal)?;
        self.push(TransactWriteItem::builder().condition_check(check).build(), OnFailure::Lost);
        Ok(())
    }

    /// Change what the login `id` proves itself by, if it is still as it was `known`; and leads where it did, if that matters.
    fn update_secrets(&mut self, id: LoginId, known: &Credentials, update: UpdateBuilder, joined: bool) -> Result<(), Error> {
        let update = match joined {
            true => update
                .condition_expression(AS_JOINED)
                .expression_attribute_names("#joins", name::JOINS)
                .expression_attribute_values(":joins", number(known.joins)),
            false => update.condition_expression(AS_KNOWN),
        };
        let update = update
            .table_name(self.table())
            .set_key(Some(Key::credentials(id).item()))
            .expression_attribute_names("#password", name::PASSWORD)
            .expression_attribute_names("#epoch", name::EPOCH)
            .expression_attribute_values(":password", text(&known.password))
            .expression_attribute_values(":epoch", number(known.epoch));
        self.push_update(update)
    }
}

/// What `item` says that a login proves itself by.
fn secrets_in(item: &Item) -> Result<Credentials, Error> {
    let (password, epoch) = (item.text(name::PASSWORD)?.to_owned(), item.number(name::EPOCH)?);
    let (joins, last_used) = (item.number(name::JOINS)?, item.text(name::LAST_USED).ok().map(str::to_owned));
    Ok(Credentials { password, epoch, last_used, joins, joined: Vec::new() })
}

/// The login that `item`, an e-mail's, names.
fn id_in(item: &Item) -> Result<LoginId, Error> {
    item.text(name::HOLDER)?.parse().map_err(Error::internal)
}
