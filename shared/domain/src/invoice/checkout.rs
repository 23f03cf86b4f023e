//! Pages of Stripe's on which an invoice can be paid. An attempt is stored before Stripe is asked, so that it is asked
//! again with the same key, and nobody pays twice because an answer was lost.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{Event, Invoice};
use crate::{
    Money, Refusal, Time,
    ids::{FirmId, InvoiceId},
    payment_account::{AccountId, PaymentMethods, Terms},
};

/// Most attempts that are remembered.
const MOST_CHECKOUTS: usize = 20;
/// How long a page must still be there for, to be given out again.
const LEFT: TimeDelta = TimeDelta::hours(1);
/// How long an attempt whose outcome isn't known is made again with the same key. Stripe knows it for a day.
const KNOWN: TimeDelta = TimeDelta::hours(12);

/// How far an attempt to be paid got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckoutState {
    /// Stripe is about to be asked, or its answer was lost.
    Prepared,
    /// There is a page.
    Open,
    /// It is filled in, and the money is on its way, for days perhaps.
    Pending,
    /// It was paid.
    Paid,
    /// It can't be paid any more.
    Expired,
}

/// An attempt to be paid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkout {
    /// 1 for the first.
    pub attempt: u32,
    /// How much.
    pub amount: Money,
    /// By which of the invoice's links it was asked for, and leads back there; none, if by who is signed in.
    #[serde(default)]
    pub link: Option<u32>,
    /// In which account at Stripe; the installation's own, if in none.
    #[serde(default)]
    pub account: Option<AccountId>,
    /// In which ways alone, if the firm said so.
    #[serde(default)]
    pub methods: Option<PaymentMethods>,
    /// How much of it is the installation's, if anything is.
    #[serde(default)]
    pub fee: Option<Money>,
    /// When it was begun.
    pub prepared_at: Time,
    /// Stripe's name of the page.
    pub session: Option<String>,
    /// Where the page is.
    pub url: Option<String>,
    /// Until when it can be paid.
    pub expires_at: Option<Time>,
    /// How far it got.
    pub state: CheckoutState,
    /// Since when the money is on its way, if it is or was.
    #[serde(default)]
    pub pending_at: Option<Time>,
}

/// What `stripe-events` finds in its queue beside Stripe's events: an invoice whose pages can't stay as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpireCheckouts {
    /// Whose it is.
    pub firm: FirmId,
    /// Which.
    pub expire_checkouts_of: InvoiceId,
}

impl Checkout {
    /// The key under which Stripe is asked for the page to pay the invoice `id`.
    pub fn key(&self, id: InvoiceId) -> String {
        format!("inv:{id}:v{}:a{}", self.amount.minor(), self.attempt)
    }
}

/// How to come to a page on which an invoice can be paid.
#[derive(Debug, Clone)]
pub enum Link {
    /// There is one: give out its address.
    Open(Checkout),
    /// Ask Stripe for it, with the key of an attempt that is stored.
    Prepared(Checkout),
    /// Store the invoice with a new attempt; then ask Stripe.
    New(Box<(Invoice, Event)>, Checkout),
}

impl Invoice {
    /// How to come at `now` to a page on which all that is due can be paid on the firm's `terms`, and from which one comes back by the
    /// invoice's link `link`, or to the portal if there is none.
    pub fn prepare_checkout(&self, link: Option<u32>, terms: &Terms, now: Time) -> Result<Link, Refusal> {
        self.payable()?;
        if self.pending_checkout().is_some() {
            return Err(Refusal::state("A payment is on its way; it can be paid again only if that fails."));
        }
        let due = self.amount_due();
        // One that another took the place of is being closed.
        let is_good = |checkout: &&Checkout| self.stale_checkouts().all(|stale| checkout.attempt != stale.attempt);
        let is_on_terms = |checkout: &Checkout| checkout.account == terms.account && checkout.methods == terms.methods;
        let same = |checkout: &&Checkout| checkout.amount == due && checkout.link == link && is_on_terms(checkout);
        for checkout in self.checkouts.iter().rev().filter(same).filter(is_good) {
            match checkout.state {
                CheckoutState::Open if checkout.expires_at.is_some_and(|end| end - now > LEFT) => {
                    return Ok(Link::Open(checkout.clone()));
                }
                CheckoutState::Prepared if now - checkout.prepared_at < KNOWN => return Ok(Link::Prepared(checkout.clone())),
                CheckoutState::Open | CheckoutState::Prepared | CheckoutState::Pending | CheckoutState::Paid | CheckoutState::Expired => {}
            }
        }
        let attempt = self.checkouts.last().map_or(1, |last| last.attempt + 1);
        let state = CheckoutState::Prepared;
        let (Terms { account, methods, .. }, fee) = (terms.clone(), terms.fee_of(due));
        let (session, url, expires_at, pending_at) = (None, None, None, None);
        let new =
            Checkout { attempt, amount: due, link, account, methods, fee, prepared_at: now, session, url, expires_at, state, pending_at };
        let forgotten = (self.checkouts.len() + 1).saturating_sub(MOST_CHECKOUTS);
        let checkouts = self.checkouts.iter().skip(forgotten).chain([&new]).cloned().collect();
        Ok(Link::New(Box::new((Self { checkouts, ..self.clone() }, Event::CheckoutPrepared)), new))
    }

    /// The invoice once somebody wants to pay it at `now`, and the firm takes no payments online; nothing if that was so before, or it isn't
    /// to be paid anyway.
    pub fn checkout_unavailable(&self, now: Time) -> Option<(Self, Event)> {
        let is_news = self.unpayable_at.is_none() && self.payable().is_ok() && self.pending_checkout().is_none();
        is_news.then(|| (Self { unpayable_at: Some(now), ..self.clone() }, Event::CheckoutUnavailable))
    }

    /// The invoice once Stripe answered the attempt `attempt` with a page; nothing if that is no news.
    pub fn checkout_opened(&self, attempt: u32, session: &str, url: &str, expires_at: Time) -> Option<(Self, Event)> {
        let waits = |checkout: &Checkout| checkout.attempt == attempt && checkout.state == CheckoutState::Prepared;
        let opened = |checkout: &Checkout| Checkout {
            session: Some(session.to_owned()),
            url: Some(url.to_owned()),
            expires_at: Some(expires_at),
            state: CheckoutState::Open,
            ..checkout.clone()
        };
        self.change_checkout(waits, opened, Event::CheckoutOpened)
    }

    /// The invoice once Stripe's page `session` can't be paid any more; nothing if that is no news.
    pub fn checkout_expired(&self, session: &str) -> Option<(Self, Event)> {
        let open = |checkout: &Checkout| checkout.session.as_deref() == Some(session) && checkout.state == CheckoutState::Open;
        let expired = |checkout: &Checkout| Checkout { state: CheckoutState::Expired, ..checkout.clone() };
        self.change_checkout(open, expired, Event::CheckoutExpired)
    }

    /// The invoice once Stripe's page `session`, of the attempt `attempt`, is filled in and its money on its way; nothing if
    /// that is no news, or it arrived or failed before we heard of it.
    pub fn checkout_pending(&self, session: &str, attempt: Option<u32>, now: Time) -> Option<(Self, Event)> {
        let which = |checkout: &Checkout| match (&checkout.session, checkout.state) {
            (Some(known), CheckoutState::Open) => known == session,
            // The answer that named the page was lost.
            (None, CheckoutState::Prepared) => attempt == Some(checkout.attempt),
            (_, _) => false,
        };
        let pending = |checkout: &Checkout| Checkout {
            session: Some(session.to_owned()),
            state: CheckoutState::Pending,
            pending_at: Some(now),
            ..checkout.clone()
        };
        self.change_checkout(which, pending, Event::CheckoutPending)
    }

    /// The invoice once the money of Stripe's page `session` won't come; nothing if that is no news.
    pub fn checkout_failed(&self, session: &str) -> Option<(Self, Event)> {
        let waits = |checkout: &Checkout| {
            checkout.session.as_deref() == Some(session) && matches!(checkout.state, CheckoutState::Open | CheckoutState::Pending)
        };
        let failed = |checkout: &Checkout| Checkout { state: CheckoutState::Expired, ..checkout.clone() };
        self.change_checkout(waits, failed, Event::CheckoutFailed)
    }

    /// The attempt whose money is on its way.
    pub fn pending_checkout(&self) -> Option<&Checkout> {
        self.checkouts.iter().rfind(|checkout| checkout.state == CheckoutState::Pending)
    }

    /// The pages that are to be expired at Stripe: on which something else can be paid than what is due, or what is being paid on
    /// another, or can be on a later one; or to which a link led that works no more.
    pub fn stale_checkouts(&self) -> impl Iterator<Item = &Checkout> {
        let is_open = |checkout: &&Checkout| checkout.state == CheckoutState::Open;
        let due = self.amount_due();
        let is_good = |checkout: &&Checkout| {
            is_open(checkout) && checkout.amount == due && (checkout.link.is_none() || checkout.link == self.link_number())
        };
        let good = self.checkouts.iter().rfind(is_good).map(|checkout| checkout.attempt);
        let takes_none = self.payable().is_err() || self.pending_checkout().is_some();
        let is_stale = move |checkout: &&Checkout| takes_none || good != Some(checkout.attempt);
        self.checkouts.iter().filter(is_open).filter(is_stale)
    }

    /// The pages in `account` that can be paid.
    pub fn open_in(&self, account: &AccountId) -> impl Iterator<Item = &Checkout> {
        self.checkouts.iter().filter(move |checkout| checkout.state == CheckoutState::Open && checkout.account.as_ref() == Some(account))
    }

    /// The account of the first page that can be paid, if that is a firm's and not `current`.
    pub fn open_elsewhere(&self, current: Option<&AccountId>) -> Option<&AccountId> {
        let open = self.checkouts.iter().filter(|checkout| checkout.state == CheckoutState::Open);
        open.filter_map(|checkout| checkout.account.as_ref()).find(|account| Some(*account) != current)
    }

    /// The invoice once nothing more is heard of `account`: its pages are gone, and what is on its way there is waited for no more;
    /// nothing, if there are none.
    pub fn lose_account(&self, account: &AccountId) -> Option<(Self, Event)> {
        let is_lost = |checkout: &Checkout| {
            checkout.account.as_ref() == Some(account) && matches!(checkout.state, CheckoutState::Open | CheckoutState::Pending)
        };
        let is_pending = self.pending_checkout().is_some_and(is_lost);
        let event = if is_pending { Event::CheckoutFailed } else { Event::CheckoutExpired };
        let lost = |checkout: &Checkout| Checkout { state: CheckoutState::Expired, ..checkout.clone() };
        self.change_checkout(is_lost, lost, event)
    }

    /// The attempt whose page is `session`.
    pub fn checkout(&self, session: &str) -> Option<&Checkout> {
        self.checkouts.iter().find(|checkout| checkout.session.as_deref() == Some(session))
    }

    fn change_checkout(
        &self,
        which: impl Fn(&Checkout) -> bool,
        change: impl Fn(&Checkout) -> Checkout,
        event: Event,
    ) -> Option<(Self, Event)> {
        if !self.checkouts.iter().any(&which) {
            return None;
        }
        let checkouts = self.checkouts.iter().map(|checkout| if which(checkout) { change(checkout) } else { checkout.clone() });
        Some((Self { checkouts: checkouts.collect(), ..self.clone() }, event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        invoice::{
            Status::Paid,
            tests::{id, note, now, pay, received, sent, settle, usd},
        },
        payment_account::tests::acct,
        timer::TimerKind,
    };

    impl Invoice {
        /// The sessions of the pages that are to be expired.
        pub(crate) fn stale_sessions(&self) -> Vec<&str> {
            self.stale_checkouts().map(|checkout| checkout.session.as_deref().unwrap()).collect()
        }
    }

    #[test]
    fn a_page_is_in_the_account_and_for_the_ways_to_pay_of_now_and_others_are_closed() {
        let terms = |account: &str, methods: &str| Terms {
            account: Some(acct(account)),
            methods: serde_json::from_str(methods).unwrap(),
            ..Terms::own()
        };
        let open = |invoice: &Invoice, terms: &Terms, session| {
            let Link::New(stored, new) = invoice.prepare_checkout(None, terms, now()).unwrap() else { panic!("a new one") };
            assert_eq!((&new.account, &new.methods), (&terms.account, &terms.methods));
            let until = now() + chrono::TimeDelta::hours(24);
            stored.0.checkout_opened(new.attempt, session, "https://pay.example/", until).unwrap().0
        };
        let first = open(&sent(), &terms("1", "null"), "cs_1");
        assert!(matches!(first.prepare_checkout(None, &terms("1", "null"), now()), Ok(Link::Open(_))));
        let second = open(&first, &terms("1", r#"["card"]"#), "cs_2");
        let third = open(&second, &terms("2", "null"), "cs_3");
        assert_eq!(third.stale_sessions(), ["cs_1", "cs_2"]);
        assert_eq!(third.open_in(&acct("1")).count(), 2);
        let (left, event) = third.lose_account(&acct("1")).unwrap();
        assert_eq!((event, left.open_in(&acct("1")).count(), left.open_in(&acct("2")).count()), (Event::CheckoutExpired, 0, 1));
        assert!(left.lose_account(&acct("1")).is_none());
    }

    #[test]
    fn that_it_can_not_be_paid_online_is_news_once() {
        let (noted, event) = sent().checkout_unavailable(now()).unwrap();
        assert_eq!((event, noted.checkout_unavailable(now())), (Event::CheckoutUnavailable, None));
        assert!(pay(&sent(), "120").unwrap().invoice.0.checkout_unavailable(now()).is_none());
    }

    #[test]
    fn what_is_on_its_way_in_an_account_of_which_nothing_more_is_heard_is_waited_for_no_more() {
        let terms = Terms { account: Some(acct("1")), ..Terms::own() };
        let Link::New(stored, _) = sent().prepare_checkout(None, &terms, now()).unwrap() else { panic!("a new one") };
        let pending = stored.0.checkout_pending("cs_1", Some(1), now()).unwrap().0;
        assert!(pending.lose_account(&acct("2")).is_none() && pending.prepare_checkout(None, &terms, now()).is_err());
        let (lost, event) = pending.lose_account(&acct("1")).unwrap();
        assert_eq!(event, Event::CheckoutFailed);
        assert!(matches!(lost.prepare_checkout(None, &terms, now()), Ok(Link::New(..))));
    }

    #[test]
    fn a_page_to_pay_is_asked_for_once_until_another_amount_is_due() {
        let Link::New(stored, checkout) = sent().prepare_checkout(None, &Terms::own(), now()).unwrap() else { panic!("a new one") };
        assert_eq!(checkout.key(id(9)), format!("inv:{}:v12000:a1", id::<Invoice>(9)));
        let (invoice, _) = *stored;
        assert!(matches!(invoice.prepare_checkout(None, &Terms::own(), now()), Ok(Link::Prepared(again)) if again == checkout));
        let end = now() + chrono::TimeDelta::hours(24);
        let (invoice, _) = invoice.checkout_opened(1, "cs_1", "https://pay.example/1", end).unwrap();
        assert!(invoice.checkout_opened(1, "cs_1", "https://pay.example/1", end).is_none());
        assert!(
            matches!(invoice.prepare_checkout(None, &Terms::own(), now()), Ok(Link::Open(open)) if open.url.as_deref() == Some("https://pay.example/1"))
        );
        let late = now() + chrono::TimeDelta::hours(23);
        assert!(matches!(invoice.prepare_checkout(None, &Terms::own(), late), Ok(Link::New(_, new)) if new.attempt == 2));
        let part = pay(&invoice, "20").unwrap().invoice.0;
        assert!(matches!(part.prepare_checkout(None, &Terms::own(), now()), Ok(Link::New(_, new)) if new.amount == usd(10_000)));
        let (expired, _) = invoice.checkout_expired("cs_1").unwrap();
        assert!(matches!(expired.prepare_checkout(None, &Terms::own(), now()), Ok(Link::New(..))));
        assert!(expired.checkout_expired("cs_1").is_none());
        let paid = settle(&invoice, &received(12_000)).invoice.unwrap().0;
        assert_eq!((paid.status, paid.checkout("cs_1").unwrap().state), (Paid, CheckoutState::Paid));
        assert!(paid.checkout_expired("cs_1").is_none(), "an event that came late");
    }

    #[test]
    fn while_money_is_on_its_way_there_is_no_other_page_and_no_reminder() {
        let Link::New(stored, _) = sent().prepare_checkout(None, &Terms::own(), now()).unwrap() else { panic!("a new one") };
        let open = stored.0.checkout_opened(1, "cs_1", "https://pay.example/1", now() + chrono::TimeDelta::hours(24)).unwrap().0;
        let late = "2027-01-15T12:00:00Z".parse().unwrap();
        for (before, attempt) in [(&open, None), (&stored.0, Some(1))] {
            let (pending, event) = before.checkout_pending("cs_1", attempt, now()).unwrap();
            assert_eq!((event, pending.pending_checkout().map(|pending| pending.amount)), (Event::CheckoutPending, Some(usd(12_000))));
            assert_eq!(pending.prepare_checkout(None, &Terms::own(), now()).unwrap_err().why, crate::Why::State);
            assert!(pending.remind(late).is_none() && pending.timers().iter().all(|timer| timer.kind != TimerKind::InvoiceReminder));
            assert!(pending.checkout_pending("cs_1", attempt, now()).is_none());
            let (failed, event) = pending.checkout_failed("cs_1").unwrap();
            assert_eq!(event, Event::CheckoutFailed);
            assert!(matches!(failed.prepare_checkout(None, &Terms::own(), now()), Ok(Link::New(..))) && failed.remind(late).is_some());
            assert!(failed.checkout_pending("cs_1", attempt, now()).is_none(), "an event that came late");
            let paid = settle(&pending, &received(12_000)).invoice.unwrap().0;
            assert!(paid.pending_checkout().is_none() && paid.checkout_pending("cs_1", attempt, now()).is_none());
        }
    }

    #[test]
    fn a_page_for_another_amount_than_is_due_is_stale() {
        let Link::New(stored, _) = sent().prepare_checkout(None, &Terms::own(), now()).unwrap() else { panic!("a new one") };
        let open = stored.0.checkout_opened(1, "cs_1", "https://pay.example/1", now() + chrono::TimeDelta::hours(24)).unwrap().0;
        assert_eq!(open.stale_checkouts().count(), 0);
        for changed in [
            pay(&open, "1").unwrap().invoice.0,
            pay(&open, "120").unwrap().invoice.0,
            note(&open, "12", None).unwrap().invoice.0,
            open.void(None).unwrap().0,
        ] {
            assert_eq!(changed.stale_sessions(), ["cs_1"]);
            assert_eq!(changed.checkout_expired("cs_1").unwrap().0.stale_checkouts().count(), 0);
        }
        assert_eq!(open.mark_uncollectible(None).unwrap().0.stale_checkouts().count(), 0);
    }

    #[test]
    fn of_several_pages_the_last_is_good_and_none_while_money_is_on_its_way() {
        let open = |invoice: &Invoice, attempt, session, at: Time| {
            let Link::New(stored, _) = invoice.prepare_checkout(None, &Terms::own(), at).unwrap() else { panic!("a new one") };
            stored.0.checkout_opened(attempt, session, "https://pay.example/", at + chrono::TimeDelta::hours(24)).unwrap().0
        };
        let two = open(&open(&sent(), 1, "cs_1", now()), 2, "cs_2", now() + chrono::TimeDelta::minutes(1390));
        assert_eq!(two.stale_sessions(), ["cs_1"]);
        let pending = two.checkout_pending("cs_1", None, now()).unwrap().0;
        assert_eq!(pending.stale_sessions(), ["cs_2"]);
        assert_eq!(pending.void(None).unwrap_err().why, crate::Why::State);
        assert!(pending.checkout_failed("cs_1").unwrap().0.void(None).is_ok());
    }
}
