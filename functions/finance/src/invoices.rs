//! `/api/finance/invoices/`. What is done to an invoice later is in `invoice_actions.rs`, `payments.rs` and `time.rs`.

use api::{
    Answer, App, Cx, EventOut, ListQuery, NoFilter, Object, Page, PageParams, Patch, Path, Problem, Routes, Set, Staff, Valid, may, routes,
    shapes::ContactPatch, which,
};
use domain::{
    Currency, Date, Email, MultiLine, Refusal, SingleLine, Time,
    client::{Client, ClientId},
    firm::Firm,
    invoice::{self, Invoice, InvoiceId},
    project::{Project, ProjectId},
    time_entry::TimeEntryId,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::{
    invoice_actions,
    invoice_shape::{InvoiceOut, InvoiceSummary},
    lines::{NewDiscount, NewInvoiceLine, discount, lines},
    payments,
    time::{self, BilledEntries},
};

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(list_invoices, create_invoice))
        .routes(routes!(show_invoice, update_invoice, remove_invoice))
        .merge(invoice_actions::routes())
        .merge(payments::routes())
        .merge(time::routes())
        .routes(routes!(list_invoice_history))
}

/// Where invoices stand, as they are listed.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum InvoiceState {
    Draft,
    Sent,
    Overdue,
    Paid,
    Void,
    Uncollectible,
}

impl InvoiceState {
    fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Sent => "sent",
            Self::Overdue => "overdue",
            Self::Paid => "paid",
            Self::Void => "void",
            Self::Uncollectible => "uncollectible",
        }
    }
}

/// Which invoices.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct InvoiceFilter {
    /// Those to a client.
    client: Option<ClientId>,
    /// Those that stand so. What is overdue is no longer at `sent` here, some minutes after its last day is over.
    #[param(inline)]
    status: Option<InvoiceState>,
    /// Those that were archived.
    archived: Option<bool>,
}

/// A new invoice: of lines, and of time entries, which make a line each.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"client": "client_01kanar9g00000000000000007", "reference": "PO-4711", "discount": {"percent": "5"},
    "line_items": [{"description": "Workshop", "quantity": "2", "unit_price": "1500.00", "tax_rate": "19"}]}))]
struct NewInvoice {
    client: ClientId,
    /// The project that it is for; of the client's.
    project: Option<ProjectId>,
    /// Default: that of the project, of the time or of the firm.
    currency: Option<Currency>,
    /// Where it is addressed to. Default: where the client is.
    address: Option<MultiLine<1000>>,
    /// What the client calls it: the number of an order.
    reference: Option<SingleLine<100>>,
    /// What else the client is told.
    memo: Option<MultiLine<2000>>,
    /// What the client isn't told.
    notes: Option<MultiLine<5000>>,
    /// At most 200 lines.
    #[schema(value_type = Option<Vec<NewInvoiceLine>>)]
    line_items: Option<Vec<Object<NewInvoiceLine>>>,
    /// At most 40, with those of the lines. They are billed as they were logged.
    #[schema(max_items = 40)]
    time_entries: Option<Vec<TimeEntryId>>,
    #[schema(value_type = Option<NewDiscount>)]
    discount: Option<Object<NewDiscount>>,
    /// The day on it. Default: that of sending.
    issue_date: Option<Date>,
    /// The last day to pay. Default: by the firm's terms.
    due_date: Option<Date>,
}

impl NewInvoice {
    /// The time entries that it bills.
    fn bill(&self) -> Result<BilledEntries, Refusal> {
        let priced = self.line_items.iter().flatten().filter_map(|Object(line)| line.time_entry);
        BilledEntries::new(priced.collect(), self.time_entries.clone().unwrap_or_default())
    }

    /// The draft, in whose currency `billed` must be.
    fn invoice(self, client: &Client, project: Option<&Project>, firm: &Firm, billed: &time::Found, now: Time) -> Result<Invoice, Refusal> {
        let Self { client: client_id, project: project_id, currency, address, reference, memo, notes, .. } = self;
        if project.is_some_and(|project| project.client != client_id) {
            return Err(Refusal::rule("project", "Is another client's."));
        }
        let currency = currency.or(project.map(|project| project.currency)).or(billed.currency()).unwrap_or(firm.currency);
        let mut line_items = lines(self.line_items.unwrap_or_default(), firm.default_tax_rate);
        line_items.extend(billed.lines(firm.default_tax_rate)?);
        let invoice = Invoice {
            project: project_id,
            address: address.or_else(|| client.address.clone()),
            reference,
            memo,
            notes,
            line_items,
            discount: self.discount.map(|new| discount(new, currency)).transpose()?,
            issue_date: self.issue_date,
            due_date: self.due_date,
            ..Invoice::new(client_id, client.contact.clone(), currency)
        };
        billed.check(&invoice)?;
        invoice.checked(now)
    }
}

/// Changes to a draft: what is absent stays, what is null is cleared.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reference": "PO-4711", "discount": null}))]
struct InvoicePatch {
    /// Whom it is addressed to, in place of what the client said when it was drafted.
    #[serde(default)]
    #[schema(value_type = Option<SingleLine<200>>, nullable = false)]
    company_name: Set<SingleLine<200>>,
    #[serde(default)]
    #[schema(value_type = Option<SingleLine<200>>)]
    contact_name: Patch<SingleLine<200>>,
    #[serde(default)]
    #[schema(value_type = Option<Email>)]
    email: Patch<Email>,
    #[serde(default)]
    #[schema(value_type = Option<SingleLine<40>>)]
    phone: Patch<SingleLine<40>>,
    #[serde(default)]
    #[schema(value_type = Option<MultiLine<1000>>)]
    address: Patch<MultiLine<1000>>,
    #[serde(default)]
    #[schema(value_type = Option<SingleLine<100>>)]
    reference: Patch<SingleLine<100>>,
    #[serde(default)]
    #[schema(value_type = Option<MultiLine<2000>>)]
    memo: Patch<MultiLine<2000>>,
    #[serde(default)]
    #[schema(value_type = Option<MultiLine<5000>>)]
    notes: Patch<MultiLine<5000>>,
    /// All lines, in place of those before; they bill the same time entries.
    #[serde(default)]
    #[schema(value_type = Option<Vec<NewInvoiceLine>>, nullable = false)]
    line_items: Set<Vec<Object<NewInvoiceLine>>>,
    #[serde(default)]
    #[schema(value_type = Option<NewDiscount>)]
    discount: Patch<Object<NewDiscount>>,
    #[serde(default)]
    #[schema(value_type = Option<Date>)]
    issue_date: Patch<Date>,
    #[serde(default)]
    #[schema(value_type = Option<Date>)]
    due_date: Patch<Date>,
}

impl InvoicePatch {
    fn over(self, before: Invoice, firm: &Firm) -> Result<Invoice, Refusal> {
        let Self { company_name, contact_name, email, phone, address, reference, memo, notes, .. } = self;
        let line_items = self.line_items.value().map(|new| lines(new, firm.default_tax_rate));
        Ok(Invoice {
            contact: ContactPatch { company_name, contact_name, email, phone }.over(before.contact),
            address: address.over(before.address),
            reference: reference.over(before.reference),
            memo: memo.over(before.memo),
            notes: notes.over(before.notes),
            line_items: line_items.unwrap_or(before.line_items),
            discount: self.discount.try_map(|new| discount(new, before.currency))?.over(before.discount),
            issue_date: self.issue_date.over(before.issue_date),
            due_date: self.due_date.over(before.due_date),
            ..before
        })
    }
}

/// List invoices.
#[utoipa::path(get, path = "/api/finance/invoices/", tag = "invoices", params(InvoiceFilter, PageParams), security(("staff" = ["billing.read"])),
    responses((status = 200, description = "A page of invoices", body = Page<InvoiceSummary>)))]
async fn list_invoices(cx: Cx, staff: Staff<may::ReadBilling>, query: ListQuery<InvoiceFilter>) -> Result<Answer, Problem> {
    let InvoiceFilter { client, status, archived } = query.filter;
    let which = which(archived, status.map(InvoiceState::as_str), client.map(Into::into))?;
    cx.list::<InvoiceSummary, _>(&staff, which, &query).await
}

/// Draft an invoice to a client.
#[utoipa::path(post, path = "/api/finance/invoices/", tag = "invoices", request_body = NewInvoice, security(("staff" = ["billing.write"])),
    responses((status = 201, description = "The draft", body = InvoiceOut)))]
async fn create_invoice(cx: Cx, staff: Staff<may::WriteBilling>, Valid(body): Valid<NewInvoice>) -> Result<Answer, Problem> {
    let bill = body.bill()?;
    let read = bill.read(cx.read(&staff).record(body.client).maybe(body.project).record(staff.firm));
    let found = read.fetch().await?;
    let client = found.named("client", body.client)?;
    let project = body.project.map(|id| found.named("project", id)).transpose()?;
    let billed = bill.found(&found)?;
    let invoice = body.invoice(&client, project.as_deref(), &*found.record(staff.firm)?, &billed, cx.now)?;
    let (mut change, id) = (cx.change(&staff), cx.new_id());
    billed.bill(&mut change, id)?;
    let invoice = change.create(id, invoice, invoice::event::CREATED)?;
    cx.commit(change, cx.created::<InvoiceOut>(&invoice)).await
}

/// Show an invoice.
#[utoipa::path(get, path = "/api/finance/invoices/{id}/", tag = "invoices", params(("id" = InvoiceId, Path)), security(("staff" = ["billing.read"])),
    responses((status = 200, description = "The invoice", body = InvoiceOut)))]
async fn show_invoice(cx: Cx, staff: Staff<may::ReadBilling>, Path(id): Path<InvoiceId>) -> Result<Answer, Problem> {
    cx.show::<InvoiceOut>(&staff, id).await
}

/// Change a draft.
#[utoipa::path(patch, path = "/api/finance/invoices/{id}/", tag = "invoices", params(("id" = InvoiceId, Path)), request_body = InvoicePatch,
    security(("staff" = ["billing.write"])), responses((status = 200, description = "The draft", body = InvoiceOut)))]
async fn update_invoice(
    cx: Cx,
    staff: Staff<may::WriteBilling>,
    Path(id): Path<InvoiceId>,
    Valid(body): Valid<InvoicePatch>,
) -> Result<Answer, Problem> {
    let (mut change, before, firm) = cx.edit_with_firm(&staff, id).await?;
    let invoice = change.update(&before, before.edit(body.over(before.content.clone(), &firm)?, cx.now)?)?;
    cx.commit(change, cx.ok::<InvoiceOut>(&invoice)).await
}

/// Delete a draft, or archive an invoice that is over.
///
/// The time entries of a draft can be billed again soon after.
#[utoipa::path(delete, path = "/api/finance/invoices/{id}/", tag = "invoices", params(("id" = InvoiceId, Path)),
    security(("staff" = ["billing.write"])), responses((status = 204, description = "It is deleted or archived")))]
async fn remove_invoice(cx: Cx, staff: Staff<may::WriteBilling>, Path(id): Path<InvoiceId>) -> Result<Answer, Problem> {
    let (mut change, invoice) = cx.edit(&staff, id).await?;
    change.remove(&invoice, invoice.remove()?)?;
    cx.commit(change, Ok(Answer::no_content())).await
}

/// List what happened to an invoice.
#[utoipa::path(get, path = "/api/finance/invoices/{id}/history/", tag = "invoices", params(("id" = InvoiceId, Path), PageParams),
    security(("staff" = ["billing.read"])), responses((status = 200, description = "A page of events", body = Page<EventOut>)))]
async fn list_invoice_history(
    cx: Cx,
    staff: Staff<may::ReadBilling>,
    Path(id): Path<InvoiceId>,
    query: ListQuery<NoFilter>,
) -> Result<Answer, Problem> {
    cx.history(&staff, id, &query).await
}
