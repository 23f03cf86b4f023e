//! `/api/finance/invoices/`. What is done to an invoice later is in `invoice_actions.rs`, `payments.rs` and `time.rs`.

use api::{
    Answer, App, Body, Cx, JsonObject, ListQuery, Page, Patch, Path, Problem, Routes, Set, Staff, Valid, get, list_scope, may, patch, post,
    routes,
};
use domain::{
    Currency, Date, Email, Language, MultiLine, Refusal, SingleLine, Time,
    address::{Address, VatId},
    client::Client,
    contact::Cc,
    firm::Firm,
    ids::{ClientId, InvoiceId, ProjectId, TimeEntryId},
    invoice::{self, Invoice},
    project::Project,
};
use serde::Deserialize;
use store::{Named, Record};
use utoipa::{IntoParams, ToSchema};
use wire::ContactPatch;

use crate::{
    invoice_actions,
    invoice_shape::{InvoiceOut, InvoiceSummary},
    lines::{NewDiscount, NewInvoiceLine, discount, lines},
    payments,
    time::{self, BilledEntries},
};

api::standard_handlers! {
    InvoiceId, InvoiceOut, "/api/finance/invoices/{id}/":
    /// Show an invoice.
    ///
    /// With what only the firm is shown: its notes, why it was taken back or given up, the next reminder and what all
    /// credit notes come to. An archived one is shown too.
    show_invoice: show by Staff<may::ReadBilling>;
    /// Delete a draft, or archive an invoice that is over.
    ///
    /// The time entries of a draft can be billed again soon after; nothing is left of it but its history. An archived one
    /// is gone from the client's list, and money, a refund or a dispute at Stripe takes it out of the archive. 409 while it
    /// is sent (void it, or wait until it is paid), and if it is archived already.
    remove_invoice: archive by Staff<may::WriteBilling>;
    /// Take an invoice out of the archive.
    ///
    /// The client's list has it again. One that isn't archived is shown as it is.
    restore_invoice: restore by Staff<may::WriteBilling>;
    /// List what happened to an invoice.
    ///
    /// Newest first, also of a draft that was deleted: by whom it was drafted, changed, sent, paid, credited, taken back or
    /// given up, and which fields that changed. What Stripe said is by `system:stripe`, what was due by `system:schedule`,
    /// what followed from other things by `system:outbox`, and what was done by its link by `guest`. Network addresses are
    /// for owners and managers.
    list_invoice_history: history by Staff<may::ReadBilling>;
}

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(list_invoices, create_invoice))
        .routes(routes!(show_invoice, update_invoice, remove_invoice))
        .routes(routes!(restore_invoice))
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
    client: Named<ClientId>,
    /// The project that it is for; of the client's.
    project: Option<Named<ProjectId>>,
    /// Default: that of the project, of the time or of the firm.
    currency: Option<Currency>,
    /// Where it is addressed to. Default: where the client is.
    address: Option<JsonObject<Address>>,
    /// What the client calls it: the number of an order.
    reference: Option<SingleLine<100>>,
    /// What else the client is told.
    memo: Option<MultiLine<2000>>,
    /// What the client isn't told.
    notes: Option<MultiLine<5000>>,
    /// At most 200 lines, whose descriptions take at most 50,000 bytes together.
    #[schema(max_items = 200)]
    line_items: Option<Vec<JsonObject<NewInvoiceLine>>>,
    /// At most 40, with those of the lines. They are billed as they were logged.
    #[schema(max_items = 40)]
    time_entries: Option<Vec<TimeEntryId>>,
    discount: Option<JsonObject<NewDiscount>>,
    /// The day on it. Default: that of sending.
    issue_date: Option<Date>,
    /// The last day to pay. Default: by the firm's terms.
    due_date: Option<Date>,
}

impl NewInvoice {
    /// The time entries that it bills.
    fn bill(&self) -> Result<BilledEntries, Refusal> {
        let lines = self.line_items.iter().flatten().enumerate();
        let priced = lines.filter_map(|(place, JsonObject(line))| Some((place, line.time_entry?)));
        BilledEntries::new(priced.collect(), self.time_entries.clone().unwrap_or_default())
    }

    /// The draft, in whose currency `billed` must be.
    fn invoice(
        self,
        client: &Record<Client>,
        project: Option<&Record<Project>>,
        firm: &Firm,
        billed: &time::Found,
        now: Time,
    ) -> Result<Invoice, Refusal> {
        let Self { currency, address, reference, memo, notes, .. } = self;
        if project.is_some_and(|project| project.client != client.id) {
            return Err(Refusal::rule("project", "Is another client's."));
        }
        let currency = currency.or(project.map(|project| project.currency)).or(billed.currency()).unwrap_or(firm.currency);
        let mut line_items = lines(self.line_items.unwrap_or_default(), firm.default_tax_rate)?;
        let said = line_items.len();
        line_items.extend(billed.lines(firm.default_tax_rate)?);
        let invoice = Invoice {
            project: project.map(|project| project.id),
            address: address.map(|JsonObject(address)| address).or_else(|| client.address.clone()),
            tax_number: client.tax_number.clone(),
            vat_id: client.vat_id.clone(),
            billing_email: client.billing_email.clone(),
            cc: client.cc.clone(),
            reference,
            memo,
            notes,
            line_items,
            discount: self.discount.map(|new| discount(new, currency)).transpose()?,
            issue_date: self.issue_date,
            due_date: self.due_date,
            ..Invoice::new(client.id, client.contact.clone(), currency)
        };
        billed.check(&invoice)?;
        invoice.checked(firm.time_zone.day(now)).map_err(|refusal| time::in_body(refusal, said))
    }
}

/// Changes to a draft, or to the notes of what was sent: what is absent stays, what is null is cleared.
#[derive(Debug, Default, Deserialize, ToSchema, Body)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"reference": "PO-4711", "discount": null}))]
#[body(
    patch = Invoice,
    given(firm: &Firm),
    set(contact = ContactPatch { company_name, contact_name, email, phone, language }.over(before.contact)),
    keep(
        number, client, seller, project, currency, totals, taxes, status, sent_at, sent_by, guest_link, reason, payments, amount_paid,
        amount_credited, amount_refunded, credit_noted, line_notes, time_reversed, taxes_noted, refund_noted, refund_absorbed,
        note_credits, checkouts, unpayable_at, written_off, overdue_at, reminders, reminded, reminded_at,
        reminders_paused, time_zone
    )
)]
struct InvoicePatch {
    /// Whom it is addressed to, in place of what the client said when it was drafted.
    #[body(skip)]
    company_name: Set<SingleLine<200>>,
    #[body(skip)]
    contact_name: Patch<SingleLine<200>>,
    #[body(skip)]
    email: Patch<Email>,
    #[body(skip)]
    phone: Patch<SingleLine<40>>,
    /// The language in which they are written to; null: the firm's.
    #[body(skip)]
    language: Patch<Language>,
    /// Where it is mailed, in place of `email`.
    billing_email: Patch<Email>,
    /// Who gets a copy: at most five, none twice, in place of those before.
    #[schema(value_type = Vec<Email>, max_items = 5, required = false)]
    cc: Set<Cc>,
    /// All of it, in place of the one before.
    #[body(address.map(|JsonObject(address)| address).over(before.address))]
    address: Patch<JsonObject<Address>>,
    tax_number: Patch<SingleLine<40>>,
    vat_id: Patch<VatId>,
    reference: Patch<SingleLine<100>>,
    memo: Patch<MultiLine<2000>>,
    /// What the client isn't told: the one thing that can be changed once it is sent.
    notes: Patch<MultiLine<5000>>,
    /// All lines, in place of those before; they bill the same time entries.
    #[body(line_items.value().map(|new| lines(new, firm.default_tax_rate)).transpose()?.unwrap_or(before.line_items))]
    #[schema(value_type = Vec<JsonObject<NewInvoiceLine>>, max_items = 200, required = false)]
    line_items: Set<Vec<JsonObject<NewInvoiceLine>>>,
    #[body(discount.try_map(|new| self::discount(new, before.currency))?.over(before.discount))]
    discount: Patch<JsonObject<NewDiscount>>,
    issue_date: Patch<Date>,
    due_date: Patch<Date>,
}

/// List invoices.
///
/// Newest first, without lines, taxes and payments, and without those that are archived, which `archived=true` lists. By
/// client, by status or archived: 422 for two at once.
#[get("/api/finance/invoices/")]
async fn list_invoices(
    cx: Cx,
    staff: Staff<may::ReadBilling>,
    query: ListQuery<InvoiceFilter>,
) -> Result<Answer<Page<InvoiceSummary>>, Problem> {
    let InvoiceFilter { client, status, archived } = query.filter;
    let scope = list_scope(archived, status.map(InvoiceState::as_str), client.map(Into::into))?;
    cx.list(&staff, scope, &query).await
}

/// Draft an invoice to a client.
///
/// It has no number, and the client isn't shown it before it is sent; it keeps the client as that is now. Its time entries
/// are on it at once. 409 for time that is on an invoice, or isn't approved where its project asks for that; 422 if there is
/// no such client, project or time, or it is archived; for another client's project or time, and time of another project, in
/// another currency or not to be billed; for time that takes back what was charged, at another price or with a discount; for
/// lines that come to less than nothing; for a day on it that is in the future, a last day to pay before that, and either
/// more than three years off.
#[post("/api/finance/invoices/", 201)]
async fn create_invoice(cx: Cx, staff: Staff<may::WriteBilling>, Valid(body): Valid<NewInvoice>) -> Result<Answer<InvoiceOut>, Problem> {
    let bill = body.bill()?;
    let read = bill.read(cx.read(&staff).named(body.client).named(body.project).record(staff.firm));
    let (found, mut change, id) = (read.fetch().await?, cx.change(&staff), cx.new_id());
    let client = change.depend(&found, "client", body.client)?;
    let project = change.depend_if(&found, "project", body.project)?;
    let billed = bill.found(&mut change, &found)?;
    let invoice = body.invoice(&client, project.as_ref(), &*found.record(staff.firm)?, &billed, cx.now)?;
    billed.bill(&mut change, id)?;
    let invoice = change.create(id, invoice, invoice::Event::Created)?;
    cx.commit(change, cx.created(&invoice)).await
}

/// Change a draft, or the notes of an invoice that was sent.
///
/// Its client, project and currency stay, and which time entries it bills, though lines can bill them at other prices. 409
/// once it is sent, for all but the notes, and if it is archived; 422 for lines with other time entries than before, at
/// other prices where they take back time, or that come to less than nothing; for a day on it that is in the future, a last
/// day to pay before that, and either more than three years off.
#[patch("/api/finance/invoices/{id}/")]
async fn update_invoice(
    cx: Cx,
    staff: Staff<may::WriteBilling>,
    Path(id): Path<InvoiceId>,
    Valid(body): Valid<InvoicePatch>,
) -> Result<Answer<InvoiceOut>, Problem> {
    let (mut change, before, firm) = cx.edit_with_firm(&staff, id).await?;
    let invoice = change.update(&before, before.edit(body.over(before.content.clone(), &firm)?, firm.time_zone.day(cx.now))?)?;
    cx.commit(change, cx.ok(&invoice)).await
}
