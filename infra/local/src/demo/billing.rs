//! Each month's time is invoiced at its end, in the order of the days, so that the numbers follow them.

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};

use super::{
    chance::Chance,
    clients::{CLIENTS, Client},
    firm::{BILLING, STAFF},
    invoices::{Fate, PlannedInvoice, planned_invoices},
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
    pub(super) plan: PlannedInvoice,
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
    for plan in planned_invoices(loader.calendar) {
        let client = CLIENTS.iter().find(|client| client.lead.company == plan.project.client);
        let client = client.or_missing(format!("{} is nobody's", plan.project.name))?;
        let delay = client.pays.0 + chance.below(client.pays.1) as u64;
        let (mut lines, mut time_entries) = (time_lines(loader, &plan, client, logged), Vec::new());
        if plan.time && (plan.project.name, plan.back + 1) == CORRECTED {
            let (reversal, right) = correction(loader, projects, client, logged).await?;
            time_entries.push(reversal);
            lines.push(right);
        }
        lines.extend(plan.lines.iter().map(|(description, quantity, price)| {
            json!({ "description": description, "quantity": quantity, "unit_price": price, "tax_rate": client.tax })
        }));
        let is_sent = plan.fate != Fate::Draft;
        let body = json!({
            "client": sold.clients.get(plan.project.client),
            "project": projects.get(plan.project.name).map(|project| &project.id),
            "line_items": lines,
            "time_entries": time_entries,
            "discount": plan.discount.map(|percent| json!({ "percent": percent })),
            "memo": plan.time.then(|| format!("{}: time and costs of {}", plan.project.name, plan.issued.format("%B %Y"))),
            "issue_date": is_sent.then_some(plan.issued),
            "due_date": is_sent.then(|| plan.issued + Days::new(client.terms)),
        });
        let draft = loader.create(BILLING, "/api/finance/invoices/", &body).await?;
        let (id, total) = (draft.text("/id")?, draft.text("/total")?);
        if is_sent {
            loader.act(BILLING, &format!("/api/finance/invoices/{id}/send/"), &json!({})).await?;
        }
        billed.push(Billed { plan, client, id, total, paid_on: plan.issued + Days::new(delay) });
    }
    Ok(billed)
}

/// A line for each entry that the invoice bills.
fn time_lines(loader: &Loader, plan: &PlannedInvoice, client: &Client, logged: &[Logged<'_>]) -> Vec<Value> {
    let is_ready = |entry: &Entry| {
        let old = (loader.calendar.today - entry.date).num_days() >= FRESH;
        plan.back > 0 || entry.reached == Reached::Approved || (!entry.project.approval && old)
    };
    let on_it = |logged: &&Logged<'_>| {
        let Entry { project, back, .. } = logged.entry;
        plan.time && logged.entry.billable() && (project.name, *back) == (plan.project.name, plan.back) && is_ready(logged.entry)
    };
    logged.iter().filter(on_it).map(|logged| line(logged.entry, &logged.id, (&logged.hours, &logged.rate), client)).collect()
}

/// The line that bills an entry: hours, and what one costs.
fn line(entry: &Entry, id: &str, (hours, rate): (&str, &str), client: &Client) -> Value {
    let name = STAFF.iter().find(|person| person.key == entry.person).map_or(entry.person, |person| person.name);
    let description = format!("{}, {name}: {}", entry.date.format("%-d %b"), entry.description);
    json!({ "description": description, "quantity": hours, "unit_price": rate, "tax_rate": client.tax, "time_entry": id })
}

/// What takes back an entry that was invoiced with too many hours, and the line that charges what was right.
async fn correction(loader: &Loader, projects: &Projects, client: &Client, logged: &[Logged<'_>]) -> Result<(String, Value)> {
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
    Ok((reversal.text("/id")?, line(&right, &right_one.id, (&right_one.hours, &right_one.rate), client)))
}
