//! A firm's own domain, from which its mails come once it has shown that the domain is its own. A firm has one such record, whichever
//! domain it has.
//!
//! The mail service knows a domain once, whoever asks for it, and its keys stay the same: what a former claimant published would
//! speak for the next one. So each claim has a label of its own, under which the domain is to have a host that takes what comes back
//! ([`SenderDomain::mail_from`]), and it is verified while the service finds the keys and that host. Who may claim a domain is said by
//! a [`Hold`] of it, which is one for all firms.

mod name;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::{
    Email, Refusal, Time, Transition,
    ids::{FirmId, SenderDomainId},
    names::names,
};

pub use name::{DomainName, NotADomain, Taken};

/// How long it is looked for what a domain is to say.
pub const WAITS: TimeDelta = TimeDelta::hours(72);
/// How long what a verified domain said may be missing.
pub const MISSING: TimeDelta = TimeDelta::days(3);
/// How long a claim keeps others from the domain, though nothing shows that it is theirs.
pub const KEPT: TimeDelta = TimeDelta::hours(24);
/// How long one waits to have it looked at again.
pub const PAUSE: TimeDelta = TimeDelta::minutes(1);
/// After how many minutes from the claim it is looked at; then every six hours.
const CHECKS: [i64; 9] = [1, 2, 5, 10, 20, 40, 80, 160, 320];
const LATER: TimeDelta = TimeDelta::hours(6);
/// How often a verified one is looked at.
const DAILY: TimeDelta = TimeDelta::hours(24);

crate::events! {
    SenderDomain {
        /// The firm says that a domain is its own: it is to be set up at the mail service.
        Claimed = "sender_domain.claimed" is Creation,
        /// It says so of another, or once more.
        ClaimedAgain = "sender_domain.claimed_again" is Change,
        /// The mail service knows it, and what the domain is to say.
        SetUp = "sender_domain.set_up" is Change,
        /// The mail service doesn't know it, or as another's: it is to be set up there again.
        SetUpAgain = "sender_domain.set_up_again" is Change,
        /// Something else of it was found, or is missing.
        Restated = "sender_domain.restated" is Change,
        /// Somebody of the firm asked to have it looked at.
        CheckRequested = "sender_domain.check_requested" is Change,
        /// It says all that shows that it is the firm's: mails come from it from now on.
        Verified = "sender_domain.verified" is Change,
        /// They don't, or not any more.
        Failed = "sender_domain.failed" is Change,
        /// The firm took it away.
        Removed = "sender_domain.removed" is Change,
    }
}

names! {
    /// How a domain stands.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    #[cfg_attr(feature = "openapi", schema(as = SenderDomainStatus))]
    #[serde(rename_all = "snake_case")]
    pub enum Status {
        /// It is being set up; what it is to say isn't known yet.
        Requested = "requested",
        /// It is looked for what it is to say.
        Pending = "pending",
        /// Mails come from it.
        Verified = "verified",
        /// They don't, and it isn't looked for any more; claim it again.
        Failed = "failed",
        /// The firm took it away.
        Removed = "removed",
    }
}

names! {
    /// Why mails don't come from a domain.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Failure {
        /// For three days it didn't say what it was to.
        Unproven = "unproven",
        /// It said so, and hasn't for three days.
        Gone = "gone",
        /// Another firm claimed it, which it may after a day.
        Lost = "lost",
        /// The mail service doesn't take it.
        Refused = "refused",
    }
}

impl Failure {
    /// It in words for the firm.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Unproven => "The DNS records weren't found within three days. Publish them, and save the domain again.",
            Self::Gone => "The DNS records have been missing for three days. Publish them again, and save the domain again.",
            Self::Lost => "Another firm claimed the domain, which wasn't verified for a day.",
            Self::Refused => "The mail service doesn't take the domain.",
        }
    }
}

/// A domain of a firm's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SenderDomain {
    /// The domain.
    pub domain: DomainName,
    /// The label of this claim: below it lies the host that takes what comes back.
    pub label: String,
    /// Since when the firm claims it.
    pub claimed_at: Time,
    /// Since when it did so first, if nobody else did since.
    pub held_since: Time,
    /// How it stands.
    pub status: Status,
    /// Why it failed, if it did.
    pub failure: Option<Failure>,
    /// What the mail service calls its keys.
    #[serde(default)]
    pub dkim_tokens: Vec<String>,
    /// Whether its keys were found.
    #[serde(default)]
    pub has_keys: bool,
    /// Whether the host was found that takes what comes back.
    #[serde(default)]
    pub has_mail_from: bool,
    /// Since when mails come from it, or came.
    pub verified_at: Option<Time>,
    /// Since when something is missing of a verified one.
    pub missing_since: Option<Time>,
    /// When somebody asked last to have it looked at.
    pub check_requested_at: Option<Time>,
}

/// How the mail service knows a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// Not at all.
    Unknown,
    /// With another claim's label, or none.
    Foreign,
    /// With this claim's.
    Known {
        /// What it calls its keys.
        dkim_tokens: Vec<String>,
        /// Whether it found them.
        has_keys: bool,
        /// Whether it found the host that takes what comes back.
        has_mail_from: bool,
    },
    /// It doesn't take it.
    Refused,
}

names! {
    /// How a domain is held.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Holding {
        /// Somebody says that it is theirs.
        Claimed = "claimed",
        /// They have shown it.
        Verified = "verified",
        /// They took it away: everybody may claim it.
        Released = "released",
    }
}

/// That a domain is a firm's, to all other firms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// Whose it is, or was last.
    pub firm: FirmId,
    /// Since when, at first: who takes it away and claims it again keeps others from it no longer for that.
    pub since: Time,
    /// How.
    pub holding: Holding,
}

/// When a domain was looked at, and is next. This changes often and by itself, so it is beside the record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checks {
    /// When it was.
    pub last: Option<Time>,
    /// When it is to be.
    pub next: Option<Time>,
}

impl SenderDomainId {
    /// Under which `firm` has its own.
    pub fn of_firm(firm: FirmId) -> Self {
        Self::from_bytes(firm.to_bytes())
    }
}

impl Hold {
    /// The same once it is taken away.
    #[must_use]
    pub fn released(self) -> Self {
        Self { holding: Holding::Released, ..self }
    }

    /// Whether `firm` holds it.
    pub fn is_of(&self, firm: FirmId) -> bool {
        self.firm == firm && self.holding != Holding::Released
    }

    /// That `firm` may claim what is so held, at `now`.
    pub fn yields_to(&self, firm: FirmId, now: Time) -> Result<(), Refusal> {
        let is_free = match self.holding {
            Holding::Released => true,
            Holding::Claimed => self.since + KEPT <= now,
            Holding::Verified => false,
        };
        if self.firm == firm || is_free {
            return Ok(());
        }
        Err(Refusal::state(
            "The domain is claimed by somebody else. If it isn't verified for them, it is free a day after they claimed it.",
        ))
    }
}

impl SenderDomain {
    /// `domain`, which a firm that has none says is its own at `now`, under `label`.
    pub fn claimed(domain: DomainName, label: String, now: Time) -> Self {
        Self {
            domain,
            label,
            claimed_at: now,
            held_since: now,
            status: Status::Requested,
            failure: None,
            dkim_tokens: Vec::new(),
            has_keys: false,
            has_mail_from: false,
            verified_at: None,
            missing_since: None,
            check_requested_at: None,
        }
    }

    /// The firm says so of `domain` now; nothing, if that is what it has.
    pub fn claim(&self, domain: DomainName, label: String, now: Time) -> Option<(Self, Event)> {
        let is_known = self.is_active() && self.domain == domain;
        (!is_known).then(|| (Self::claimed(domain, label, now), Event::ClaimedAgain))
    }

    /// The same, held so far as `hold` says, where that is `firm`'s whose claim it is.
    #[must_use]
    pub fn held(self, hold: Option<&Hold>, firm: FirmId) -> Self {
        let held_since = hold.filter(|hold| hold.firm == firm).map_or(self.held_since, |hold| hold.since);
        Self { held_since, ..self }
    }

    /// Whether the firm claims it.
    pub fn is_active(&self) -> bool {
        match self.status {
            Status::Requested | Status::Pending | Status::Verified => true,
            Status::Failed | Status::Removed => false,
        }
    }

    /// Whether it keeps others from it, or kept.
    pub fn is_held(&self) -> bool {
        self.status != Status::Removed && self.failure != Some(Failure::Lost)
    }

    /// The hold of `firm`, whose it is.
    pub fn hold(&self, firm: FirmId) -> Hold {
        let holding = match self.status {
            Status::Verified => Holding::Verified,
            Status::Requested | Status::Pending | Status::Failed => Holding::Claimed,
            Status::Removed => Holding::Released,
        };
        Hold { firm, since: self.held_since, holding }
    }

    /// The host to which goes what comes back of its mails.
    pub fn mail_from(&self) -> String {
        format!("{}.{}", self.label, self.domain)
    }

    /// The address that its mails come from, where others' come from `usual`: none, unless it is verified.
    pub fn address(&self, usual: &Email) -> Option<Email> {
        (self.status == Status::Verified).then(|| self.future_address(usual)).flatten()
    }

    /// The same once it is.
    pub fn future_address(&self, usual: &Email) -> Option<Email> {
        let (local, _) = usual.as_str().rsplit_once('@')?;
        Email::new(&format!("{local}@{}", self.domain)).ok()
    }

    /// What the mail service was asked at `now`, and how it knows it: what that changes, if anything.
    pub fn checked(&self, seen: &Seen, now: Time) -> Option<(Self, Event)> {
        if !self.is_active() {
            return None;
        }
        match seen {
            Seen::Refused => Some(self.fail(Failure::Refused)),
            Seen::Unknown | Seen::Foreign => {
                let without = Self { has_keys: false, has_mail_from: false, ..self.clone() };
                without.overdue(now).or_else(|| Some((without.missing(now), Event::SetUpAgain)))
            }
            Seen::Known { dkim_tokens, has_keys, has_mail_from } => {
                let (dkim_tokens, has_keys, has_mail_from) = (dkim_tokens.clone(), *has_keys, *has_mail_from);
                self.found(Self { dkim_tokens, has_keys, has_mail_from, ..self.clone() }, now)
            }
        }
    }

    /// It is as `found`.
    fn found(&self, found: Self, now: Time) -> Option<(Self, Event)> {
        let is_proven = found.has_keys && found.has_mail_from;
        match (self.status, is_proven) {
            (Status::Failed | Status::Removed, _) => None,
            (Status::Requested | Status::Pending, true) => {
                Some((Self { status: Status::Verified, verified_at: Some(now), missing_since: None, ..found }, Event::Verified))
            }
            (Status::Requested, false) => {
                let pending = Self { status: Status::Pending, ..found };
                pending.overdue(now).or(Some((pending, Event::SetUp)))
            }
            (Status::Pending, false) => found.overdue(now).or_else(|| (found != *self).then_some((found, Event::Restated))),
            (Status::Verified, true) => {
                let found = Self { missing_since: None, ..found };
                (found != *self).then_some((found, Event::Restated))
            }
            (Status::Verified, false) => {
                let missing = found.missing(now);
                missing.overdue(now).or_else(|| (missing != *self).then_some((missing, Event::Restated)))
            }
        }
    }

    /// Since when something of a verified one is missing, as it is at `now`.
    fn missing(self, now: Time) -> Self {
        let missing_since = if self.status == Status::Verified { self.missing_since.or(Some(now)) } else { None };
        Self { missing_since, ..self }
    }

    /// That it was waited for long enough.
    fn overdue(&self, now: Time) -> Option<(Self, Event)> {
        match self.status {
            Status::Requested | Status::Pending => (self.claimed_at + WAITS <= now).then(|| self.fail(Failure::Unproven)),
            Status::Verified => self.missing_since.is_some_and(|since| since + MISSING <= now).then(|| self.fail(Failure::Gone)),
            Status::Failed | Status::Removed => None,
        }
    }

    /// Another firm claimed it; nothing, if it isn't claimed by this one any more.
    pub fn lose(&self) -> Option<(Self, Event)> {
        self.is_active().then(|| self.fail(Failure::Lost))
    }

    fn fail(&self, why: Failure) -> (Self, Event) {
        (Self { status: Status::Failed, failure: Some(why), missing_since: None, ..self.clone() }, Event::Failed)
    }

    /// The firm asks at `now` to have it looked at, which it last was as `checks` say.
    pub fn request_check(&self, checks: &Checks, now: Time) -> Transition<Self> {
        if !self.is_active() {
            return Err(Refusal::state("There is no domain to look at; save one."));
        }
        if checks.last.max(self.check_requested_at).is_some_and(|last| now < last + PAUSE) {
            return Err(Refusal::state("It was looked at less than a minute ago; ask again in a minute."));
        }
        Ok((Self { check_requested_at: Some(now), ..self.clone() }, Event::CheckRequested))
    }

    /// The firm takes it away.
    pub fn remove(&self) -> Transition<Self> {
        if self.status == Status::Removed {
            return Err(Refusal::state("The firm has no domain."));
        }
        Ok((Self { status: Status::Removed, failure: None, missing_since: None, ..self.clone() }, Event::Removed))
    }

    /// When it is looked at next, after it was at `now`.
    pub fn next_check(&self, now: Time) -> Option<Time> {
        match self.status {
            Status::Requested | Status::Pending => {
                let planned = CHECKS.iter().map(|minutes| self.claimed_at + TimeDelta::minutes(*minutes)).find(|at| *at > now);
                let last = self.claimed_at + WAITS;
                let next = planned.unwrap_or(now + LATER);
                Some(if now < last { next.min(last) } else { next })
            }
            Status::Verified => Some(now + DAILY),
            Status::Failed | Status::Removed => None,
        }
    }
}

#[cfg(test)]
mod tests;
