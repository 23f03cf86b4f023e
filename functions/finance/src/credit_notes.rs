//! `/api/finance/credit-notes/`: what of an invoice is taken back after it was sent. A note is issued at once, and stays.

use api::{
    Answer, App, Cx, Decimal, JsonObject, ListQuery, Listed, Page, Problem, Routes, Staff, Valid, View, get, list_scope, may, post, routes,
};
use chrono::{DateTime, Utc};
use domain::{
    Currency, Date, MultiLine, Percent, Price, Quantity, SingleLine, Units, credit,
    credit_note::{self, CreditNote, Ids, NewCreditNote},
    ids::{ClientId, CreditId, CreditNoteId, InvoiceId},
    invoice::{NewNoteLine, NoteLine},
    tax::TaxCategory,
};
use serde::{Deserialize, Serialize};
use store::{Counter, ListScope, Named};
use utoipa::{IntoParams, ToSchema};
use wire::TaxOut;

api::standard_handlers! {
    CreditNoteId, CreditNoteOut, "/api/finance/credit-notes/{id}/":
    /// Show a credit note.
    ///
    /// With its lines and taxes, which lists leave out. It stays as it was issued.
    show_credit_note: show by Staff<may::ReadBilling>;
    /// List what happened to a credit note.
    ///
    /// By whom it was issued, and what it says: nothing else can happen to it. The network address is for owners and
    /// managers.
    list_credit_note_history: history by Staff<may::ReadBilling>;
}

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(list_credit_notes, issue_credit_note))
        .routes(routes!(show_credit_note))
        .routes(routes!(list_credit_note_history))
}

/// A credit note, in lists.
#[derive(Debug, Serialize, ToSchema, View)]
#[view(row = CreditNote)]
struct CreditNoteSummary {
    id: CreditNoteId,
    /// `CRN-000001`.
    #[view(credit_note::label(it.number))]
    number: String,
    invoice: InvoiceId,
    client: ClientId,
    /// The day on it: that of issuing, where the firm is. Older notes have none written on them.
    issue_date: Option<Date>,
    #[view(it.amount.currency())]
    currency: Currency,
    /// What is taken back, with tax.
    #[view(it.amount.into())]
    amount: Decimal,
    /// How much of it is tax.
    #[view(it.tax.into())]
    tax: Decimal,
    reason: MultiLine<2000>,
    /// By how much it made less what was due.
    #[view(it.reduced.into())]
    amount_reduced: Decimal,
    /// How much of it became the client's credit.
    #[view(it.credited.into())]
    amount_credited: Decimal,
    /// How much of it was refunded at Stripe, or is to be.
    #[view(it.refunded.into())]
    amount_refunded: Decimal,
    /// How much of it was given back otherwise: by transfer, in cash.
    #[view(it.out_of_band.into())]
    amount_out_of_band: Decimal,
    /// The client's credit that it became.
    credit: Option<CreditId>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A credit note.
#[derive(Debug, Serialize, ToSchema, View)]
#[schema(as = CreditNote)]
#[view(record = CreditNote, path = "/api/finance/credit-notes/")]
struct CreditNoteOut {
    #[serde(flatten)]
    #[view(Listed::listed(&it.row(), now))]
    summary: CreditNoteSummary,
    /// What is taken back, line by line.
    #[view(it.lines.iter().map(Into::into).collect())]
    lines: Vec<NoteLineOut>,
    /// The tax on that, by category and rate.
    #[view(it.taxes.iter().map(Into::into).collect())]
    taxes: Vec<TaxOut>,
}

/// What is taken back of a line.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreditNoteLine)]
struct NoteLineOut {
    /// Its place among the invoice's lines, from 0.
    line: usize,
    description: SingleLine<500>,
    /// How many of it; none where an amount was said.
    quantity: Option<Units>,
    /// Without tax, discounts taken off.
    amount: Decimal,
    tax_category: TaxCategory,
    /// In percent.
    tax_rate: Percent,
}

impl From<&NoteLine> for NoteLineOut {
    fn from(line: &NoteLine) -> Self {
        let NoteLine { line, description, quantity, amount, tax } = line.clone();
        let amount = amount.into();
        Self { line, description, quantity, amount, tax_category: tax.category, tax_rate: tax.rate }
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
#[schema(example = json!({"invoice": "inv_01kanar9g00000000000000007", "reason": "The workshop was shorter",
    "lines": [{"line": 0, "quantity": "0.5"}]}))]
struct IssueCreditNote {
    /// One that was sent.
    invoice: Named<InvoiceId>,
    /// What is taken back, line by line. With its tax it first makes less what is due; the rest becomes the client's credit.
    /// Default: all that is left of the invoice, but for time that other time takes back.
    #[schema(max_items = 200)]
    lines: Option<Vec<JsonObject<NewCreditNoteLine>>>,
    reason: MultiLine<2000>,
    /// How much of that rest was refunded at Stripe instead, or is to be: at most what Stripe took. Default: what was before,
    /// of which no credit note told; less than that is refused.
    refunded_amount: Option<Price>,
    /// How much of that rest was given back otherwise instead: by transfer, in cash. Default: none. What is given back later
    /// is recorded of the credit, with its `refund/`.
    out_of_band_amount: Option<Price>,
}

/// What is taken back of a line: a quantity or an amount. Default: all that is left of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCreditNoteLine {
    /// Its place among the invoice's lines, from 0.
    #[serde(deserialize_with = "api::whole")]
    #[schema(maximum = 199)]
    line: usize,
    /// How many of it.
    quantity: Option<Quantity>,
    /// How much of it, without tax, discounts taken off.
    amount: Option<Price>,
}

impl NewCreditNoteLine {
    fn line(self) -> NewNoteLine {
        let Self { line, quantity, amount } = self;
        NewNoteLine { line, quantity, amount }
    }
}

/// List credit notes.
///
/// Newest first, without lines and taxes. By client or by invoice: 422 for both at once.
#[get("/api/finance/credit-notes/")]
async fn list_credit_notes(
    cx: Cx,
    staff: Staff<may::ReadBilling>,
    query: ListQuery<CreditNoteFilter>,
) -> Result<Answer<Page<CreditNoteSummary>>, Problem> {
    let scope = match query.filter {
        CreditNoteFilter { client: None, invoice: Some(invoice) } => ListScope::Filter(invoice.to_string()),
        CreditNoteFilter { client, invoice: None } => list_scope(None, None, client.map(Into::into))?,
        CreditNoteFilter { client: Some(_), invoice: Some(_) } => {
            return Err(Problem::two_filters());
        }
    };
    cx.list(&staff, scope, &query).await
}

/// Take back some of an invoice that was sent, or all of it.
///
/// It first makes less what is due; the rest was paid, and becomes the client's credit, as far as it isn't given back.
/// Money is given back once: what was refunded at Stripe before, and came out of no credit, is in the note, and what is
/// refunded there after it comes out of the credit that the note made. Time of which a line is taken back as a whole can be
/// billed again soon after; what takes back other time is taken back as a whole or not, and what other time takes back
/// isn't. The client is told by mail, unless all that is taken back was free; and the note stays as it is. 409 for a draft
/// and for a void invoice, for credit to a client that is archived and time of one that could be billed again, and after 40
/// credits of the invoice's notes and payments; 422 if there is no such invoice, or it is archived; for a line that there
/// isn't or that comes twice; for what was free, unless it is time that is taken back as a whole; for nothing, and more
/// than is left; for less refunded than was before, more than Stripe has, or more given back than was paid.
#[post("/api/finance/credit-notes/", 201)]
async fn issue_credit_note(
    cx: Cx,
    staff: Staff<may::WriteBilling>,
    Valid(body): Valid<IssueCreditNote>,
) -> Result<Answer<CreditNoteOut>, Problem> {
    let IssueCreditNote { invoice, lines, reason, refunded_amount: refunded, out_of_band_amount: out_of_band } = body;
    let lines = lines.map(|lines| lines.into_iter().map(|JsonObject(line)| line.line()).collect());
    let found = cx.read(&staff).named(invoice).record(staff.firm).counter(Counter::CreditNotes).fetch().await?;
    let mut change = cx.change(&staff);
    let (before, number) = (change.depend(&found, "invoice", invoice)?, found.next(Counter::CreditNotes)?);
    let ids = Ids { invoice: before.id, note: cx.new_id(), credit: cx.new_id() };
    let today = found.record(staff.firm)?.time_zone.day(cx.now);
    let issued = CreditNote::issue(number, &before, NewCreditNote { lines, refunded, out_of_band, reason }, ids, today)?;
    change.number(Counter::CreditNotes, number)?;
    if issued.invoice.0.lets_go_of_time_since(&before)? {
        change.depend_on(before.client)?;
    }
    change.update(&before, issued.invoice)?;
    if let Some(credit) = issued.credit {
        change.create(ids.credit, credit, credit::Event::Created)?;
    }
    let note = change.create(ids.note, issued.note, credit_note::Event::Issued)?;
    cx.commit(change, cx.created(&note)).await
}
