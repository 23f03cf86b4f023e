//! What there is of the demo, as the API tells it.

use serde_json::Value;
use std::collections::BTreeMap;

use super::{
    clients::CLIENTS,
    firm::{FIRM, OWNER, PASSWORD, STAFF},
    invoices::PLANNED_INVOICES,
    loader::{cents, decimal},
};
use crate::{
    caller::Caller,
    error::{OrMissing, Result},
};

/// What is counted: what it is called, where it is listed.
const COUNTED: [(&str, &str); 11] = [
    ("leads", "/api/crm/leads/"),
    ("prospects", "/api/crm/prospects/"),
    ("proposals", "/api/crm/proposals/"),
    ("clients", "/api/clients/clients/"),
    ("contracts", "/api/crm/contracts/"),
    ("projects", "/api/projects/projects/"),
    ("tasks", "/api/projects/tasks/"),
    ("time entries", "/api/projects/time-entries/"),
    ("invoices", INVOICES),
    ("credit notes", "/api/finance/credit-notes/"),
    ("credits", "/api/finance/credits/"),
];
const INVOICES: &str = "/api/finance/invoices/";

/// What there is, as the owner sees it, and how to sign in.
pub(super) async fn tell(caller: &Caller, owner: &str) -> Result<String> {
    let mut lines = vec![format!("The demo firm is {FIRM}.")];
    for (what, path) in COUNTED {
        let records = all(caller, owner, path).await?;
        lines.push(format!("  {:>4} {what}{}", records.len(), by_state(&records)));
        if path == INVOICES {
            lines.extend(money(&records)?);
            if records.len() < PLANNED_INVOICES {
                lines.push("  Fewer than there should be: if loading was interrupted, start with --fresh --demo.".to_owned());
            }
        }
    }
    lines.push(format!("Everybody's password is “{PASSWORD}”."));
    for role in ["owner", "manager", "consultant", "billing"] {
        let people = std::iter::once(&OWNER).chain(&STAFF).filter(|person| person.role == role);
        lines.extend(people.map(|person| format!("  {role:<24} {}", person.email)));
    }
    let clients = CLIENTS.iter().filter(|client| client.signs_in);
    lines.extend(clients.map(|client| format!("  {:<24} {}", client.lead.company, client.lead.email)));
    Ok(lines.join("\n"))
}

/// All records that are listed at `path`, page by page.
async fn all(caller: &Caller, owner: &str, path: &str) -> Result<Vec<Value>> {
    let (mut records, mut next) = (Vec::new(), Some(format!("{path}?limit=100")));
    while let Some(path) = next {
        let page = caller.get(&path).by(owner).send().await?.is(200)?;
        let results = page.body().get("results").and_then(Value::as_array);
        records.extend(results.or_missing(format!("{path} is no list"))?.iter().cloned());
        next = page.body().get("next").and_then(Value::as_str).map(str::to_owned);
    }
    Ok(records)
}

/// How many are in which state: `: 3 draft, 44 paid`; nothing where there are no states.
fn by_state(records: &[Value]) -> String {
    let mut states = BTreeMap::<&str, usize>::new();
    for state in records.iter().filter_map(state) {
        *states.entry(state).or_default() += 1;
    }
    let told: Vec<_> = states.iter().map(|(state, count)| format!("{count} {}", state.replace('_', " "))).collect();
    if told.is_empty() { String::new() } else { format!(": {}", told.join(", ")) }
}

/// Where a record stands: its status or stage. An invoice can be overdue, or part-paid.
fn state(record: &Value) -> Option<&str> {
    let text = |key: &str| record.get(key).and_then(Value::as_str);
    let is_sent = text("status") == Some("sent");
    match (record.get("overdue").and_then(Value::as_bool), text("amount_paid")) {
        (Some(_), Some(paid)) if is_sent && cents(paid).is_ok_and(|paid| paid > 0) => Some("part paid"),
        (Some(true), _) => Some("overdue"),
        _ => text("status").or(text("stage")),
    }
}

/// What was invoiced and what came of it, by currency.
fn money(invoices: &[Value]) -> Result<Vec<String>> {
    let mut sums = BTreeMap::<&str, [i64; 4]>::new();
    for invoice in invoices.iter().filter(|invoice| !matches!(state(invoice), Some("draft" | "void"))) {
        let text = |key: &str| invoice.get(key).and_then(Value::as_str).or_missing(format!("an invoice has no {key}"));
        let due = cents(text("amount_due")?)?;
        let given_up = if state(invoice) == Some("uncollectible") { due } else { 0 };
        let more = [cents(text("total")?)?, cents(text("amount_paid")?)?, due - given_up, given_up];
        for (sum, more) in sums.entry(text("currency")?).or_default().iter_mut().zip(more) {
            *sum += more;
        }
    }
    let told = |(currency, sums): (&&str, &[i64; 4])| {
        let [total, paid, due, given_up] = sums.map(decimal);
        format!("       {currency} {total} invoiced, {paid} paid, {due} due, {given_up} given up")
    };
    Ok(sums.iter().map(told).collect())
}
