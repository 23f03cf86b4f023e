//! `/api/finance/credit-notes/`: what of an invoice is taken back after it was sent. A note is issued at once, and stays.

use api::{
    Answer, App, Cx, EventOut, ListQuery, NoFilter, Page, PageParams, Path, Problem, Routes, Shape, Staff, Valid, may, routes, which,
};
use chrono::{DateTime, Utc};
use domain::{
    Currency, MultiLine, Price, Time,
    client::ClientId,
    credit::{self, CreditId},
    credit_note::{self, CreditNote, CreditNoteId, Ids, NewCreditNote},
    invoice::InvoiceId,
};
use serde::{Deserialize, Serialize};
use store::{Counter, ListScope, Record};
use utoipa::{IntoParams, ToSchema};

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(list_credit_notes, issue_credit_note))
        .routes(routes!(show_credit_note))
        .routes(routes!(list_credit_note_history))
}

/// A credit note.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreditNote)]
struct CreditNoteOut {
    id: CreditNoteId,
    /// `CRN-000001`.
    number: String,
    invoice: InvoiceId,
    client: ClientId,
    currency: Currency,
    /// A decimal, as all amounts: what is taken back, with tax.
    amount: String,
    /// How much of it is tax.
    tax: String,
    reason: MultiLine<2000>,
    /// By how much it made less what was due.
    amount_reduced: String,
    /// How much of it became the client's credit.
    amount_credited: String,
    /// How much of it was paid back.
    amount_refunded: String,
    /// The client's credit that it became.
    credit: Option<CreditId>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Shape for CreditNoteOut {
    type Of = CreditNote;
    const PATH: &'static str = "/api/finance/credit-notes/";

    fn shape(record: &Record<CreditNote>, _: Time) -> Self {
        let CreditNote { number: _, invoice, client, amount, tax, reason, reduced, credited, refunded, credit } = record.content.clone();
        Self {
            id: record.id,
            number: record.label(),
            invoice,
            client,
            currency: amount.currency(),
            amount: amount.to_decimal_string(),
            tax: tax.to_decimal_string(),
            reason,
            amount_reduced: reduced.to_decimal_string(),
            amount_credited: credited.to_decimal_string(),
            amount_refunded: refunded.to_decimal_string(),
            credit,
            created_at: record.created_at,
            updated_at: record.updated_at,
        }
    }
}

/// Which credit notes.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct CreditNoteFilter {
    /// Those to a client.
    client: Option<ClientId>,
    /// Those on an invoice.
    invoice: Option<InvoiceId>,
}

/// What is taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"invoice": "inv_01kanar9g00000000000000007", "amount": "120.00", "reason": "The workshop was shorter"}))]
struct IssueCreditNote {
    /// One that was sent.
    invoice: InvoiceId,
    /// With tax. First it makes less what is due; the rest becomes the client's credit.
    amount: Price,
    reason: MultiLine<2000>,
    /// How much of that rest was paid back instead.
    refunded_amount: Option<Price>,
}

/// List credit notes.
#[utoipa::path(get, path = "/api/finance/credit-notes/", tag = "credit notes", params(CreditNoteFilter, PageParams),
    security(("staff" = ["billing.read"])), responses((status = 200, description = "A page of credit notes", body = Page<CreditNoteOut>)))]
async fn list_credit_notes(cx: Cx, staff: Staff<may::ReadBilling>, query: ListQuery<CreditNoteFilter>) -> Result<Answer, Problem> {
    let which = match query.filter {
        CreditNoteFilter { client: None, invoice: Some(invoice) } => ListScope::Filter(invoice.to_string()),
        CreditNoteFilter { client, invoice: None } => which(None, None, client.map(Into::into))?,
        CreditNoteFilter { client: Some(_), invoice: Some(_) } => {
            return Err(Problem::malformed("query", "Filter by one thing at a time."));
        }
    };
    cx.list::<CreditNoteOut, _>(&staff, which, &query).await
}

/// Take back some of an invoice that was sent, or all of it.
#[utoipa::path(post, path = "/api/finance/credit-notes/", tag = "credit notes", request_body = IssueCreditNote,
    security(("staff" = ["billing.write"])), responses((status = 201, description = "The credit note", body = CreditNoteOut)))]
async fn issue_credit_note(cx: Cx, staff: Staff<may::WriteBilling>, Valid(body): Valid<IssueCreditNote>) -> Result<Answer, Problem> {
    let IssueCreditNote { invoice, amount, reason, refunded_amount: refunded } = body;
    let found = cx.read(&staff).record(invoice).counter(Counter::CreditNotes).fetch().await?;
    let (before, number) = (found.named("invoice", invoice)?, found.next(Counter::CreditNotes)?);
    let ids = Ids { invoice, note: cx.new_id(), credit: cx.new_id() };
    let issued = CreditNote::issue(number, &before, NewCreditNote { amount, refunded, reason }, ids)?;
    let mut change = cx.change(&staff);
    change.number(Counter::CreditNotes, number)?;
    change.update(&before, issued.invoice)?;
    if let Some(credit) = issued.credit {
        change.create(ids.credit, credit, credit::event::CREATED)?;
    }
    let note = change.create(ids.note, issued.note, credit_note::event::ISSUED)?;
    cx.commit(change, cx.created::<CreditNoteOut>(&note)).await
}

/// Show a credit note.
#[utoipa::path(get, path = "/api/finance/credit-notes/{id}/", tag = "credit notes", params(("id" = CreditNoteId, Path)),
    security(("staff" = ["billing.read"])), responses((status = 200, description = "The credit note", body = CreditNoteOut)))]
async fn show_credit_note(cx: Cx, staff: Staff<may::ReadBilling>, Path(id): Path<CreditNoteId>) -> Result<Answer, Problem> {
    cx.show::<CreditNoteOut>(&staff, id).await
}

/// List what happened to a credit note.
#[utoipa::path(get, path = "/api/finance/credit-notes/{id}/history/", tag = "credit notes", params(("id" = CreditNoteId, Path), PageParams),
    security(("staff" = ["billing.read"])), responses((status = 200, description = "A page of events", body = Page<EventOut>)))]
async fn list_credit_note_history(
    cx: Cx,
    staff: Staff<may::ReadBilling>,
    Path(id): Path<CreditNoteId>,
    query: ListQuery<NoFilter>,
) -> Result<Answer, Problem> {
    cx.history(&staff, id, &query).await
}
