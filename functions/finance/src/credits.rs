//! `/api/finance/credits/`: money of clients' that no invoice took. It comes of payments and credit notes, and pays
//! invoices, or is given to the client.

use api::{
    Answer, App, Cx, Decimal, ListQuery, Listed, Page, Path, Problem, Routes, Staff, Valid, View, get, list_scope, may, post, routes,
};
use chrono::{DateTime, Utc};
use domain::{
    Currency, Date, MultiLine, Price, SingleLine,
    credit::{Credit, NewRefund, Paid, Refund, Settlement, Status, Use},
    ids::{ClientId, CreditId, CreditNoteId, CreditRefundId, InvoiceId, PaymentId},
};
use serde::{Deserialize, Serialize};

use utoipa::{IntoParams, ToSchema};

api::standard_handlers! {
    CreditId, CreditOut, "/api/finance/credits/{id}/":
    /// Show a client's credit.
    ///
    /// With what it paid, what was given to the client and what settled it, which lists leave out; one of which nothing is
    /// left is shown too.
    show_credit: show by Staff<may::ReadBilling>;
    /// List what happened to a client's credit.
    ///
    /// Newest first: by whom it was made, used, given back, refunded or settled, and which fields that changed. What Stripe
    /// said is by `system:stripe`, what settled it by `system:outbox`. Network addresses are for owners and managers.
    list_credit_history: history by Staff<may::ReadBilling>;
}

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(list_credits))
        .routes(routes!(show_credit))
        .routes(routes!(refund_credit))
        .routes(routes!(reverse_credit_refund))
        .routes(routes!(mark_credit_uncollectible))
        .routes(routes!(reverse_credit_write_off))
        .routes(routes!(list_credit_history))
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
    /// By how much more of it was used, or went back to the payer, than it was: the client owes that. The client's next
    /// credit settles it.
    #[view(it.overdrawn.into())]
    overdrawn: Decimal,
    /// How much of it went back to the payer, or was never theirs, but for what pays the invoice that it came of: that is due
    /// again then. Less than nothing where that didn't go back after all and isn't due any more.
    #[view(it.withdrawn.into())]
    withdrawn: Decimal,
    /// How much of it was given to the client otherwise, as was recorded.
    #[view(it.refunded.into())]
    refunded: Decimal,
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
    /// What settled that it was overdrawn.
    #[view(it.settlements.iter().map(Into::into).collect())]
    settlements: Vec<SettlementOut>,
    /// How it was given to the client.
    #[view(it.refunds.iter().map(Into::into).collect())]
    refunds: Vec<RefundOut>,
    /// Why what it is overdrawn by was given up.
    write_off_reason: Option<MultiLine<2000>>,
}

/// That some of a credit was used: for an invoice, or for a credit that was overdrawn.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreditUse)]
struct UseOut {
    invoice: Option<InvoiceId>,
    credit: Option<CreditId>,
    amount: Decimal,
    at: DateTime<Utc>,
    /// When it was there again, since the payment was recorded wrongly.
    given_back_at: Option<DateTime<Utc>>,
}

/// That some of a credit was given to the client.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreditRefund)]
struct RefundOut {
    id: CreditRefundId,
    amount: Decimal,
    /// The day on which it was given.
    date: Date,
    reason: Option<MultiLine<2000>>,
    /// What a bank statement says of it.
    reference: Option<SingleLine<100>>,
    /// When it was recorded.
    recorded_at: DateTime<Utc>,
    /// When it turned out that it was recorded wrongly.
    reversed_at: Option<DateTime<Utc>>,
    /// What was wrong.
    reversal_reason: Option<MultiLine<300>>,
}

/// That some of what a credit was overdrawn by was settled.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreditSettlement)]
struct SettlementOut {
    /// The credit that it was settled from.
    credit: CreditId,
    amount: Decimal,
    at: DateTime<Utc>,
}

impl From<&Use> for UseOut {
    fn from(used: &Use) -> Self {
        let (invoice, credit) = match used.paid {
            Paid::Invoice(invoice, _) => (Some(invoice), None),
            Paid::Credit(credit) => (None, Some(credit)),
        };
        Self { invoice, credit, amount: used.amount.into(), at: used.at, given_back_at: used.given_back_at }
    }
}

impl From<&Refund> for RefundOut {
    fn from(refund: &Refund) -> Self {
        let Refund { id, amount, date, reason, reference, at, reversal } = refund.clone();
        let (reversed_at, reversal_reason) = reversal.map(|reversal| (reversal.at, reversal.reason)).unzip();
        Self { id, amount: amount.into(), date, reason, reference, recorded_at: at, reversed_at, reversal_reason }
    }
}

impl From<&Settlement> for SettlementOut {
    fn from(settlement: &Settlement) -> Self {
        Self { credit: settlement.credit, amount: settlement.amount.into(), at: settlement.at }
    }
}

/// Which credits.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct CreditFilter {
    /// Those of a client.
    client: Option<ClientId>,
    /// Those of which something is left, or nothing, or less than that; or of those the ones that were given up.
    status: Option<Status>,
}

/// What was given to the client.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"amount": "50.00", "reason": "The client asked for it", "reference": "CREDIT 17"}))]
struct RefundCredit {
    /// Default: all that is left.
    amount: Option<Price>,
    reason: Option<MultiLine<2000>>,
    /// What a bank statement says of it.
    reference: Option<SingleLine<100>>,
    /// The day on which it was given. Default: today, where the firm is.
    date: Option<Date>,
}

/// Which refund was recorded wrongly.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"refund": "refund_01kanar9g00000000000000007", "reason": "The transfer came back"}))]
struct ReverseCreditRefund {
    /// One of the credit's.
    refund: CreditRefundId,
    reason: MultiLine<300>,
}

/// Why what a credit is overdrawn by is given up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Bankrupt"}))]
struct GiveUpCredit {
    reason: Option<MultiLine<2000>>,
}

/// List clients' credits.
///
/// Newest first, also those of which nothing is left, without what they paid. By client or by status: 422 for both at once.
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

/// Record that some of a credit, or all that is left, was given to the client.
///
/// Nothing is asked of Stripe, and the client isn't told. What is refunded at Stripe comes out of the credit by itself, and
/// isn't recorded here. 409 if nothing is left of it, and after 100 times; 422 for nothing, for more than is left, and for
/// a day in the future or more than a year ago.
#[post("/api/finance/credits/{id}/refund/")]
async fn refund_credit(
    cx: Cx,
    staff: Staff<may::WriteBilling>,
    Path(id): Path<CreditId>,
    Valid(body): Valid<RefundCredit>,
) -> Result<Answer<CreditOut>, Problem> {
    let (mut change, before, firm) = cx.edit_with_firm(&staff, id).await?;
    let RefundCredit { amount, reason, reference, date } = body;
    let today = firm.time_zone.day(cx.now);
    let new = NewRefund { amount, date: date.unwrap_or(today), reason, reference };
    let credit = change.update(&before, before.refund(cx.new_id(), new, cx.now, today)?)?;
    cx.commit(change, cx.ok(&credit)).await
}

/// Take back that some of a credit was given to the client, which was recorded wrongly: it is there again.
///
/// It settles what the client owes by another credit that is overdrawn, soon after. Nothing is asked of Stripe, and the client
/// isn't told. 409 if it was taken back before, and where the client is archived; 422 if it isn't one of the credit's refunds.
#[post("/api/finance/credits/{id}/reverse-refund/")]
async fn reverse_credit_refund(
    cx: Cx,
    staff: Staff<may::WriteBilling>,
    Path(id): Path<CreditId>,
    Valid(body): Valid<ReverseCreditRefund>,
) -> Result<Answer<CreditOut>, Problem> {
    cx.act(&staff, id, |credit| credit.reverse_refund(body.refund, body.reason, cx.now)).await
}

/// Give up what a credit is overdrawn by, which nobody expects any more to be paid; it doesn't keep its client from being archived
/// then.
///
/// The client isn't told; the client's next credit settles it all the same. `reverse-write-off/` undoes it. 409 unless it is
/// overdrawn.
#[post("/api/finance/credits/{id}/mark-uncollectible/")]
async fn mark_credit_uncollectible(
    cx: Cx,
    staff: Staff<may::WriteBilling>,
    Path(id): Path<CreditId>,
    Valid(body): Valid<GiveUpCredit>,
) -> Result<Answer<CreditOut>, Problem> {
    cx.act(&staff, id, |credit| credit.mark_uncollectible(body.reason)).await
}

/// Expect again that what a credit is overdrawn by is paid, which was given up.
///
/// 409 unless it was given up, and, where it is overdrawn still, if its client is archived.
#[post("/api/finance/credits/{id}/reverse-write-off/")]
async fn reverse_credit_write_off(cx: Cx, staff: Staff<may::WriteBilling>, Path(id): Path<CreditId>) -> Result<Answer<CreditOut>, Problem> {
    cx.act(&staff, id, Credit::reverse_write_off).await
}
