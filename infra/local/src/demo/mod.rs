//! `cargo local --demo`: a consulting firm with 18 months of history, made through the API like any other.
//!
//! Chance falls the same way each time, and days are counted back from today. Loading it again changes nothing: a firm
//! that is there is only told of.

mod billing;
mod budget;
mod calendar;
mod chance;
mod clients;
mod firm;
mod invoices;
mod leads;
mod loader;
mod payments;
mod people;
mod plan;
mod projects;
mod sales;
mod summary;
mod talk;
mod time;
mod work;

use chrono::{DateTime, Utc};
use serde_json::json;
use std::time::SystemTime;

use crate::{caller::Caller, error::Result, progress::Step};
use calendar::Calendar;
use clients::CLIENTS;
use firm::{OWNER, PASSWORD};
use loader::{once, together};

/// Loads the demo into the stack at `url`, if it isn't there yet, and tells of it.
pub async fn load(url: &str) -> Result<String> {
    let caller = Caller::new(url);
    let sign_in = async || {
        let body = json!({ "username": OWNER.email, "password": PASSWORD });
        once(|_| caller.post("/api/auth/login/", &body)).await
    };
    if sign_in().await?.status() == 401 {
        fill(&caller, Step::begin("Loading the demo: 18 months of a firm, through the API")).await?;
    }
    summary::tell(&caller, &sign_in().await?.is(200)?.text("/access")?).await
}

async fn fill(caller: &Caller, mut step: Step) -> Result<()> {
    let calendar = Calendar { today: DateTime::<Utc>::from(SystemTime::now()).date_naive() };
    let entries = plan::entries(calendar);
    let budgets = budget::budgets(&entries);
    let mut loader = people::load(caller.clone(), calendar).await?;
    step.done("people");
    let sold = sales::load(&loader, &budgets).await?;
    let clients: Vec<_> = CLIENTS.iter().filter(|client| client.signs_in).map(|client| client.lead.email).collect();
    let tokens = together(clients.iter().map(|email| loader.activate(email))).await?;
    for (email, token) in clients.into_iter().zip(tokens) {
        loader.sign_in(email, String::new(), token);
    }
    step.done("leads, clients, contracts");
    let projects = work::load(&loader, &sold, &budgets).await?;
    step.done("projects, tasks");
    let logged = time::load(&loader, &projects, &entries).await?;
    step.done("time");
    talk::load(&loader, &projects).await?;
    let billed = billing::load(&loader, &sold, &projects, &logged).await?;
    payments::load(&loader, &billed).await?;
    step.done("invoices, payments");
    work::finish(&loader, &projects).await?;
    sales::end_contracts(&loader, &sold).await?;
    // By the clock, what is overdue would be marked up to five minutes later.
    caller.post("/_local/schedules/Timers/", &json!({})).send().await?.is(200).map(|_| ())
}
