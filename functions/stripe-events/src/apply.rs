//! Events become changes of invoices and of clients' credit.
//!
//! How a payment stands is asked after its invoice was read, and written only if nobody wrote that meanwhile: so whoever
//! writes later knows at least as much, whichever event each came with.

use std::time::Duration;

use domain::{
    Id, Kind, Time, credit,
    credit::Credit,
    event::Actor,
    invoice::{Dispute, Invoice, Payment, Received, Settled},
};
use payments::{PaymentState, Status, event::Checkout};
use store::{Audit, Change, Error, Record, Reply};

use crate::{Applying, Failed, UnknownInvoice, Whose};

/// How often an invoice is read again that others change at the same moment.
const ATTEMPTS: u32 = 6;
/// The longest wait before the first of that, milliseconds; it doubles.
const FIRST_WAIT: u64 = 20;

impl Applying<'_> {
    /// Write down how the payment `payment_intent` stands, as the event `event` gives reason to. `paid` is the session that
    /// it was made with, where the event says that it was.
    pub(crate) async fn settle(&self, event: &str, whose: Whose, payment_intent: &str, paid: Option<&Checkout>) -> Result<(), Failed> {
        until_won(async || self.settle_once(event, whose, payment_intent, paid).await).await
    }

    /// The page of `checkout` can't be paid any more.
    pub(crate) async fn close(&self, event: &str, checkout: &Checkout) -> Result<(), Failed> {
        match Whose::named(&checkout.metadata) {
            Ok(whose) => until_won(async || self.close_once(event, whose, &checkout.session).await).await,
            Err(nobodys) => {
                tracing::info!(event, %nobodys, "a page that nobody paid on is gone");
                Ok(())
            }
        }
    }

    async fn settle_once(&self, event: &str, whose: Whose, payment_intent: &str, paid: Option<&Checkout>) -> Result<(), Failed> {
        let found = self.store.read(whose.firm).record(whose.invoice).seen(event).fetch().await?;
        if found.seen(event) {
            return Ok(());
        }
        let mut invoice = found.maybe(whose.invoice)?.ok_or(UnknownInvoice::Unknown(whose))?;
        let known = invoice.payments.iter().find(|payment| payment.payment_intent.as_deref() == Some(payment_intent));
        let credit = self.credit_of(whose, known).await?;
        let received = match paid.filter(|checkout| known.is_none() && fits(&invoice, checkout)) {
            Some(checkout) => received(payment_intent, checkout),
            None => match self.asked(event, payment_intent, paid).await? {
                Some(received) => received,
                None => return Ok(()),
            },
        };
        let now = self.clock.now();
        let (payment, new_credit) = (new_id(now), new_id(now));
        let settled = invoice.settle(whose.invoice, &received, payment, new_credit, now)?;
        let mut change = self.change(event, whose, now)?;
        let Settled { invoice: changed, credit: excess, withdrawn } = settled;
        if let Some(changed) = changed {
            // Money moved: an invoice that was archived is looked at again.
            invoice.archived_at = None;
            change.update(&invoice, changed)?;
        }
        if let Some(excess) = excess {
            change.create(new_credit, excess, credit::Event::Created)?;
        }
        if let (Some((_, total)), Some(credit)) = (withdrawn, credit)
            && let Some(withdrawn) = credit.withdraw(total)
        {
            change.update(&credit, withdrawn?)?;
        }
        Ok(change.commit(&Reply::none()).await?)
    }

    async fn close_once(&self, event: &str, whose: Whose, session: &str) -> Result<(), Failed> {
        let found = self.store.read(whose.firm).record(whose.invoice).seen(event).fetch().await?;
        let invoice = found.maybe(whose.invoice)?.filter(|_| !found.seen(event));
        let closed = invoice.and_then(|invoice| invoice.checkout_expired(session).map(|closed| (invoice, closed)));
        let Some((invoice, closed)) = closed else { return Ok(()) };
        let mut change = self.change(event, whose, self.clock.now())?;
        change.update(&invoice, closed)?;
        Ok(change.commit(&Reply::none()).await?)
    }

    /// The credit that the excess of `known` became. Its id is in the invoice, so it takes a second read.
    async fn credit_of(&self, whose: Whose, known: Option<&Payment>) -> Result<Option<Record<Credit>>, Error> {
        let Some(excess) = known.and_then(|payment| payment.excess) else { return Ok(None) };
        self.store.read(whose.firm).record(excess.credit).fetch().await?.record(excess.credit).map(Some)
    }

    /// How the payment stands, as Stripe answers; nothing if no money came. That is so where a payment is on its way, or
    /// failed; it can't be where the session `paid` was paid.
    async fn asked(&self, event: &str, payment_intent: &str, paid: Option<&Checkout>) -> Result<Option<Received>, Failed> {
        let PaymentState { status, livemode, received: amount, refunded, dispute, .. } = self.payments.payment(payment_intent).await?;
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

    /// Begin the change that applies `event`.
    fn change(&self, event: &str, whose: Whose, now: Time) -> Result<Change, Error> {
        let audit = Audit { actor: Actor::System("stripe".to_owned()), at: now, request: event.to_owned(), source_address: None };
        let mut change = self.store.change(whose.firm, audit, None);
        change.seen(event)?;
        Ok(change)
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

/// Make an attempt again, from its first read, for as long as somebody else was faster. What was applied before is done.
async fn until_won(attempt: impl AsyncFn() -> Result<(), Failed>) -> Result<(), Failed> {
    for lost in 1..ATTEMPTS {
        match attempt().await {
            Err(Failed::Store(Error::Seen)) => return Ok(()),
            Err(Failed::Store(Error::Lost)) => {
                let wait = rand::random_range(0..FIRST_WAIT << lost);
                tokio::time::sleep(Duration::from_millis(wait)).await;
            }
            done => return done,
        }
    }
    match attempt().await {
        Err(Failed::Store(Error::Seen)) => Ok(()),
        done => done,
    }
}
