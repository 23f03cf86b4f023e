//! `/api/finance/credits/`: money of clients' that no invoice took. It comes of payments and credit notes, and pays
//! invoices; there is no other way to change it.

use api::{Answer, App, Cx, Decimal, ListQuery, Listed, Page, Problem, Routes, Staff, View, get, list_scope, may, routes};
use chrono::{DateTime, Utc};
use domain::{
    Currency,
    client::ClientId,
    credit::{Credit, CreditId, Status, Use},
    credit_note::CreditNoteId,
    invoice::{InvoiceId, PaymentId},
};
use serde::{Deserialize, Serialize};

use utoipa::{IntoParams, ToSchema};

api::standard_handlers! {
    CreditId, CreditOut, "/api/finance/credits/{id}/":
    /// Show a client's credit.
    show_credit: show by Staff<may::ReadBilling>;
    /// List what happened to a client's credit.
    list_credit_history: history by Staff<may::ReadBilling>;
}

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(list_credits)).routes(routes!(show_credit)).routes(routes!(list_credit_history))
}

/// A client's credit, in lists.
#[derive(Debug, Serialize, ToSchema, View)]
#[view(row = Credit)]
struct CreditSummary {
    id: CreditId,
    client: ClientId,
    status: Status,
    #[view(it.amount.currency())]
    currency: Currency,
    /// How much it was.
    #[view(it.amount.into())]
    amount: Decimal,
    /// How much of it is left.
    #[view(it.remaining.into())]
    remaining: Decimal,
    /// How much of it went back to the payer.
    #[view(it.withdrawn.into())]
    withdrawn: Decimal,
    /// The invoice that it came from.
    #[view(it.origin.invoice())]
    invoice: InvoiceId,
    /// The payment that was more than was due.
    #[view(it.origin.payment())]
    payment: Option<PaymentId>,
    /// The credit note on what was paid.
    #[view(it.origin.credit_note())]
    credit_note: Option<CreditNoteId>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A client's credit.
#[derive(Debug, Serialize, ToSchema, View)]
#[schema(as = Credit)]
#[view(record = Credit, path = "/api/finance/credits/")]
struct CreditOut {
    #[serde(flatten)]
    #[view(Listed::listed(&it.row(), now))]
    summary: CreditSummary,
    /// What it paid.
    #[view(it.uses.iter().map(Into::into).collect())]
    uses: Vec<UseOut>,
}

/// That some of a credit paid an invoice.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreditUse)]
struct UseOut {
    invoice: InvoiceId,
    amount: Decimal,
    at: DateTime<Utc>,
}

impl From<&Use> for UseOut {
    fn from(Use { invoice, amount, at }: &Use) -> Self {
        Self { invoice: *invoice, amount: (*amount).into(), at: *at }
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
#[get("/api/finance/credits/")]
async fn list_credits(
    cx: Cx,
    staff: Staff<may::ReadBilling>,
    query: ListQuery<CreditFilter>,
) -> Result<Answer<Page<CreditSummary>>, Problem> {
    let CreditFilter { client, status } = query.filter;
    let scope = list_scope(None, status.map(Status::as_str), client.map(Into::into))?;
    cx.list(&staff, scope, &query).await
}
