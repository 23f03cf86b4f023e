//! Events become changes of invoices and of clients' credit.
//!
//! How a payment stands is asked after its invoice was read, and written only if nobody wrote that meanwhile: so whoever
//! writes later knows at least as much, whichever event each came with.

use std::collections::BTreeSet;

use domain::{
    Id, Kind, Time,
    credit::{self, Credit},
    event::Actor,
    ids::{CreditId, FirmId},
    invoice::{self, Dispute, Invoice, Received, Settled},
};
use payments::{PaymentError, PaymentState, Status, event::Checkout};
use store::{Audit, Change, Error, Record, Reply, retry_if_lost};

use crate::{
    Applying, Failed, InvoiceRef, UnknownInvoice,
    told::{Place, Told, attempt},
};

impl Applying<'_> {
    /// Write down how the payment `payment_intent` stands, as what was `told` gives reason to: on the day of that a payment that wasn't
    /// known, however late it is applied. `paid` is the session that it was made with, where that was told.
    pub(crate) async fn settle(
        &self,
        told: Told<'_>,
        target: InvoiceRef,
        payment_intent: &str,
        paid: Option<&Checkout>,
    ) -> Result<(), Failed> {
        applied(retry_if_lost(async || self.settle_once(told, target, payment_intent, paid).await).await)
    }

    /// Write down how far the page of `checkout` got, as `follow` says, if that is news; no money came by it so far.
    pub(crate) async fn follow_page(
        &self,
        told: Told<'_>,
        checkout: &Checkout,
        follow: impl Fn(&Invoice, Time) -> Option<(Invoice, invoice::Event)>,
    ) -> Result<(), Failed> {
        match InvoiceRef::named(&checkout.metadata) {
            Ok(target) => applied(retry_if_lost(async || self.follow_page_once(told, target, checkout, &follow).await).await),
            Err(nobodys) => {
                tracing::info!(event = told.event, %nobodys, "a page of nobody's, on which nothing was paid");
                Ok(())
            }
        }
    }

    /// Expire the pages at Stripe that are good for nothing any more ([`Invoice::stale_checkouts`]). One that is being paid in that
    /// second can't be: what becomes of it comes as its own event, and is credit.
    pub(crate) async fn expire(&self, target: InvoiceRef) -> Result<(), Failed> {
        retry_if_lost(async || self.expire_once(target).await).await
    }

    async fn expire_once(&self, target: InvoiceRef) -> Result<(), Failed> {
        let found = self.store.read(target.firm).record(target.invoice).fetch().await?;
        let Some(before) = found.maybe(target.invoice)? else { return Ok(()) };
        let stale: Vec<_> = before.stale_checkouts().collect();
        self.expire_pages(target, &before, &stale).await
    }

    /// Expire the `pages` of an invoice at Stripe, and write down of which that was done. Where nothing can be done any more, since the
    /// account is lost, they are gone for us too.
    pub(crate) async fn expire_pages(
        &self,
        target: InvoiceRef,
        before: &Record<Invoice>,
        pages: &[&invoice::Checkout],
    ) -> Result<(), Failed> {
        let mut expired: Option<(Invoice, invoice::Event)> = None;
        for page in pages {
            let Some(session) = page.session.as_deref() else { continue };
            match self.payments.expire_checkout(page.account.as_ref(), session).await {
                Ok(()) | Err(PaymentError::AccountLost(_)) => {
                    expired = expired.as_ref().map_or(&before.content, |(invoice, _)| invoice).checkout_expired(session).or(expired);
                }
                Err(PaymentError::Refused(why)) => tracing::info!(session, why, "a page can't be expired"),
                Err(unavailable) => return Err(unavailable.into()),
            }
        }
        let Some(expired) = expired else { return Ok(()) };
        let mut change = self.begin(&format!("expire/{}/{}", target.invoice, before.version), target.firm, self.clock.now());
        change.update(before, expired)?;
        Ok(change.commit(&Reply::none()).await?)
    }

    async fn settle_once(&self, told: Told<'_>, target: InvoiceRef, payment_intent: &str, paid: Option<&Checkout>) -> Result<(), Failed> {
        let read = self.store.read(target.firm).record(target.invoice).record(target.firm);
        let found = read.account(told.account).seen(told.event).fetch().await?;
        if found.seen(told.event) || told.is_of_another_firm(&found, target) {
            return Ok(());
        }
        let invoice = found.maybe(target.invoice)?.ok_or(UnknownInvoice::Unknown(target))?;
        let known = invoice.paid_by(payment_intent);
        match told.place(paid.and_then(|checkout| attempt(&invoice, checkout)), self.mode, known.is_some()) {
            Place::Its => {}
            Place::AnotherAccount => return Ok(()),
            Place::Ours => return Err(Failed::NotTheirs(target)),
        }
        let plain = paid.filter(|checkout| known.is_none() && fits(&invoice, checkout));
        let behind = if plain.is_some() { Vec::new() } else { self.credits(target, invoice.credits_behind()).await? };
        let received = match plain {
            Some(checkout) => received(payment_intent, checkout),
            None => match self.asked(told, payment_intent, paid).await? {
                Some(received) => received,
                None => return Ok(()),
            },
        };
        let now = self.clock.now();
        let day = found.record(target.firm)?.time_zone.day(told.at.min(now));
        let (payment, new_credit) = (new_id(now), new_id(now));
        let settled = invoice.settle(target.invoice, &received, payment, new_credit, now, day)?;
        let mut change = self.change(told.event, target.firm, now)?;
        let Settled { invoice: changed, credit: excess, withdrawn } = settled;
        if let Some(changed) = changed {
            change.update(&invoice, changed)?;
        }
        if let Some(excess) = excess {
            change.create(new_credit, excess, credit::Event::Created)?;
        }
        for (id, total) in withdrawn {
            let credit = behind.iter().find(|credit| credit.id == id).ok_or_else(|| Error::Internal(format!("{id} wasn't read")))?;
            if let Some(withdrawn) = credit.withdraw(total) {
                change.update(credit, withdrawn)?;
            }
        }
        Ok(change.commit(&Reply::none()).await?)
    }

    async fn follow_page_once(
        &self,
        told: Told<'_>,
        target: InvoiceRef,
        checkout: &Checkout,
        follow: &impl Fn(&Invoice, Time) -> Option<(Invoice, invoice::Event)>,
    ) -> Result<(), Failed> {
        let found = self.store.read(target.firm).record(target.invoice).account(told.account).seen(told.event).fetch().await?;
        if found.seen(told.event) || told.is_of_another_firm(&found, target) {
            return Ok(());
        }
        let is_its = |invoice: &Record<Invoice>| attempt(invoice, checkout).is_none_or(|attempt| attempt.account.as_ref() == told.account);
        let invoice = found.maybe(target.invoice)?.filter(is_its);
        let now = self.clock.now();
        let followed = invoice.and_then(|invoice| follow(&invoice, now).map(|followed| (invoice, followed)));
        let Some((invoice, followed)) = followed else { return Ok(()) };
        let mut change = self.change(told.event, target.firm, now)?;
        change.update(&invoice, followed)?;
        Ok(change.commit(&Reply::none()).await?)
    }

    /// The credits that a refund or a dispute can come out of. Their ids are in the invoice, so it takes a second read.
    async fn credits(&self, target: InvoiceRef, ids: BTreeSet<CreditId>) -> Result<Vec<Record<Credit>>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let found = ids.iter().fold(self.store.read(target.firm), |read, id| read.record(*id)).fetch().await?;
        ids.into_iter().map(|id| found.record(id)).collect()
    }

    /// How the payment stands, as Stripe answers; nothing if no money came. That is so where a payment is on its way, or
    /// failed; it can't be where the session `paid` was paid.
    async fn asked(&self, told: Told<'_>, payment_intent: &str, paid: Option<&Checkout>) -> Result<Option<Received>, Failed> {
        let (event, asked) = (told.event, self.payments.payment(told.account, payment_intent).await?);
        let PaymentState { status, livemode, received: amount, refunded, dispute, .. } = asked;
        if livemode != self.payments.is_live() {
            return Err(Failed::OtherMode { live: livemode });
        }
        match (status, paid) {
            (Status::Succeeded, paid) => {
                if paid.is_some_and(|checkout| checkout.amount != amount) {
                    tracing::warn!(event, payment_intent, %amount, "other than its event says: what came is what counts");
                }
                let (session, dispute) = (paid.map(|checkout| checkout.session.clone()), dispute.map(stands));
                Ok(Some(Received { payment_intent: payment_intent.to_owned(), session, amount, refunded, dispute }))
            }
            (Status::Processing | Status::Other(_), Some(_)) => Err(Failed::NotPaid(payment_intent.to_owned())),
            (Status::Processing | Status::Other(_), None) => {
                tracing::info!(event, payment_intent, "nothing was paid");
                Ok(None)
            }
        }
    }

    /// Begin the change of `firm`'s that applies `event`.
    pub(crate) fn change(&self, event: &str, firm: FirmId, now: Time) -> Result<Change, Error> {
        let mut change = self.begin(event, firm, now);
        change.seen(event)?;
        Ok(change)
    }

    /// Begin a change of `firm`'s because of `request`.
    pub(crate) fn begin(&self, request: &str, firm: FirmId, now: Time) -> Change {
        let audit = Audit { actor: Actor::System("stripe".to_owned()), at: now, request: request.to_owned(), source_address: None };
        self.store.change(firm, audit, None)
    }
}

/// Whether `checkout` is an attempt to pay `invoice` that was made for just that much.
fn fits(invoice: &Invoice, checkout: &Checkout) -> bool {
    let attempt = invoice.checkout(&checkout.session);
    let fits = attempt.is_some_and(|attempt| attempt.amount == checkout.amount);
    if !fits {
        let asked = attempt.map(|attempt| attempt.amount.to_string());
        tracing::warn!(session = checkout.session, amount = %checkout.amount, asked, "not what was asked for");
    }
    fits
}

/// What the session `checkout` says that was paid.
fn received(payment_intent: &str, checkout: &Checkout) -> Received {
    let Checkout { session, amount, .. } = checkout;
    let nothing = domain::Money::zero(amount.currency());
    let (payment_intent, session) = (payment_intent.to_owned(), Some(session.clone()));
    Received { payment_intent, session, amount: *amount, refunded: nothing, dispute: None }
}

fn stands(dispute: payments::Dispute) -> Dispute {
    match dispute {
        payments::Dispute::Open => Dispute::Open,
        payments::Dispute::Won => Dispute::Won,
        payments::Dispute::Lost => Dispute::Lost,
    }
}

fn new_id<K: Kind>(now: Time) -> Id<K> {
    Id::new(now, rand::random())
}

/// What was applied before is done.
pub(crate) fn applied(done: Result<(), Failed>) -> Result<(), Failed> {
    match done {
        Err(Failed::Store(Error::Seen)) => Ok(()),
        done => done,
    }
}
