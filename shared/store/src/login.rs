//! Logins and memberships. A login is one for all firms: a record of the installation's, with its events. Its secrets, its
//! sessions and where it leads lie apart from it (`LOGIN#…`), for `auth` alone, and in no event. A membership is the firm's: that
//! somebody is let in there, and as what, until it is deleted. Whoever answers somebody's requests leases them from it
//! ([`crate::Lease`]), so nobody is answered who isn't let in any more.

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, TransactWriteItem, Update, builders::UpdateBuilder};
use chrono::TimeDelta;
use domain::{
    Digest, Email, Id, Refusal, Time,
    client::Client,
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

/// The epoch of a new login.
pub const FIRST_EPOCH: u64 = 0;
/// That what a login proves itself by is as it was known.
const AS_KNOWN: &str = "#password = :password AND #epoch = :epoch";
/// That where it leads is, too.
const AS_JOINED: &str = "#password = :password AND #epoch = :epoch AND #joins = :joins";

/// Who acts, as their token says.
#[derive(Debug, Clone, Copy)]
pub struct Acting {
    /// Who, and what they may do.
    pub principal: Principal,
    /// When the token was made, seconds since 1970.
    pub issued: i64,
    /// In which epoch of their login.
    pub epoch: u64,
    /// In which session.
    pub session: Id<Session>,
}

impl Acting {
    /// What that shows, of who may do `access`.
    fn shown(self, access: &str) -> Shown<'_> {
        let Self { issued, epoch, session, .. } = self;
        Shown { access, issued, epoch, session }
    }
}

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
        let items = self.items(keys.iter().cloned().collect(), true).await?;
        keys.iter().filter_map(|key| items.get(key)).map(membership_in).collect()
    }

    /// The same, with the firms, and the clients of those who are a client's; as they were a moment ago at the latest.
    pub async fn memberships_in(&self, joined: &[Joined]) -> Result<Vec<(Membership, Record<Firm>, Option<Record<Client>>)>, Error> {
        let of = |Joined { firm, subject, client, .. }: &Joined| {
            (Key::membership(*firm, subject), Key::record(*firm, *firm), client.map(|client| Key::record(*firm, client)))
        };
        let keys: Vec<_> = joined.iter().map(of).collect();
        let all = keys.iter().flat_map(|(membership, firm, client)| [membership, firm].into_iter().chain(client)).cloned();
        let items = self.items(all.collect(), false).await?;
        let mut found = Vec::new();
        for (membership, firm, client) in &keys {
            if let Some((membership, firm)) = items.get(membership).zip(items.get(firm)) {
                let client = client.as_ref().and_then(|client| items.get(client)).map(Record::from_item).transpose()?;
                found.push((membership_in(membership)?, Record::from_item(firm)?, client));
            }
        }
        Ok(found)
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

    /// That tokens of other epochs than `epoch` are worth nothing for `members`, within a minute, but for those of the session `kept`.
    /// Who is shut out meanwhile is read again.
    pub fn end_access(&mut self, members: &[Membership], epoch: u64, kept: Option<Id<Session>>) -> Result<(), Error> {
        members.iter().try_for_each(|member| self.update_lease(member, (name::EPOCH, number(epoch)), kept))
    }

    /// That tokens for `member` of until now, and of the second of `last` at least, are worth nothing, within a minute, but for those of
    /// the session `kept`. Tokens tell seconds.
    pub fn end_tokens(&mut self, member: &Membership, last: Time, kept: Option<Id<Session>>) -> Result<(), Error> {
        let since = self.now().timestamp().max(last.timestamp() + 1);
        self.update_lease(member, (name::SINCE, number(since)), kept)
    }

    fn update_lease(
        &mut self,
        Membership { firm, principal }: &Membership,
        (attribute, value): (&str, AttributeValue),
        kept: Option<Id<Session>>,
    ) -> Result<(), Error> {
        let lease = Update::builder()
            .table_name(self.table())
            .set_key(Some(Key::lease(*firm, &principal.subject()).item()))
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#attribute", attribute)
            .expression_attribute_names("#kept", name::KEPT)
            .expression_attribute_values(":value", value);
        self.push_update(match kept {
            Some(session) => lease
                .update_expression("SET #attribute = :value, #kept = :session")
                .expression_attribute_values(":session", text(session.to_string())),
            None => lease.update_expression("SET #attribute = :value REMOVE #kept"),
        })
    }
}

impl Change {
    /// That the login `id` leads to the firm, as `principal`, who was entered there at `since`.
    pub fn link_login(&mut self, id: LoginId, principal: Principal, since: Time) -> Result<(), Error> {
        let client = match principal {
            Principal::Staff { .. } => None,
            Principal::Portal { client, .. } => Some(client),
        };
        let joined = Joined { firm: self.firm(), subject: principal.subject(), client, since };
        let mut item = Key::joined(id, self.firm(), &joined.subject).item();
        item.insert(name::DATA.to_owned(), serde_dynamo::to_attribute_value(joined).map_err(Error::internal)?);
        let put = self.put(item);
        self.push_put(put, OnFailure::Lost)
    }

    /// Let `principal` into the firm from now on, with a login that is in `epoch`: tokens from before are worth nothing.
    pub fn put_membership(&mut self, principal: Principal, epoch: u64) -> Result<(), Error> {
        let since = self.now().timestamp();
        self.write_membership(principal, "SET #access = :becomes, #since = :since, #epoch = :begins REMOVE #kept", Some((since, epoch)))
    }

    /// Let `principal`, who is let into the firm, do something else there. Tokens that say what they could do before end with
    /// the lease of requests that is running, within a minute.
    pub fn change_membership(&mut self, principal: Principal) -> Result<(), Error> {
        self.write_membership(principal, "SET #access = :becomes", None)
    }

    fn write_membership(&mut self, principal: Principal, set: &str, begins: Option<(i64, u64)>) -> Result<(), Error> {
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
            .expression_attribute_values(":becomes", text(principal.access()));
        let lease = match begins {
            Some((since, epoch)) => lease
                .expression_attribute_names("#since", name::SINCE)
                .expression_attribute_names("#epoch", name::EPOCH)
                .expression_attribute_names("#kept", name::KEPT)
                .expression_attribute_values(":since", number(since))
                .expression_attribute_values(":begins", number(epoch)),
            None => lease,
        };
        // Who changes what they may do themselves has to be let in as what they come: an item is named once in a transaction.
        match self.member.take_if(|acting| acting.principal.subject() == principal.subject()) {
            // Who isn't let in any more isn't let in by it again.
            None if begins.is_none() => self.push_update(lease.condition_expression("attribute_exists(pk)")),
            None => self.push_update(lease),
            Some(acting) => {
                let access = acting.principal.access();
                let lease = lease.condition_expression(Shown::IS_TRUE);
                let lease = Shown::NAMES.into_iter().fold(lease, |lease, (name, of)| lease.expression_attribute_names(name, of));
                let values = acting.shown(&access).values();
                let lease = values.into_iter().fold(lease, |lease, (name, value)| lease.expression_attribute_values(name, value));
                let lease = lease.build().map_err(Error::internal)?;
                self.push(TransactWriteItem::builder().update(lease).build(), OnFailure::Revoked);
                Ok(())
            }
        }
    }

    /// Shut `subject` out of the firm.
    pub fn remove_membership(&mut self, subject: &str) -> Result<(), Error> {
        self.delete(Key::membership(self.firm(), subject))?;
        self.delete(Key::lease(self.firm(), subject))
    }

    /// Depend on that `acting` is still let into the firm as what they come: who changes people or the firm itself isn't believed by
    /// their token alone. The commit gives [`Error::Revoked`] if they aren't.
    #[must_use]
    pub fn by_member(mut self, acting: Acting) -> Self {
        self.member = Some(acting);
        self
    }

    pub(crate) fn push_member(&mut self) -> Result<(), Error> {
        let Some(acting @ Acting { principal, .. }) = self.member else { return Ok(()) };
        let access = principal.access();
        let shown = acting.shown(&access);
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

fn membership_in(item: &Item) -> Result<Membership, Error> {
    serde_json::from_value(item.fields(name::DATA)?.into()).map_err(Error::internal)
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
