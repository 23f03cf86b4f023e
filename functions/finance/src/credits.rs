//! `/api/finance/credits/`: money of clients' that no invoice took. It comes of payments and credit notes, and pays
//! invoices; there is no other way to change it.

use api::{Answer, App, Cx, EventOut, ListQuery, NoFilter, Page, PageParams, Path, Problem, Routes, Shape, Staff, may, routes, which};
use chrono::{DateTime, Utc};
use domain::{
    Currency, Time,
    client::ClientId,
    credit::{Credit, CreditId, Origin, Status, Use},
    credit_note::CreditNoteId,
    invoice::{InvoiceId, PaymentId},
};
use serde::{Deserialize, Serialize};
use store::Record;
use utoipa::{IntoParams, ToSchema};

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(list_credits)).routes(routes!(show_credit)).routes(routes!(list_credit_history))
}

/// A client's credit, in lists.
#[derive(Debug, Serialize, ToSchema)]
struct CreditSummary {
    id: CreditId,
    client: ClientId,
    status: Status,
    currency: Currency,
    /// A decimal, as all amounts: how much it was.
    amount: String,
    /// How much of it is left.
    remaining: String,
    /// How much of it went back to the payer.
    withdrawn: String,
    /// The invoice that it came from.
    invoice: InvoiceId,
    /// The payment that was more than was due.
    payment: Option<PaymentId>,
    /// The credit note on what was paid.
    credit_note: Option<CreditNoteId>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A client's credit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Credit)]
struct CreditOut {
    #[serde(flatten)]
    summary: CreditSummary,
    /// What it paid.
    uses: Vec<UseOut>,
}

/// That some of a credit paid an invoice.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreditUse)]
struct UseOut {
    invoice: InvoiceId,
    /// A decimal.
    amount: String,
    at: DateTime<Utc>,
}

impl Shape for CreditSummary {
    type Of = Credit;
    const PATH: &'static str = "/api/finance/credits/";

    fn shape(record: &Record<Credit>, _: Time) -> Self {
        let (invoice, payment, credit_note) = match record.origin {
            Origin::Overpayment { invoice, payment } => (invoice, Some(payment), None),
            Origin::CreditNote { invoice, credit_note } => (invoice, None, Some(credit_note)),
        };
        Self {
            id: record.id,
            client: record.client,
            status: record.status(),
            currency: record.amount.currency(),
            amount: record.amount.to_decimal_string(),
            remaining: record.remaining.to_decimal_string(),
            withdrawn: record.withdrawn.to_decimal_string(),
            invoice,
            payment,
            credit_note,
            created_at: record.created_at,
            updated_at: record.updated_at,
        }
    }
}

impl Shape for CreditOut {
    type Of = Credit;
    const PATH: &'static str = CreditSummary::PATH;

    fn shape(record: &Record<Credit>, now: Time) -> Self {
        let used = |Use { invoice, amount, at }: &Use| UseOut { invoice: *invoice, amount: amount.to_decimal_string(), at: *at };
        Self { summary: CreditSummary::shape(record, now), uses: record.uses.iter().map(used).collect() }
    }
}

/// Which credits.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct CreditFilter {
    /// Those of a client.
    client: Option<ClientId>,
    /// Those of which something is left, or nothing.
    status: Option<Status>,
}

/// List clients' credits.
#[utoipa::path(get, path = "/api/finance/credits/", tag = "credits", params(CreditFilter, PageParams), security(("staff" = ["billing.read"])),
    responses((status = 200, description = "A page of credits", body = Page<CreditSummary>)))]
async fn list_credits(cx: Cx, staff: Staff<may::ReadBilling>, query: ListQuery<CreditFilter>) -> Result<Answer, Problem> {
    let CreditFilter { client, status } = query.filter;
    let which = which(None, status.map(Status::as_str), client.map(Into::into))?;
    cx.list::<CreditSummary, _>(&staff, which, &query).await
}

/// Show a client's credit.
#[utoipa::path(get, path = "/api/finance/credits/{id}/", tag = "credits", params(("id" = CreditId, Path)), security(("staff" = ["billing.read"])),
    responses((status = 200, description = "The credit", body = CreditOut)))]
async fn show_credit(cx: Cx, staff: Staff<may::ReadBilling>, Path(id): Path<CreditId>) -> Result<Answer, Problem> {
    cx.show::<CreditOut>(&staff, id).await
}

/// List what happened to a client's credit.
#[utoipa::path(get, path = "/api/finance/credits/{id}/history/", tag = "credits", params(("id" = CreditId, Path), PageParams),
    security(("staff" = ["billing.read"])), responses((status = 200, description = "A page of events", body = Page<EventOut>)))]
async fn list_credit_history(
    cx: Cx,
    staff: Staff<may::ReadBilling>,
    Path(id): Path<CreditId>,
    query: ListQuery<NoFilter>,
) -> Result<Answer, Problem> {
    cx.history(&staff, id, &query).await
}
