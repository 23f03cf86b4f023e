//! Invoices.

use serde_json::{Value, json};

use super::{Given, Row, archived, clients::client, row};
use crate::{Firm, email};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("list_invoices", async |firm| Given::beside(sent(firm).await)),
        row("create_invoice", async |firm| Given::body(new_invoice(firm).await)),
        row("create_invoice", async |firm| {
            Given::body(json!({"client": client(firm).await, "line_items": [training()], "discount": {"amount": "50.00"}}))
        }),
        row("show_invoice", async |firm| Given::named(draft(firm).await)),
        row("update_invoice", async |firm| {
            let (client, entry) = logged(firm).await;
            let invoice = firm.owner.post("/api/finance/invoices/", json!({"client": client, "time_entries": [entry]})).await.expect(201);
            let (issue, due) = days(firm);
            Given::named(invoice.id()).with(json!({
                "company_name": "Acme Group", "contact_name": "Bo Lee", "email": email("bo"), "phone": "+46 8 123 457", "language": "de", "address": address(),
                "billing_email": email("billing"), "cc": [email("carl"), email("dora")],
                "tax_number": "556703-7485", "vat_id": "SE556703748501", "reference": "PO-4711", "memo": "Thanks.", "notes": "As said",
                "line_items": [interviews(&entry), training()], "discount": {"amount": "100.00"}, "issue_date": issue, "due_date": due,
            }))
        }),
        row("update_invoice", async |firm| Given::named(draft(firm).await).with(json!({"discount": {"percent": "5"}}))),
        row("remove_invoice", async |firm| Given::named(draft(firm).await)),
        row("restore_invoice", async |firm| Given::named(archived(firm, "/api/finance/invoices/", void(firm).await).await)),
        row("send_invoice", async |firm| Given::named(draft(firm).await).with(json!({"sent_by": "mail"}))),
        row("resend_invoice", async |firm| Given::named(sent(firm).await)).reads(2),
        row("revoke_invoice_link", async |firm| Given::named(sent(firm).await)),
        row("remind_of_invoice", async |firm| Given::named(sent(firm).await)),
        row("pause_invoice_reminders", async |firm| Given::named(sent(firm).await)),
        row("resume_invoice_reminders", async |firm| {
            let invoice = sent(firm).await;
            firm.owner.post(format!("/api/finance/invoices/{invoice}/pause-reminders/"), json!({})).await.expect(200);
            Given::named(invoice)
        }),
        row("void_invoice", async |firm| Given::named(sent(firm).await).with(json!({"reason": "Sent to the wrong client"}))),
        row("mark_invoice_uncollectible", async |firm| Given::named(sent(firm).await).with(json!({"reason": "Bankrupt"}))),
        row("reverse_invoice_write_off", async |firm| {
            let invoice = sent(firm).await;
            firm.owner.post(format!("/api/finance/invoices/{invoice}/mark-uncollectible/"), json!({})).await.expect(200);
            Given::named(invoice)
        }),
        row("record_invoice_payment", async |firm| Given::named(sent(firm).await).with(payment("500.00")))
            .unshown(&["reference"])
            .takes_out_of_the_archive(),
        row("apply_credit_to_invoice", async |firm| {
            let (credit, invoice) = credit_and_invoice(firm).await;
            Given::named(invoice).with(json!({"credit": credit, "amount": "20.00", "send_receipt": false}))
        }),
        row("reverse_invoice_payment", async |firm| {
            let invoice = sent(firm).await;
            let paid = firm.owner.post(format!("/api/finance/invoices/{invoice}/record-payment/"), payment("500.00")).await.expect(200);
            Given::named(invoice).with(json!({"payment": paid.text("/payments/0/id"), "reason": "Recorded twice"}))
        })
        .unshown(&["reason"]),
        row("add_time_to_invoice", async |firm| {
            let (client, entry) = logged(firm).await;
            Given::named(draft_to(firm, &client).await).with(json!({"time_entries": [entry]}))
        }),
        row("remove_time_from_invoice", async |firm| {
            let (client, entry) = logged(firm).await;
            let invoice = draft_to(firm, &client).await;
            let body = json!({"time_entries": [entry]});
            firm.owner.post(format!("/api/finance/invoices/{invoice}/add-time/"), body.clone()).await.expect(200);
            Given::named(invoice).with(body)
        }),
        row("list_invoice_history", async |firm| Given::named(sent(firm).await)),
    ]
}

async fn new_invoice(firm: &Firm<'_>) -> Value {
    let (client, entry) = logged(firm).await;
    let project = firm.owner.get(format!("/api/projects/time-entries/{entry}/")).await.expect(200).text("/project");
    let another = log(firm, &project).await;
    let workshop = json!({"description": "Workshop", "quantity": 2, "unit_price": "1500.00", "tax_category": "standard", "tax_rate": "19"});
    let travel = json!({"description": "Travel", "quantity": "1", "unit_price": 320.5});
    let (issue, due) = days(firm);
    json!({
        "client": client, "project": project, "currency": "EUR", "address": address(), "reference": "PO-4711", "memo": "Thank you.",
        "notes": "As agreed", "line_items": [workshop, travel, interviews(&another), training()], "time_entries": [entry],
        "discount": {"percent": "5"}, "issue_date": issue, "due_date": due,
    })
}

fn address() -> Value {
    json!({
        "line1": "1 Main Street", "line2": "Suite 2", "postal_code": "62701", "city": "Springfield", "region": "IL", "country": "US",
    })
}

/// Time that is billed by a line of its own.
fn interviews(entry: &str) -> Value {
    json!({"description": "Interviews", "quantity": "2.5", "unit_price": "200.00", "time_entry": entry})
}

fn training() -> Value {
    json!({
        "description": "Training", "quantity": "1", "unit_price": "800.00", "tax_category": "exempt", "tax_rate": "0",
        "tax_reason": "Vocational training",
    })
}

/// The day on an invoice, and the last to pay.
fn days(firm: &Firm<'_>) -> (String, String) {
    let today = firm.app.clock.now().date_naive();
    ((today - chrono::Days::new(1)).to_string(), (today + chrono::Days::new(30)).to_string())
}

/// Time that was logged for a client of its own: the client, and the time entry.
async fn logged(firm: &Firm<'_>) -> (String, String) {
    let client = client(firm).await;
    let project = json!({"client": client, "name": "Market study", "hourly_rate": "200.00"});
    let project = firm.owner.post("/api/projects/projects/", project).await.expect(201).id();
    let entry = log(firm, &project).await;
    (client, entry)
}

/// Two and a half hours on `project`, on a day that has room for them.
async fn log(firm: &Firm<'_>, project: &str) -> String {
    let body = json!({"project": project, "hours": "2.5", "date": firm.another_day().to_string(), "description": "Interviews"});
    firm.owner.post("/api/projects/time-entries/", body).await.expect(201).id()
}

async fn draft_to(firm: &Firm<'_>, client: &str) -> String {
    let line = json!({"description": "Workshop", "quantity": "2", "unit_price": "1500.00"});
    firm.owner.post("/api/finance/invoices/", json!({"client": client, "line_items": [line]})).await.expect(201).id()
}

/// A draft of 3000.00.
pub(super) async fn draft(firm: &Firm<'_>) -> String {
    draft_to(firm, &client(firm).await).await
}

/// An invoice of 3000.00 that was sent.
pub(super) async fn sent(firm: &Firm<'_>) -> String {
    send(firm, draft(firm).await).await
}

async fn send(firm: &Firm<'_>, invoice: String) -> String {
    firm.owner.post(format!("/api/finance/invoices/{invoice}/send/"), json!({})).await.expect(200);
    invoice
}

fn payment(amount: &str) -> Value {
    json!({"amount": amount, "currency": "EUR", "method": "bank_transfer", "reference": "Thanks", "date": "2026-01-20", "send_receipt": true})
}

/// A credit of 100.00, of an invoice that was paid too much.
pub(super) async fn credit(firm: &Firm<'_>) -> String {
    credit_of(firm, &client(firm).await).await
}

async fn credit_of(firm: &Firm<'_>, client: &str) -> String {
    let invoice = send(firm, draft_to(firm, client).await).await;
    let body = json!({"amount": "3100.00", "method": "cash"});
    let paid = firm.owner.post(format!("/api/finance/invoices/{invoice}/record-payment/"), body).await.expect(200);
    paid.text("/payments/0/credit")
}

async fn credit_and_invoice(firm: &Firm<'_>) -> (String, String) {
    let client = client(firm).await;
    (credit_of(firm, &client).await, send(firm, draft_to(firm, &client).await).await)
}

/// A credit of which more was used than there was after all.
pub(super) async fn overdrawn(firm: &Firm<'_>) -> String {
    let (credit, invoice) = credit_and_invoice(firm).await;
    let act = async |invoice: &str, action: &str, body| {
        firm.owner.post(format!("/api/finance/invoices/{invoice}/{action}/"), body).await.expect(200);
    };
    act(&invoice, "apply-credit", json!({"credit": credit})).await;
    let shown = firm.owner.get(format!("/api/finance/credits/{credit}/")).await.expect(200);
    act(&shown.text("/invoice"), "reverse-payment", json!({"payment": shown.text("/payment"), "reason": "Another client's"})).await;
    credit
}

async fn void(firm: &Firm<'_>) -> String {
    let invoice = sent(firm).await;
    firm.owner.post(format!("/api/finance/invoices/{invoice}/void/"), json!({})).await.expect(200);
    invoice
}
