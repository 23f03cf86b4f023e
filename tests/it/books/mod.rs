//! Whatever a firm does, its books balance: random operations through the front door, Stripe and the stream among them,
//! and after every few of them all that has to hold is looked for in the table.
//!
//! A firm is made from a seed that is printed. `BOOKS_SEED` repeats one, `BOOKS_OPERATIONS` says how many operations there
//! are in all; each firm has [`EACH`].

mod archive;
mod checks;
mod credits;
mod operations;
mod stripe;

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::json;
use tests::{Answer, Firm, TestApp, User};

use crate::{event_log::assert_all_chains_hold, stripe_simulation::number};

/// How many operations there are in all, by default.
const OPERATIONS: u64 = 800;
/// How many a firm has.
const EACH: u64 = 400;
/// After how many everything is checked.
const CHECKED: u64 = 40;

/// A client of the firm, with somebody at its portal.
struct Client<'a> {
    id: String,
    portal: User<'a>,
}

/// A project, its client and what it is in.
#[derive(Clone)]
struct Project {
    id: String,
    client: usize,
    currency: &'static str,
}

/// A page of Stripe's on which something can be paid, and whether it was.
#[derive(Clone)]
struct Session {
    id: String,
    currency: &'static str,
    minor: i64,
    paid: bool,
}

/// An invoice, and where it stood when it was last seen.
#[derive(Clone)]
struct Bill {
    id: String,
    client: usize,
    currency: &'static str,
    status: String,
    /// Whether somebody archived it; money takes it out of the archive again.
    archived: bool,
}

/// A client's credit.
#[derive(Clone)]
struct Credit {
    id: String,
    client: usize,
    currency: &'static str,
}

/// A firm, as far as the test remembers it.
struct World<'f, 'a> {
    firm: &'f Firm<'a>,
    random: StdRng,
    clients: Vec<Client<'a>>,
    projects: Vec<Project>,
    tasks: Vec<(String, usize)>,
    /// With their projects.
    entries: Vec<(String, usize)>,
    invoices: Vec<Bill>,
    credits: Vec<Credit>,
    sessions: Vec<Session>,
    /// What clients really paid, in minor units by currency: what staff recorded, and what Stripe took.
    received: BTreeMap<&'static str, i64>,
    /// What of credits was given to clients, as staff recorded, in the same way.
    given: BTreeMap<&'static str, i64>,
    /// How often each operation was done, and refused.
    done: BTreeMap<&'static str, [u32; 2]>,
}

impl<'f, 'a> World<'f, 'a> {
    /// Three clients with a portal user, and projects of every kind: rounded, to be approved, in another currency, over.
    async fn new(firm: &'f Firm<'a>, seed: u64) -> Self {
        let mut clients = Vec::new();
        for name in ["Acme Corp", "Bolt Ltd", "Cargo Inc"] {
            // Without an e-mail nobody gets mails, which would take most of the time.
            let id = firm.owner.post("/api/clients/clients/", json!({"company_name": name})).await.expect(201).id();
            let portal = firm.colleague(&id, json!({"see": true, "pay": true})).await;
            clients.push(Client { id, portal });
        }
        let (mut projects, mut tasks) = (Vec::new(), Vec::new());
        for (client, currency, settings) in [
            (0, "EUR", json!({"hourly_rate": "120"})),
            (0, "EUR", json!({"hourly_rate": "99.99", "billing_increment": 15, "billing_rounding": "up"})),
            (1, "EUR", json!({"hourly_rate": "80.5", "requires_approval": true, "billing_increment": 6, "billing_rounding": "nearest"})),
            (1, "JPY", json!({"hourly_rate": "12345"})),
            (2, "EUR", json!({"hourly_rate": "100"})),
        ] {
            let mut body = json!({"client": clients[client].id, "name": "Study", "currency": currency});
            body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
            let id = firm.owner.post("/api/projects/projects/", body).await.expect(201).id();
            tasks.push((
                firm.owner.post("/api/projects/tasks/", json!({"project": id, "title": "Ask"})).await.expect(201).id(),
                projects.len(),
            ));
            projects.push(Project { id, client, currency });
        }
        // The last client has no work, and so is archived at times.
        let over = format!("/api/projects/projects/{}/move/", projects.last().unwrap().id);
        firm.owner.post(over, json!({"to": "cancelled"})).await.expect(200);
        let (random, done) = (StdRng::seed_from_u64(seed), BTreeMap::new());
        let (received, given) = (BTreeMap::new(), BTreeMap::new());
        let (entries, invoices, credits, sessions) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { firm, random, clients, projects, tasks, entries, invoices, credits, sessions, received, given, done }
    }

    /// The answer, if the operation `name` was done. It may be refused; it may not fail.
    fn did(&mut self, name: &'static str, answer: Answer) -> Option<Answer> {
        assert!(answer.status.as_u16() < 500, "{name}: {:#}", answer.json);
        let done = answer.status.is_success();
        self.done.entry(name).or_default()[usize::from(!done)] += 1;
        done.then_some(answer)
    }

    /// One of `all`: mostly one that fits, and rather a new one.
    fn one<T: Clone>(random: &mut StdRng, all: &[T], fits: impl Fn(&T) -> bool) -> Option<T> {
        let picky = random.random_bool(0.9);
        let fitting: Vec<&T> = all.iter().filter(|one| !picky || fits(one)).collect();
        let among = if random.random_bool(0.6) { &fitting[fitting.len().saturating_sub(8)..] } else { &fitting[..] };
        (!among.is_empty()).then(|| among[random.random_range(0..among.len())].clone())
    }
}

#[tokio::test]
async fn whatever_a_firm_does_every_cent_is_explained() {
    let mut left = number("BOOKS_OPERATIONS").unwrap_or(OPERATIONS);
    let mut seed = number("BOOKS_SEED").unwrap_or_else(|| rand::random_range(0..1_000_000_000));
    let mut done = BTreeMap::<&str, [u32; 2]>::new();
    while left > 0 {
        println!("BOOKS_SEED={seed}");
        let app = TestApp::unlimited().await;
        let firm = app.firm().await;
        let mut world = World::new(&firm, seed).await;
        let operations = left.min(EACH);
        for operation in 1..=operations {
            world.operate().await;
            if operation % CHECKED == 0 || operation == operations {
                world.settle_all().await;
                world.check(operation).await;
            }
        }
        assert_all_chains_hold(&app).await;
        for (name, counts) in world.done {
            let all = done.entry(name).or_default();
            *all = [all[0] + counts[0], all[1] + counts[1]];
        }
        (left, seed) = (left - operations, seed + 1);
    }
    println!("operations, done and refused: {done:?}");
}
