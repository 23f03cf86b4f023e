//! Logins. A login is one for all firms: a record of the installation's, with its events. Its secrets, its sessions and where it
//! leads lie apart from it (`LOGIN#…`), for `auth` alone, and in no event.

use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem, Update};
use chrono::TimeDelta;
use domain::{
    Digest, Email, Refusal, Time,
    firm::INSTALLATION,
    ids::LoginId,
    login::{Credentials, Event, Joined, Login},
    second_factor::SecondFactor,
};

use crate::{
    Change, Error, Found, Read, Record, Store,
    change::OnFailure,
    item::{Attributes, Item, millis, number, text},
    key::{HEADER, Key, name},
};

/// That what a login proves itself by is as it was known.
const AS_KNOWN: &str = "#password = :password AND #epoch = :epoch AND #factor_version = :factor_version";

impl Store {
    /// Which login `email` has, if it has one.
    pub async fn login_of(&self, email: &Email) -> Result<Option<LoginId>, Error> {
        self.item(&Key::email(email)).await?.as_ref().and_then(led_to).transpose()
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
        self.item(&Key::email(email)).and_then(led_to).transpose()
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
    /// The new login `id`, which proves itself by `credentials`; `taken` is said if its e-mail has one already.
    pub fn create_login(
        &mut self,
        id: LoginId,
        (login, event): (Login, Event),
        credentials: &Credentials,
        taken: Refusal,
    ) -> Result<(), Error> {
        self.lead_to(id, &login.email, taken)?;
        let mut secrets = Key::credentials(id).item();
        secrets.insert(name::PASSWORD.to_owned(), text(&credentials.password));
        secrets.insert(name::EPOCH.to_owned(), number(credentials.epoch));
        secrets.insert(name::JOINS.to_owned(), number(credentials.joins));
        secrets.insert(name::FACTOR_VERSION.to_owned(), number(credentials.factor_version));
        secrets.extend(credentials.last_used.as_ref().map(|used| (name::LAST_USED.to_owned(), text(used))));
        secrets.insert(name::CREATED.to_owned(), millis(self.now()));
        let put = self.put(secrets).condition_expression("attribute_not_exists(pk)");
        self.push_put(put, OnFailure::Lost)?;
        self.within(INSTALLATION, |change| change.create(id, login, event)).map(|_| ())
    }

    /// The login `before` after a change of it by which it has another e-mail; that of before leads nowhere, and is nobody else's until
    /// `kept`, if it is to be. `taken` is said if the new one has a login already.
    pub fn move_login(&mut self, before: &Record<Login>, after: (Login, Event), kept: Option<Time>, taken: Refusal) -> Result<(), Error> {
        self.lead_to(before.id, &after.0.email, taken)?;
        let mut pointer = Key::email(&before.email).item();
        match kept {
            Some(until) => {
                pointer.insert(name::HOLDER.to_owned(), text(before.id.to_string()));
                pointer.insert(name::EXPIRES.to_owned(), number(until.timestamp()));
                let put = self.put(pointer);
                self.push_put(put, OnFailure::Lost)?;
            }
            None => self.delete(Key::email(&before.email))?,
        }
        self.update_login(before, after)
    }

    /// That `email` leads to the login `id`: it leads to no other, and no other can have it again.
    fn lead_to(&mut self, id: LoginId, email: &Email, taken: Refusal) -> Result<(), Error> {
        let mut pointer = Key::email(email).item();
        pointer.insert(name::HOLDER.to_owned(), text(id.to_string()));
        let put = self
            .put(pointer)
            .condition_expression("attribute_not_exists(pk) OR #holder = :holder OR #expires < :now")
            .expression_attribute_names("#holder", name::HOLDER)
            .expression_attribute_names("#expires", name::EXPIRES)
            .expression_attribute_values(":holder", text(id.to_string()))
            .expression_attribute_values(":now", number(self.now().timestamp()));
        self.push_put(put, OnFailure::Refused(taken))
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

    /// What the login `id` proves itself by, which was `before`, is `after`; if it still is as it was, and, where its sessions end or it
    /// joins a firm, leads where it did: of who signs in beside that, one reads again. What is the same is a condition alone.
    pub fn update_credentials(&mut self, id: LoginId, before: &Credentials, after: &Credentials) -> Result<(), Error> {
        let mut sets = Vec::new();
        let mut values = vec![
            (":password", text(&before.password)),
            (":epoch", number(before.epoch)),
            (":factor_version", number(before.factor_version)),
        ];
        let mut names = vec![("#password", name::PASSWORD), ("#epoch", name::EPOCH), ("#factor_version", name::FACTOR_VERSION)];
        if after.password != before.password {
            sets.push("#password = :new_password");
            values.push((":new_password", text(&after.password)));
        }
        if after.epoch != before.epoch {
            sets.push("#epoch = :new_epoch");
            values.push((":new_epoch", number(after.epoch)));
        }
        if after.factor_version != before.factor_version {
            sets.push("#factor = :factor, #factor_version = :new_factor_version");
            names.push(("#factor", name::FACTOR));
            values.push((":factor", serde_dynamo::to_attribute_value(&after.factor).map_err(Error::internal)?));
            values.push((":new_factor_version", number(after.factor_version)));
        }
        if let Some(subject) = after.last_used.as_ref().filter(|used| before.last_used.as_ref() != Some(used)) {
            sets.push("#used = :used");
            names.push(("#used", name::LAST_USED));
            values.push((":used", text(subject)));
        }
        let mut condition = AS_KNOWN.to_owned();
        if after.epoch != before.epoch || after.joins != before.joins {
            condition.push_str(" AND #joins = :joins");
            names.push(("#joins", name::JOINS));
            values.push((":joins", number(before.joins)));
        }
        if after.joins != before.joins {
            sets.push("#joins = :new_joins");
            values.push((":new_joins", number(after.joins)));
        }
        let key = Key::credentials(id).item();
        let names = names.into_iter().map(|(name, attribute)| (name.to_owned(), attribute.to_owned())).collect();
        let values = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        if sets.is_empty() {
            let check = ConditionCheck::builder().table_name(self.table()).set_key(Some(key)).condition_expression(condition);
            let check = check.set_expression_attribute_names(Some(names)).set_expression_attribute_values(Some(values));
            let check = check.build().map_err(Error::internal)?;
            self.push(TransactWriteItem::builder().condition_check(check).build(), OnFailure::Lost);
            return Ok(());
        }
        let update = Update::builder().table_name(self.table()).set_key(Some(key)).condition_expression(condition);
        let update = update.update_expression(format!("SET {}", sets.join(", ")));
        self.push_update(update.set_expression_attribute_names(Some(names)).set_expression_attribute_values(Some(values)))
    }
}

/// What `item` says that a login proves itself by.
fn secrets_in(item: &Item) -> Result<Credentials, Error> {
    let (password, epoch) = (item.text(name::PASSWORD)?.to_owned(), item.number(name::EPOCH)?);
    let (joins, last_used) = (item.number(name::JOINS)?, item.text(name::LAST_USED).ok().map(str::to_owned));
    let (factor, factor_version) = match item.number(name::FACTOR_VERSION)? {
        0 => (SecondFactor::default(), 0),
        version => (serde_json::from_value(item.fields(name::FACTOR)?.into()).map_err(Error::internal)?, version),
    };
    Ok(Credentials { password, epoch, factor, factor_version, last_used, joins, joined: Vec::new() })
}

/// The login that `item`, an e-mail's, leads to; none, of an e-mail that a login had and can have again.
fn led_to(item: &Item) -> Option<Result<LoginId, Error>> {
    let id = || item.text(name::HOLDER)?.parse().map_err(Error::internal);
    (!item.contains_key(name::EXPIRES)).then(id)
}
