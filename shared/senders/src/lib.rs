//! Looking whether firms' domains say what they are to: the mail service is asked, and what it says is written down.
//!
//! The outbox does it as events ask for it, the schedule as time goes by; whoever does it reads the record as it is now, so that an
//! event that comes late sets up nothing that isn't claimed any more. What changes nothing is no event: only when it was looked at
//! moves. Deliberately absent: which firm may claim which domain (`auth`), and what a check means (`domain`).

use domain::{
    Time,
    ids::{FirmId, SenderDomainId},
    sender_domain::{Checks, DomainName, Holding, Seen, SenderDomain, Status},
};
use mail::{Identities, IdentityError};
use store::{Change, Due, Error, Race, Record, Reply, Store};

/// Why it wasn't looked.
#[derive(Debug, thiserror::Error)]
pub enum NotLooked {
    /// The table says no.
    #[error(transparent)]
    Store(#[from] Error),
    /// The mail service doesn't say.
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

impl Race for NotLooked {
    fn is_lost(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_lost())
    }
}

/// What looks.
#[derive(Debug)]
pub struct Senders<'a> {
    /// The table.
    pub store: &'a Store,
    /// The mail service.
    pub identities: &'a Identities,
}

/// How it is looked.
#[derive(Debug, Clone, Copy)]
pub enum Look<'a> {
    /// By a timer, if that is wanted.
    Due(&'a Due),
    /// Because somebody asked.
    Asked,
    /// After it was set up at the mail service, as far as it wasn't.
    SetUp,
}

impl Senders<'_> {
    /// Look at the domain of `firm` at `now`, and write down what changes by it, in a change that is begun with `begin`; whether there
    /// was anything to look at. It is to be tried again if it was lost.
    pub async fn look(&self, firm: FirmId, look: Look<'_>, now: Time, begin: impl Fn() -> Change) -> Result<bool, NotLooked> {
        let id = SenderDomainId::of_firm(firm);
        let found = self.store.read(firm).record(id).domain_checks().fetch().await?;
        let (record, checks) = (found.maybe(id)?.filter(|record: &Record<SenderDomain>| record.is_active()), found.domain_checks()?);
        let is_wanted = match look {
            Look::Due(due) => due.is_wanted_by_checks(&checks),
            Look::Asked | Look::SetUp => true,
        };
        let Some(record) = record.filter(|_| is_wanted) else {
            if let Look::Due(due) = look {
                let mut change = begin();
                change.cancel(due)?;
                change.commit(&Reply::none()).await?;
            }
            return Ok(false);
        };
        let hold = self.store.read(firm).domain_hold(&record.domain).fetch().await?.domain_hold(&record.domain)?;
        let is_own = hold.is_some_and(|hold| hold.is_of(firm));
        let changed = if is_own { record.checked(&self.seen(&record, look).await?, now) } else { record.lose() };
        let mut change = begin();
        let next = match changed {
            None => record.next_check(now),
            Some(changed) => {
                let after = change.update(&record, changed)?;
                if is_own {
                    change.hold_domain(&record.domain, hold.as_ref(), &after.hold(firm))?;
                }
                after.next_check(now)
            }
        };
        change.set_domain_checks(&checks, &Checks { last: Some(now), next })?;
        change.commit(&Reply::none()).await?;
        Ok(true)
    }

    async fn seen(&self, record: &SenderDomain, look: Look<'_>) -> Result<Seen, IdentityError> {
        let mail_from = record.mail_from();
        match look {
            Look::SetUp => self.identities.set_up(&record.domain, &mail_from).await,
            Look::Due(_) | Look::Asked => self.identities.look(&record.domain, &mail_from).await,
        }
    }

    /// Have the mail service forget `domain`, which `firm` claimed, unless it or another claims it now; whether it does.
    pub async fn forget(&self, firm: FirmId, domain: &DomainName) -> Result<bool, NotLooked> {
        let id = SenderDomainId::of_firm(firm);
        let found = self.store.read(firm).record(id).domain_hold(domain).fetch().await?;
        let is_claimed = found.maybe(id)?.is_some_and(|record: Record<SenderDomain>| record.is_active() && record.domain == *domain);
        let is_others = found.domain_hold(domain)?.is_some_and(|hold| hold.firm != firm && hold.holding != Holding::Released);
        if is_claimed || is_others {
            return Ok(false);
        }
        self.identities.tear_down(domain).await?;
        Ok(true)
    }

    /// Have the domain of `firm` looked at soon after `now`: the mail service refused to send from it.
    pub async fn look_soon(&self, firm: FirmId, now: Time, begin: impl Fn() -> Change) -> Result<(), Error> {
        let id = SenderDomainId::of_firm(firm);
        let found = self.store.read(firm).record(id).domain_checks().fetch().await?;
        let (record, checks) = (found.maybe(id)?, found.domain_checks()?);
        let is_later = checks.next.is_none_or(|next| next > now);
        if record.is_none_or(|record: Record<SenderDomain>| record.status != Status::Verified) || !is_later {
            return Ok(());
        }
        let mut change = begin();
        change.set_domain_checks(&checks, &Checks { next: Some(now), ..checks })?;
        change.commit(&Reply::none()).await
    }
}
