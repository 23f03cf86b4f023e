//! Each month's time is invoiced at its end, in the order of the days, so that the numbers follow them.

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};

use super::{
    bills::{Bill, Fate, bills},
    chance::Chance,
    clients::{CLIENTS, Client},
    firm::{BILLING, STAFF},
    loader::Loader,
    plan::{Entry, Reached},
    projects::CLAIMS,
    sales::Sold,
    time::{self, Logged},
    work::Projects,
};
use crate::error::{OrMissing, Result};

const SEED: u64 = 60;
/// Of which month an entry was wrong, which the next month's invoice puts right.
const CORRECTED: (&str, u32) = (CLAIMS, 10);
/// For so many days, time isn't on an invoice even where it needs no approval.
const FRESH: i64 = 10;

/// An invoice that was made.
pub(super) struct Billed {
    pub(super) bill: Bill,
    pub(super) client: &'static Client,
    pub(super) id: String,
    /// A decimal, with tax.
    pub(super) total: String,
    /// The day on which the client pays it, which may be to come.
    pub(super) paid_on: NaiveDate,
}

/// Makes all invoices and sends what isn't a draft.
pub(super) async fn load(loader: &Loader, sold: &Sold, projects: &Projects, logged: &[Logged<'_>]) -> Result<Vec<Billed>> {
    let (mut chance, mut billed) = (Chance::seeded(SEED), Vec::new());
    for bill in bills(loader.calendar) {
        let client = CLIENTS.iter().find(|client| client.lead.company == bill.project.client);
        let client = client.or_missing(format!("{} is nobody's", bill.project.name))?;
        let delay = client.pays.0 + chance.below(client.pays.1) as u64;
        let mut lines = time_lines(loader, &bill, client, logged);
        if bill.time && (bill.project.name, bill.back + 1) == CORRECTED {
            lines.extend(correction(loader, projects, client, logged).await?);
        }
        lines.extend(bill.lines.iter().map(|(description, quantity, price)| {
            json!({ "description": description, "quantity": quantity, "unit_price": price, "tax_rate": client.tax })
        }));
        let is_sent = bill.fate != Fate::Draft;
        let body = json!({
            "client": sold.clients.get(bill.project.client),
            "project": projects.get(bill.project.name).map(|project| &project.id),
            "line_items": lines,
            "discount": bill.discount.map(|percent| json!({ "percent": percent })),
            "memo": bill.time.then(|| format!("{}: time and costs of {}", bill.project.name, bill.issued.format("%B %Y"))),
            "issue_date": is_sent.then_some(bill.issued),
            "due_date": is_sent.then(|| bill.issued + Days::new(client.terms)),
        });
        let draft = loader.create(BILLING, "/api/finance/invoices/", &body).await?;
        let (id, total) = (draft.text("/id")?, draft.text("/total")?);
        if is_sent {
            loader.act(BILLING, &format!("/api/finance/invoices/{id}/send/"), &json!({})).await?;
        }
        billed.push(Billed { bill, client, id, total, paid_on: bill.issued + Days::new(delay) });
    }
    Ok(billed)
}

/// A line for each entry that the invoice bills.
fn time_lines(loader: &Loader, bill: &Bill, client: &Client, logged: &[Logged<'_>]) -> Vec<Value> {
    let is_ready = |entry: &Entry| {
        let old = (loader.calendar.today - entry.date).num_days() >= FRESH;
        bill.back > 0 || entry.reached == Reached::Approved || (!entry.project.approval && old)
    };
    let on_it = |logged: &&Logged<'_>| {
        let Entry { project, back, .. } = logged.entry;
        bill.time && logged.entry.billable() && (project.name, *back) == (bill.project.name, bill.back) && is_ready(logged.entry)
    };
    logged.iter().filter(on_it).map(|logged| line(logged.entry, &logged.id, (&logged.hours, &logged.rate), client)).collect()
}

/// The line that bills an entry: hours, and what one costs.
fn line(entry: &Entry, id: &str, (hours, rate): (&str, &str), client: &Client) -> Value {
    let name = STAFF.iter().find(|person| person.key == entry.person).map_or(entry.person, |person| person.name);
    let description = format!("{}, {name}: {}", entry.date.format("%-d %b"), entry.description);
    json!({ "description": description, "quantity": hours, "unit_price": rate, "tax_rate": client.tax, "time_entry": id })
}

/// The lines that take back an entry that was invoiced with too many hours, and charge what was right.
async fn correction(loader: &Loader, projects: &Projects, client: &Client, logged: &[Logged<'_>]) -> Result<Vec<Value>> {
    let is_wrong = |logged: &&Logged<'_>| {
        let entry = logged.entry;
        (entry.project.name, entry.back) == CORRECTED && entry.billable() && entry.quarters >= 8
    };
    let wrong = logged.iter().find(is_wrong).or_missing("no entry is to be corrected")?;
    let entry = wrong.entry;
    let manager = entry.project.manager;
    let reversal = loader.create(manager, &format!("/api/projects/time-entries/{}/reverse/", wrong.id), &json!({})).await?;
    let right = Entry { quarters: entry.quarters - 4, description: format!("{} (corrected)", entry.description), ..*entry };
    let right_one = time::logged(&right, &time::create(loader, projects, &right).await?)?;
    time::act(loader, entry.person, &right_one.id, "submit").await?;
    time::approve(loader, manager, &right_one.id).await?;
    let back = Entry { description: format!("{} (taken back)", entry.description), ..*entry };
    let taken_back = (reversal.text("/id")?, reversal.text("/billed_hours")?);
    Ok(vec![
        line(&back, &taken_back.0, (&taken_back.1, &wrong.rate), client),
        line(&right, &right_one.id, (&right_one.hours, &right_one.rate), client),
    ])
}
