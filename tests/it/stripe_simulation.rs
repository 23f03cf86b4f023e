//! Stripe's events under every misfortune at once: each comes one to five times, in any order, to two workers at a time
//! that crash before or after any call, with poison among them. The end is the same as if each had come once, in order.
//!
//! Every run is made from a seed that is printed. `STRIPE_SEED` repeats one; `STRIPE_SEEDS` says how many are tried, from
//! a new one on.

use std::collections::BTreeSet;

use domain::{Id, credit::Credit, firm::Firm as FirmRecord, invoice::Invoice};
use local::stripe::{Action, Switches};
use payments::Payments;
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};
use serde_json::json;
use store::{ListScope, PageRequest, Store};
use stripe_events::StripeEvents;
use tests::{Fault, Firm, Meter, STRIPE_KEY, TestApp, hand};

use crate::{
    event_log::assert_all_chains_hold,
    stripe_events::{Bill, kind},
    stripe_failures::poison,
};

/// How many seeds are tried.
const SEEDS: u64 = 5;
/// How many seeds share a table.
const IN_ONE_TABLE: usize = 5;
/// How many invoices a story has.
const INVOICES: usize = 8;

/// How often a message is received before it goes to the dead-letter queue, as the template has it.
fn most_receives(app: &TestApp) -> u32 {
    let queue = app.template.queues.iter().find(|queue| queue.name == "consultantpro-stripe-events-local").unwrap();
    let redrive: serde_json::Value = serde_json::from_str(queue.attributes["RedrivePolicy"].as_str().unwrap()).unwrap();
    redrive["maxReceiveCount"].to_string().trim_matches('"').parse().unwrap()
}

pub(crate) fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|number| number.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// The seeds to be tried.
fn seeds() -> std::ops::Range<u64> {
    let many = number("STRIPE_SEEDS").unwrap_or(SEEDS);
    number("STRIPE_SEED").map_or_else(
        || {
            let first = rand::random_range(0..1_000_000_000);
            first..first + many
        },
        |seed| seed..seed + 1,
    )
}

/// What is done about an invoice before Stripe tells of any of it. Sessions are counted from 0.
#[derive(Debug, Clone, Copy)]
enum Step {
    Link,
    Press(usize, Action),
    Bank(i64),
    Void,
    GiveUp,
    PutAway,
}

/// An invoice of so much, and what is done about it. Where two pages are paid, the order decides which payment was too
/// much, so those aren't refunded.
fn plot(random: &mut StdRng) -> (i64, Vec<Step>) {
    use Action::{Arrive, Bounce, Dispute, Expire, Lose, Pay, PayLater, Refund, Win};
    use Step::{Bank, GiveUp, Link, Press, PutAway, Void};
    let amount = random.random_range(3..=100_000);
    let press = |action| Press(0, action);
    let part = random.random_range(1..amount);
    let mut steps = vec![Link];
    steps.extend(match random.random_range(0..9) {
        0 => vec![],
        1 => vec![press(Expire)],
        2 => vec![press(PayLater), press(Bounce)],
        3 => vec![Bank(part), Link, press(Pay), Press(1, Pay)],
        4 => vec![Bank(part), press(Pay)],
        5 => vec![Void, press(Pay)],
        6 => vec![Bank(amount), PutAway, press(Pay)],
        7 => vec![GiveUp, press(PayLater), press(Arrive)],
        _ => vec![press(Pay)],
    });
    let paid = steps.iter().any(|step| matches!(step, Press(0, Pay | Arrive))) && !steps.iter().any(|step| matches!(step, Press(1, _)));
    if paid {
        let refunds = random.random_range(0..3);
        steps.extend((0..refunds).map(|_| press(Refund(Some(amount / 3)))));
        let disputes = [&[][..], &[Dispute], &[Dispute, Win], &[Dispute, Lose]];
        steps.extend(disputes[random.random_range(0..disputes.len())].iter().map(|action| press(*action)));
    }
    (amount, steps)
}

/// Do what the story of `seed` says; its invoices, and what Stripe tells of them.
async fn told<'f, 'a>(firm: &'f Firm<'a>, seed: u64) -> (Vec<Bill<'f, 'a>>, Vec<String>) {
    let mut random = StdRng::seed_from_u64(seed);
    let decimal = |minor: i64| format!("{}.{:02}", minor / 100, minor % 100);
    let mut bills = Vec::new();
    for _ in 0..INVOICES {
        let (amount, steps) = plot(&mut random);
        let bill = Bill::of(firm, &decimal(amount)).await;
        let mut sessions = Vec::new();
        for step in steps {
            match step {
                Step::Link => sessions.push(bill.session().await),
                Step::Press(session, action) => firm.app.stand_in.press(&sessions[session], action).unwrap(),
                Step::Bank(paid) => bill.act("record-payment", json!({"amount": decimal(paid), "method": "cash"})).await,
                Step::Void => bill.act("void", json!({})).await,
                Step::GiveUp => bill.act("mark-uncollectible", json!({})).await,
                Step::PutAway => drop(firm.owner.delete(format!("/api/finance/invoices/{}/", bill.id)).await.expect(204)),
            }
        }
        bills.push(bill);
    }
    (bills, firm.app.stand_in.take_events())
}

/// How an invoice ended.
#[derive(Debug, PartialEq)]
struct End {
    status: String,
    archived: bool,
    /// Paid, due, refunded.
    sums: [i64; 3],
    /// What was paid, by whichever order.
    payments: Vec<String>,
    /// Of all credit that came of it: the amount, what is left, what was withdrawn.
    credits: [i64; 3],
}

async fn ends(store: &Store, firm: Id<FirmRecord>, bills: &[Bill<'_, '_>]) -> Vec<End> {
    let mut ends = Vec::new();
    for bill in bills {
        let id: Id<Invoice> = bill.id.parse().unwrap();
        let invoice = store.read(firm).record(id).fetch().await.unwrap().record(id).unwrap();
        let ids: Vec<Id<Credit>> = invoice.payments.iter().filter_map(|payment| Some(payment.excess?.credit)).collect();
        let found = ids.iter().fold(store.read(firm), |read, id| read.record(*id)).fetch().await.unwrap();
        let mut credits = [0; 3];
        for credit in ids.iter().map(|id| found.record(*id).unwrap()) {
            let balance = credit.remaining.minor() - credit.overdrawn.minor();
            assert_eq!(credit.amount.minor(), balance + credit.withdrawn.minor());
            let sums = [credit.amount, credit.remaining, credit.withdrawn].map(domain::Money::minor);
            credits.iter_mut().zip(sums).for_each(|(all, one)| *all += one);
        }
        let mut payments: Vec<_> =
            invoice.payments.iter().map(|payment| format!("{} {:?} {:?}", payment.amount, payment.refunded, payment.dispute)).collect();
        payments.sort();
        let sums = [invoice.amount_paid, invoice.amount_due(), invoice.amount_refunded].map(domain::Money::minor);
        let archived = invoice.archived_at.is_some();
        ends.push(End { status: invoice.status.as_str().to_owned(), archived, sums, payments, credits });
    }
    ends
}

/// A message in the queue.
#[derive(Debug, Clone)]
struct Message {
    id: String,
    body: String,
    received: u32,
}

/// The queue, what goes wrong, and what came too often.
struct World<'a> {
    app: &'a TestApp,
    stripe: Meter,
    worker: StripeEvents,
    random: StdRng,
    queue: Vec<Message>,
    dead: Vec<Message>,
}

impl World<'_> {
    /// Put each event into the queue, one to five times.
    fn post(&mut self, events: &[String]) {
        for body in events {
            for _ in 0..self.random.random_range(1..=5) {
                let id = format!("message-{}", self.queue.len());
                self.queue.push(Message { id, body: body.clone(), received: 0 });
            }
        }
        self.queue.shuffle(&mut self.random);
    }

    /// Put each event into the queue.
    fn post_once(&mut self, events: Vec<String>) {
        let message = |(body, n)| Message { id: format!("message-{n}"), body, received: 0 };
        self.queue = events.into_iter().zip(0..).map(message).collect();
    }

    /// Take what came too often, and what a worker set aside.
    async fn take_dead_letters(&mut self) -> Vec<String> {
        let too_often = std::mem::take(&mut self.dead).into_iter().map(|message| message.body);
        too_often.chain(self.app.stripe.take_dead_letters().await).collect()
    }

    fn batch(&mut self) -> Vec<Message> {
        let size = self.random.random_range(0..=self.queue.len().min(10));
        let mut batch = self.queue.split_off(self.queue.len() - size);
        batch.iter_mut().for_each(|message| message.received += 1);
        batch
    }

    /// Have two workers take a batch each, and put back what wasn't applied, as the queue does: after a crash, that is all
    /// of it. With `faults`, something may break at any call.
    async fn turn(&mut self, faults: bool) {
        let batches = [self.batch(), self.batch()];
        let crashes = self.misfortune(faults);
        let of = |batch: &'_ Vec<Message>| batch.iter().map(|message| (message.id.clone(), message.body.clone())).collect::<Vec<_>>();
        let [first, second] = [of(&batches[0]), of(&batches[1])];
        let both = async {
            let (first, second) = tokio::join!(hand(&self.worker, batch_of(&first)), hand(&self.worker, batch_of(&second)));
            [first, second]
        };
        let struck = async {
            if !crashes {
                std::future::pending::<()>().await;
            }
            tokio::select! { () = self.app.meter.struck() => {}, () = self.stripe.struck() => {} }
        };
        let failed = tokio::select! { failed = both => Some(failed), () = struck => None };
        self.app.meter.heal();
        self.stripe.heal();
        self.app.stand_in.switch(Switches::default());
        let most = most_receives(self.app);
        for (batch, place) in batches.into_iter().zip(0..) {
            let undone = |message: &Message| failed.as_ref().is_none_or(|failed: &[Vec<String>; 2]| failed[place].contains(&message.id));
            let (dead, again) = batch.into_iter().filter(undone).partition(|message: &Message| message.received >= most);
            self.dead.extend::<Vec<_>>(dead);
            self.queue.extend::<Vec<_>>(again);
        }
        self.queue.shuffle(&mut self.random);
    }

    /// Have something break in a while, perhaps; whether the workers die of it.
    fn misfortune(&mut self, faults: bool) -> bool {
        let random = &mut self.random;
        if !faults {
            return false;
        }
        let fault = if random.random() { Fault::Lost } else { Fault::Unanswered };
        match random.random_range(0..20) {
            0..5 => self.app.meter.crash(random.random_range(0..30), fault),
            5..7 => self.stripe.crash(random.random_range(0..10), fault),
            // The table alone is away for a while, and the workers live on.
            7..10 => {
                self.app.meter.crash(random.random_range(0..30), fault);
                return false;
            }
            10 => {
                self.app.stand_in.switch(Switches { refuse: 1, ..Switches::default() });
                return false;
            }
            _ => return false,
        }
        true
    }
}

/// What can never be applied, made of an event that says that a session was paid, if there is one.
fn poison_of(events: &[String]) -> Vec<String> {
    let paid = events.iter().find(|event| kind(event) == "checkout.session.completed" && event.contains(r#""payment_status":"paid""#));
    paid.map_or_else(|| vec!["not json".to_owned()], |paid| poison(paid, "inv_00000000000000000000000001"))
}

fn batch_of(batch: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    batch.iter().map(|(id, body)| (id.as_str(), body.as_str()))
}

/// No credit is there that no payment tells of.
async fn assert_no_stray_credit(store: &Store, firm: Id<FirmRecord>) {
    let (mut invoices, mut credits) = (BTreeSet::new(), BTreeSet::new());
    let mut page = PageRequest { limit: 100, ascending: true, cursor: None };
    loop {
        let listed = store.list::<Credit>(firm, &ListScope::All, &page).await.unwrap();
        for credit in &listed.items {
            credits.insert(credit.id);
            let domain::credit::Origin::Overpayment { invoice, .. } = credit.origin else { panic!("{credit:?}") };
            invoices.insert(invoice);
        }
        match listed.next {
            Some(next) => page.cursor = Some(next),
            None => break,
        }
    }
    for id in invoices {
        let invoice = store.read(firm).record(id).fetch().await.unwrap().record(id).unwrap();
        invoice.payments.iter().filter_map(|payment| payment.excess).for_each(|excess| assert!(credits.remove(&excess.credit)));
    }
    assert!(credits.is_empty(), "nobody's credit: {credits:?}");
}

/// Messages, turns, dead letters, logged events that were verified.
type Counts = [usize; 4];

/// Try these seeds in one table.
async fn try_all(seeds: impl Iterator<Item = u64>) -> Counts {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let firm_id = firm.id.parse().unwrap();
    let store = app.store_unmetered();
    let stripe = Meter::before(app.stand_in.url().trim_end_matches("/_local/stripe/")).await;
    let payments = Payments::new(STRIPE_KEY, Some(&format!("{}/_local/stripe/", stripe.url()))).unwrap();
    app.stripe.ready().await;
    let worker = StripeEvents { store: app.store_without_patience(), payments: payments.into(), ..app.stripe_events() };
    let mut world = World { app: &app, stripe, worker, random: StdRng::seed_from_u64(0), queue: Vec::new(), dead: Vec::new() };
    let (mut messages, mut turns, mut dead) = (0, 0, 0);
    for seed in seeds {
        println!("STRIPE_SEED={seed}");
        let (bills, events) = told(&firm, seed).await;
        for batch in events.chunks(10) {
            app.apply_stripe(batch).await;
        }
        let undisturbed = ends(&store, firm_id, &bills).await;

        let (bills, events) = told(&firm, seed).await;
        let poison = poison_of(&events);
        world.random = StdRng::seed_from_u64(seed);
        world.post(&[events, poison.clone()].concat());
        messages += world.queue.len();
        while !world.queue.is_empty() {
            world.turn(true).await;
            turns += 1;
        }
        let letters = world.take_dead_letters().await;
        dead += letters.len();
        world.post_once(letters);
        while !world.queue.is_empty() {
            world.turn(false).await;
        }
        let left: BTreeSet<_> = world.take_dead_letters().await.into_iter().collect();
        assert_eq!(left, poison.into_iter().collect(), "seed {seed}: what is left in the dead-letter queue");
        assert_eq!(ends(&store, firm_id, &bills).await, undisturbed, "seed {seed}");
    }
    assert_no_stray_credit(&store, firm_id).await;
    [messages, turns, dead, assert_all_chains_hold(&app).await]
}

#[tokio::test]
async fn however_often_late_and_shuffled_events_come_and_whoever_crashes_the_end_is_the_same() {
    let seeds: Vec<u64> = seeds().collect();
    let mut counts = [0; 4];
    for seeds in seeds.chunks(IN_ONE_TABLE) {
        let tried = try_all(seeds.iter().copied()).await;
        counts.iter_mut().zip(tried).for_each(|(all, some)| *all += some);
    }
    let [messages, turns, dead, events] = counts;
    println!("{messages} messages in {turns} turns, {dead} dead letters, {events} logged events verified");
}
