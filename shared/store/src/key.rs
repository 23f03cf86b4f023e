//! Every key of the table and its indexes, in one place. The firm comes first; the exceptions are logins and the e-mails that
//! they are found by, which are one for all firms, the idempotency and the leases of callers who have no firm yet, timers,
//! which are read by when they are due, the events and accounts of Stripe, whose ids are one series for all firms,
//! and the domains that firms claim.
//!
//! `template.yaml` lets only `auth` come to the keys of logins, their sessions, and e-mails, by what they begin with.

use domain::{
    Date, Digest, Email, Id, Kind, Time,
    firm::Firm,
    ids::{LoginId, NotificationId, SenderDomainId, TimeEntryId, UserId},
    payment_account::AccountId,
    sender_domain::{DomainName, SenderDomain},
    session::Session,
    time_entry::TimeEntry,
    timer::Timer,
};

use crate::{Entity, Parent, Person};

mod held;

pub use held::{Counter, Unique};

/// The names of attributes.
pub(crate) mod name {
    pub(crate) const PK: &str = "pk";
    pub(crate) const SK: &str = "sk";
    pub(crate) const BY_TYPE_PK: &str = "by_type_pk";
    pub(crate) const BY_TYPE_SK: &str = "by_type_sk";
    pub(crate) const BY_PARENT_PK: &str = "by_parent_pk";
    pub(crate) const BY_PARENT_SK: &str = "by_parent_sk";
    pub(crate) const BY_STATE_PK: &str = "by_state_pk";
    pub(crate) const BY_STATE_SK: &str = "by_state_sk";
    pub(crate) const BY_PARENT_STATE_PK: &str = "by_parent_state_pk";
    pub(crate) const BY_PARENT_STATE_SK: &str = "by_parent_state_sk";
    pub(crate) const BY_PERSON_PK: &str = "by_person_pk";
    pub(crate) const BY_PERSON_SK: &str = "by_person_sk";
    /// How often the record was changed; the event that did it last.
    pub(crate) const VERSION: &str = "version";
    /// Milliseconds since 1970, as all times of items are, but for `EXPIRES`.
    pub(crate) const CREATED: &str = "created";
    pub(crate) const UPDATED: &str = "updated";
    pub(crate) const ARCHIVED: &str = "archived";
    /// The hash of the record's last event.
    pub(crate) const HASH: &str = "hash";
    /// The fields that lists show; what the indexes project.
    pub(crate) const SUMMARY: &str = "summary";
    /// The other fields.
    pub(crate) const DATA: &str = "data";
    /// When DynamoDB may delete the item, in seconds since 1970.
    pub(crate) const EXPIRES: &str = "expires";
    pub(crate) const EVENT: &str = "event";
    pub(crate) const ACTOR: &str = "actor";
    pub(crate) const REQUEST: &str = "request";
    pub(crate) const DETAILS: &str = "details";
    pub(crate) const DIGEST: &str = "digest";
    pub(crate) const PREVIOUS: &str = "previous";
    /// Who holds a unique value.
    pub(crate) const HOLDER: &str = "holder";
    /// All who hold a value that several may hold.
    pub(crate) const HOLDERS: &str = "holders";
    /// The last number given out; of what is counted of who isn't known, when it was last.
    pub(crate) const LAST: &str = "last";
    /// When something is to happen again.
    pub(crate) const NEXT: &str = "next";
    pub(crate) const REPLY: &str = "reply";
    pub(crate) const PASSWORD: &str = "password";
    /// What a login proves itself by beside its password.
    pub(crate) const FACTOR: &str = "factor";
    /// How often that was changed.
    pub(crate) const FACTOR_VERSION: &str = "factor_version";
    /// As whom a login was last signed in with.
    pub(crate) const LAST_USED: &str = "last_used";
    /// How often a login joined a firm.
    pub(crate) const JOINS: &str = "joins";
    /// In which epoch a login is: sessions and tokens of another are over.
    pub(crate) const EPOCH: &str = "epoch";
    /// Since when a membership is there, seconds since 1970: tokens from before it are worth nothing.
    pub(crate) const SINCE: &str = "since";
    /// What a membership lets somebody do, as text.
    pub(crate) const ACCESS: &str = "access";
    pub(crate) const ACTIVE: &str = "active";
    /// Of a lease, the session whose tokens of before are taken all the same.
    pub(crate) const KEPT: &str = "kept";
    pub(crate) const STATE: &str = "state";
    /// How often something was tried.
    pub(crate) const ATTEMPTS: &str = "attempts";
    pub(crate) const REASON: &str = "reason";
    /// The mail that an effect was.
    pub(crate) const MAIL: &str = "mail";
    /// When somebody read what they were told of.
    pub(crate) const READ: &str = "read";
    /// How long somebody worked on a day.
    pub(crate) const MINUTES: &str = "minutes";
}

/// The sort key of a record's header and of every item that stands alone.
pub(crate) const HEADER: &str = "@";
/// What the sort keys of events begin with.
pub(crate) const EVENTS: &str = "EVENT#";
/// What the sort keys of orders to look at events once more begin with.
pub(crate) const REDRIVES: &str = "REDRIVE#";
/// The sort key of the sums beside a record.
pub(crate) const TOTALS: &str = "@TOTALS";
/// The sort key of when a domain is looked at.
pub(crate) const CHECKS: &str = "@CHECKS";
/// The sort key of what a time entry adds to sums.
pub(crate) const ADDEND: &str = "@ADDEND";
/// What the sort keys of a login's sessions begin with.
pub(crate) const SESSIONS: &str = "SESSION#";
/// What the sort keys of notifications begin with: they come before [`HEADER`].
pub(crate) const NOTIFICATIONS: &str = "#";
/// In how many partitions timers lie.
pub(crate) const SHARDS: u8 = 4;

/// The primary key of an item.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

impl Key {
    fn header(pk: String) -> Self {
        Self { pk, sk: HEADER.to_owned() }
    }

    pub(crate) fn record<T: Entity>(firm: Id<Firm>, id: Id<T>) -> Self {
        Self::header(partition::<T>(firm, &id.to_string()))
    }

    pub(crate) fn event<T: Entity>(firm: Id<Firm>, id: Id<T>, sequence: u64) -> Self {
        Self { pk: partition::<T>(firm, &id.to_string()), sk: event_sk(sequence) }
    }

    pub(crate) fn unique(firm: Id<Firm>, unique: &Unique) -> Self {
        Self::header(format!("F#{firm}#UNIQUE#{unique}"))
    }

    pub(crate) fn counter(firm: Id<Firm>, counter: Counter) -> Self {
        Self::header(format!("F#{firm}#COUNTER#{counter}"))
    }

    pub(crate) fn idempotency(firm: Option<Id<Firm>>, caller: &str, key: &str) -> Self {
        let firm = firm.map(|firm| format!("F#{firm}#")).unwrap_or_default();
        Self::header(format!("{firm}IDEMPOTENCY#{caller}#{key}"))
    }

    /// Which login an e-mail has.
    pub(crate) fn email(email: &Email) -> Self {
        Self::header(format!("EMAIL#{email}"))
    }

    /// An invitation to sign up a firm.
    pub(crate) fn firm_invitation(token: &Digest) -> Self {
        Self::header(format!("FIRM_INVITATION#{token}"))
    }

    /// Which firm was signed up first.
    pub(crate) fn first_firm() -> Self {
        Self::header("FIRST_FIRM".to_owned())
    }

    /// The secrets of a login; the login itself is a record of the installation's.
    pub(crate) fn credentials(id: LoginId) -> Self {
        Self::header(format!("LOGIN#{id}"))
    }

    /// That a login came to a firm, as `subject`.
    pub(crate) fn joined(id: LoginId, firm: Id<Firm>, subject: &str) -> Self {
        Self { sk: format!("@MEMBER#{firm}#{subject}"), ..Self::credentials(id) }
    }

    /// Who is let into a firm: a user or portal user.
    pub(crate) fn membership(firm: Id<Firm>, subject: &str) -> Self {
        Self::header(format!("F#{firm}#MEMBER#{subject}"))
    }

    /// The lease of a member's requests, as what they may do; it is there as long as the membership. In a partition of its
    /// own, since all functions write leases and policies tell keys apart.
    pub(crate) fn lease(firm: Id<Firm>, subject: &str) -> Self {
        Self::header(format!("F#{firm}#LEASE#{subject}"))
    }

    /// What is true of all notifications of a user or portal user.
    pub(crate) fn inbox(firm: Id<Firm>, subject: &str) -> Self {
        Self::header(format!("F#{firm}#INBOX#{subject}"))
    }

    /// What a user or portal user was told of.
    pub(crate) fn notification(firm: Id<Firm>, subject: &str, id: NotificationId) -> Self {
        Self { sk: format!("{NOTIFICATIONS}{id}"), ..Self::inbox(firm, subject) }
    }

    /// What is written where nothing is to be, so that it takes as long as where something is.
    pub(crate) fn decoy(of: &Digest, sk: &str) -> Self {
        Self { pk: format!("DECOY#{of}"), sk: sk.to_owned() }
    }

    /// A session of a login.
    pub(crate) fn session(login: LoginId, id: Id<Session>) -> Self {
        Self { sk: format!("{SESSIONS}{id}"), ..Self::credentials(login) }
    }

    /// The lease of the requests of those who are no members, or of requests that are counted besides.
    pub(crate) fn rate(firm: Option<Id<Firm>>, caller: &str) -> Self {
        let firm = firm.map(|firm| format!("F#{firm}#")).unwrap_or_default();
        Self::header(format!("{firm}RATE#{caller}"))
    }

    /// One of the items that stand for a record where many depend on it at once.
    pub(crate) fn guard(firm: Id<Firm>, of: &Parent, number: u8) -> Self {
        Self { pk: format!("F#{firm}#{of}"), sk: format!("GUARD#{number:02}") }
    }

    pub(crate) fn running_totals<T: Entity>(firm: Id<Firm>, id: Id<T>) -> Self {
        Self { pk: partition::<T>(firm, &id.to_string()), sk: TOTALS.to_owned() }
    }

    /// What a time entry adds to sums.
    pub(crate) fn addend(firm: Id<Firm>, id: TimeEntryId) -> Self {
        Self { pk: partition::<TimeEntry>(firm, &id.to_string()), sk: ADDEND.to_owned() }
    }

    /// What a person worked on a day.
    pub(crate) fn workday(firm: Id<Firm>, user: UserId, date: Date) -> Self {
        Self::header(format!("F#{firm}#DAY#{user}#{}", date.get()))
    }

    pub(crate) fn stripe_event(id: &str) -> Self {
        Self::header(format!("STRIPE_EVENT#{id}"))
    }

    /// Whose an account at Stripe is.
    pub(crate) fn stripe_account(account: &AccountId) -> Self {
        Self::header(format!("STRIPE_ACCOUNT#{account}"))
    }

    /// Whose a domain is.
    pub(crate) fn sender_domain(domain: &DomainName) -> Self {
        Self::header(format!("SENDER_DOMAIN#{domain}"))
    }

    /// When a firm's own domain is looked at.
    pub(crate) fn domain_checks(firm: Id<Firm>, id: SenderDomainId) -> Self {
        Self { pk: partition::<SenderDomain>(firm, &id.to_string()), sk: CHECKS.to_owned() }
    }

    pub(crate) fn timer<T: Entity>(firm: Id<Firm>, id: Id<T>, timer: Timer) -> Self {
        let id = id.to_string();
        // The last letters of an id are random.
        let shard = id.bytes().last().unwrap_or_default() % SHARDS;
        Self { pk: timers(shard), sk: format!("{:013}#{}#{firm}#{id}", timer.at.timestamp_millis(), timer.kind) }
    }

    pub(crate) fn effect(firm: Id<Firm>, record: &str, sequence: u64, effect: &str) -> Self {
        Self { pk: format!("F#{firm}#EFFECT#{record}"), sk: format!("{sequence:010}#{effect}") }
    }

    /// An order to look at the events of a record from `from` on once more; a new one each time.
    pub(crate) fn redrive(firm: Id<Firm>, kind: &str, record: &str, from: u64, now: Time) -> Self {
        Self { pk: format!("F#{firm}#REDRIVE#{kind}#{record}"), sk: format!("{REDRIVES}{from:010}#{:013}", now.timestamp_millis()) }
    }
}

fn timers(shard: u8) -> String {
    format!("TIMER#{shard}")
}

/// The partition of a shard's timers, and what the sort keys of those that are due at `now` are less than.
pub(crate) fn timers_until(shard: u8, now: Time) -> (String, String) {
    (timers(shard), format!("{:013}", now.timestamp_millis() + 1))
}

/// Whose the record in the partition `pk` is, of what type, and its id: what [`partition`] was made of.
pub(crate) fn of_partition(pk: &str) -> Option<(Id<Firm>, &str, &str)> {
    let mut parts = pk.strip_prefix("F#")?.split('#');
    Some((parts.next()?.parse().ok()?, parts.next()?, parts.next()?))
}

/// The partition of a record and its history.
pub(crate) fn partition<T: Entity>(firm: Id<Firm>, id: &str) -> String {
    partition_of(firm, T::TYPE, id)
}

/// The same of a record of which only the name of its type is known.
pub(crate) fn partition_of(firm: Id<Firm>, kind: &str, id: &str) -> String {
    format!("F#{firm}#{kind}#{id}")
}

pub(crate) fn event_sk(sequence: u64) -> String {
    format!("{EVENTS}{sequence:010}")
}

/// The partitions of the indexes.
pub(crate) mod index {
    use super::{Date, Entity, Firm, Id, Parent, Person};

    pub(crate) fn by_type<T: Entity>(firm: Id<Firm>) -> String {
        format!("F#{firm}#{}", T::TYPE)
    }

    pub(crate) fn archived<T: Entity>(firm: Id<Firm>) -> String {
        format!("F#{firm}#{}#ARCHIVED", T::TYPE)
    }

    pub(crate) fn by_state<T: Entity>(firm: Id<Firm>, state: &str) -> String {
        format!("F#{firm}#{}#{state}", T::TYPE)
    }

    pub(crate) fn by_parent<T: Entity>(firm: Id<Firm>, parent: &Parent) -> String {
        format!("F#{firm}#{parent}#{}", T::TYPE)
    }

    /// Of the records of a parent those in a state.
    pub(crate) fn by_parent_state<T: Entity>(firm: Id<Firm>, parent: &Parent, state: &str) -> String {
        format!("F#{firm}#{parent}#{}#{state}", T::TYPE)
    }

    /// What somebody did, is to do or gets.
    pub(crate) fn by_person<T: Entity>(firm: Id<Firm>, person: &Person) -> String {
        format!("F#{firm}#PERSON#{person}#{}", T::TYPE)
    }

    /// In the order of its days; what has none comes last.
    pub(crate) fn of_day(day: Option<Date>, id: &str) -> String {
        day.map_or_else(|| format!("9999-12-31#{id}"), |day| format!("{}#{id}", day.get()))
    }
}

impl<K: Kind + Entity> From<Id<K>> for Parent {
    fn from(id: Id<K>) -> Self {
        Self::new(K::TYPE, <K as Kind>::NAME, id.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{client::Client, contract::Contract, lead::Lead, mail::Mail, timer::TimerKind};

    #[test]
    fn the_key_table() {
        let now = Time::from_timestamp_millis(1_763_800_000_000).unwrap();
        let firm = Id::new(now, 1);
        let email = Email::new("ann@acme.example").unwrap();
        let client = Id::<Client>::new(now, 3);
        let key = |key: Key| format!("{} | {}", key.pk, key.sk);
        let rows = [
            ("record", key(Key::record(firm, Id::<Lead>::new(now, 2)))),
            ("event", key(Key::event(firm, Id::<Lead>::new(now, 2), 7))),
            ("unique lead e-mail", key(Key::unique(firm, &Unique::LeadEmail(email.clone())))),
            ("unique client", key(Key::unique(firm, &Unique::ClientOf(Id::new(now, 4))))),
            ("unique acceptance", key(Key::unique(firm, &Unique::AcceptedBy(Id::new(now, 4))))),
            ("unique portal e-mail", key(Key::unique(firm, &Unique::PortalEmail(client, email.clone())))),
            ("unique user e-mail", key(Key::unique(firm, &Unique::UserEmail(email.clone())))),
            ("suppressed address", key(Key::unique(firm, &Unique::Suppressed(email.clone())))),
            ("counter", key(Key::counter(firm, Counter::Proposals))),
            ("idempotency", key(Key::idempotency(Some(firm), "user_1", "abc"))),
            ("idempotency, anonymous", key(Key::idempotency(None, "anonymous", "abc"))),
            ("login of an e-mail", key(Key::email(&email))),
            ("login", key(Key::record(domain::firm::INSTALLATION, Id::<domain::login::Login>::new(now, 10)))),
            ("secrets of a login", key(Key::credentials(Id::new(now, 10)))),
            ("where a login leads", key(Key::joined(Id::new(now, 10), firm, "user_1"))),
            ("membership", key(Key::membership(firm, "user_1"))),
            ("session", key(Key::session(Id::new(now, 10), Id::new(now, 5)))),
            ("inbox", key(Key::inbox(firm, "user_1"))),
            ("notification", key(Key::notification(firm, "user_1", Id::new(now, 11)))),
            ("firm invitation", key(Key::firm_invitation(&Digest::of(&[b"x"])))),
            ("first firm", key(Key::first_firm())),
            ("decoy", key(Key::decoy(&Digest::of(&[b"x"]), HEADER))),
            ("lease", key(Key::lease(firm, "user_1"))),
            ("rate of payments", key(Key::rate(Some(firm), "user_1#payment"))),
            ("rate, anonymous", key(Key::rate(None, "192.0.2.1"))),
            ("guard", key(Key::guard(firm, &Id::<Lead>::new(now, 2).into(), 7))),
            ("what an entry adds", key(Key::addend(firm, Id::new(now, 9)))),
            ("running totals", key(Key::running_totals(firm, Id::<Lead>::new(now, 2)))),
            ("workday", key(Key::workday(firm, Id::new(now, 6), "2026-11-25".parse().unwrap()))),
            ("timer", key(Key::timer(firm, Id::<Lead>::new(now, 2), Timer { at: now, kind: TimerKind::ProposalExpiry }))),
            ("Stripe event", key(Key::stripe_event("evt_1"))),
            ("Stripe account", key(Key::stripe_account(&"acct_1".parse().unwrap()))),
            ("sender domain", key(Key::sender_domain(&DomainName::new("acme.example").unwrap()))),
            ("when it is looked at", key(Key::domain_checks(firm, SenderDomainId::of_firm(firm)))),
            ("effect", key(Key::effect(firm, "prop_1", 3, "mail"))),
            ("redrive", key(Key::redrive(firm, "INVOICE", "inv_1", 3, now))),
            ("by_type", index::by_type::<Lead>(firm)),
            ("by_type, archived", index::archived::<Lead>(firm)),
            ("by_state", index::by_state::<Lead>(firm, "new")),
            ("by_parent", index::by_parent::<Contract>(firm, &client.into())),
            ("by_parent_state", index::by_parent_state::<TimeEntry>(firm, &client.into(), "unbilled")),
            ("by_person", index::by_person::<TimeEntry>(firm, &Person::User(Id::new(now, 6)))),
            ("by_person, address", index::by_person::<Mail>(firm, &Person::Address(email))),
            ("by_person, sort key", index::of_day("2026-11-25".parse().ok(), "time_1")),
        ];
        let table: Vec<String> = rows.iter().map(|(what, key)| format!("{what:24} {key}")).collect();
        insta::assert_snapshot!(table.join("\n"));
    }
}
