//! Invoices: what a client is asked to pay, and what came of it.
//!
//! draft → sent → paid | void | uncollectible. What an invoice asks for freezes when it is sent, and it gets its number
//! then. What is due is always `total − paid − credited` and never less than nothing: money beyond it becomes the
//! client's credit. Overdue follows from the day on which one looks; a timer marks it, so that it can be listed.

mod action;
mod checkout;
mod lines;
mod noted;
mod payment;
mod reminders;
mod stripe;
mod time;

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

pub use checkout::{Checkout, CheckoutState, Link};
pub use lines::{Discount, LineItem, MOST_LINES, Totals};
pub use payment::{Applied, Booked, Dispute, Excess, MOST_PAYMENTS, ManualPaymentMethod, Method, NewPayment, Payment, PaymentId};
pub use stripe::{Received, Settled};

use serde::{Deserialize, Serialize};

use crate::{
    Currency, Date, Id, Kind, Money, MultiLine, SingleLine, Time,
    client::{Client, OfClient},
    contact::Contact,
    project::ProjectId,
    time_entry::TimeEntryId,
};

crate::events! {
    Invoice {
        /// Drafted.
        Created = "invoice.created" is Creation,
        /// The draft was changed.
        Updated = "invoice.updated" is Edit,
        /// Is out, with a number; paid already if it comes to nothing.
        Sent = "invoice.sent" is Change,
        /// Some of it, or more than was due, was paid, and that didn't change where it stands.
        PaymentRecorded = "invoice.payment_recorded" is Change,
        /// The last that was due was paid, or credited.
        Paid = "invoice.paid" is Change,
        /// A credit note made what is due less.
        Credited = "invoice.credited" is Change,
        /// Some of what was paid went back to the payer.
        Refunded = "invoice.refunded" is Change,
        /// The payer's bank wants a payment back, or doesn't any more.
        Disputed = "invoice.disputed" is Change,
        /// The payer's bank took back a payment, so that something is due again.
        Reopened = "invoice.reopened" is Change,
        /// Taken back as if it had never been sent.
        Voided = "invoice.voided" is Change,
        /// Nobody expects any more that it is paid.
        WrittenOff = "invoice.written_off" is Change,
        /// Its last day passed.
        Overdue = "invoice.overdue" is Change,
        /// The client is to be reminded.
        Reminded = "invoice.reminded" is Change,
        /// A page to pay it is about to be asked for.
        CheckoutPrepared = "invoice.checkout_prepared" is Change,
        /// There is a page to pay it.
        CheckoutOpened = "invoice.checkout_opened" is Change,
        /// A page to pay it is gone.
        CheckoutExpired = "invoice.checkout_expired" is Change,
        /// A draft was thrown away.
        Deleted = "invoice.deleted" is Deletion,
        /// Archived.
        Archived = "invoice.archived" is Archiving,
        /// Taken out of the archive.
        Restored = "invoice.restored" is Restoring,
    }
}

/// Where an invoice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = InvoiceStatus))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Being written.
    Draft,
    /// Is out, and something is due.
    Sent,
    /// Nothing is due any more.
    Paid,
    /// Taken back as if it had never been sent.
    Void,
    /// Nobody expects any more that it is paid; it still can be.
    Uncollectible,
}

impl Status {
    /// Whether on the day `today` the last day to pay, `due_date`, is over and something is due.
    pub fn is_overdue(self, today: Date, due_date: Option<Date>) -> bool {
        match self {
            Self::Sent => due_date.is_some_and(|last| last < today),
            Self::Draft | Self::Paid | Self::Void | Self::Uncollectible => false,
        }
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Sent => "sent",
            Self::Paid => "paid",
            Self::Void => "void",
            Self::Uncollectible => "uncollectible",
        }
    }
}

/// What a client is asked to pay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Invoice {
    /// `INV-000001`, without the letters and zeros; none before it is sent.
    pub number: Option<u64>,
    /// Who is to pay.
    pub client: Id<Client>,
    /// Whom it is addressed to: the client as it was when the invoice was drafted.
    #[serde(flatten)]
    pub contact: Contact,
    /// Where it is addressed to, as on an envelope.
    pub address: Option<MultiLine<1000>>,
    /// The project that it is for.
    pub project: Option<ProjectId>,
    /// What it is in.
    pub currency: Currency,
    /// What the client calls it: the number of an order.
    pub reference: Option<SingleLine<100>>,
    /// What else the client is told.
    #[serde(default)]
    pub memo: Option<MultiLine<2000>>,
    /// What the client isn't told.
    #[serde(default)]
    pub notes: Option<MultiLine<5000>>,
    /// What is charged, line by line.
    #[serde(default)]
    pub line_items: Vec<LineItem>,
    /// What is taken off it as a whole.
    pub discount: Option<Discount>,
    /// What it comes to.
    #[serde(flatten)]
    pub totals: Totals,
    /// The day on it. Default: that of sending.
    pub issue_date: Option<Date>,
    /// The last day to pay. Default: by the firm's terms.
    pub due_date: Option<Date>,
    /// Where it stands.
    pub status: Status,
    /// When it was sent.
    pub sent_at: Option<Time>,
    /// Why it was taken back or given up.
    #[serde(default)]
    pub reason: Option<MultiLine<2000>>,
    /// What was paid.
    #[serde(default)]
    pub payments: Vec<Payment>,
    /// How much of what was paid went to this invoice.
    pub amount_paid: Money,
    /// By how much credit notes made what is due less.
    pub amount_credited: Money,
    /// How much of what was paid went back to the payers.
    pub amount_refunded: Money,
    /// What all credit notes come to, whatever became of it.
    #[serde(default = "unlisted")]
    pub credit_noted: Money,
    /// How much of that is tax.
    #[serde(default = "unlisted")]
    pub tax_noted: Money,
    /// The pages on which it can be, or could be, paid.
    #[serde(default)]
    pub checkouts: Vec<Checkout>,
    /// When it was marked as overdue.
    pub overdue_at: Option<Time>,
    /// On which days after the last one to pay the client is reminded: the firm's, when it was sent.
    #[serde(default)]
    pub reminders: Vec<i16>,
    /// How many of these are over.
    #[serde(default)]
    pub reminded: u8,
}

/// What lists, which leave it out, have in its place.
fn unlisted() -> Money {
    Money::zero(Currency::USD)
}

impl Kind for Invoice {
    const PREFIX: &'static str = "inv";
    const NAME: &'static str = "invoice";
}

/// The id of an invoice.
pub type InvoiceId = Id<Invoice>;

impl OfClient for Invoice {
    fn client(&self) -> Id<Client> {
        self.client
    }
}

/// `number` as people write it: `INV-000001`.
pub fn label(number: u64) -> String {
    format!("INV-{number:06}")
}

impl Invoice {
    /// An empty draft to `client`, addressed to `contact`.
    pub fn new(client: Id<Client>, contact: Contact, currency: Currency) -> Self {
        let nothing = Money::zero(currency);
        Self {
            number: None,
            client,
            contact,
            address: None,
            project: None,
            currency,
            reference: None,
            memo: None,
            notes: None,
            line_items: Vec::new(),
            discount: None,
            totals: Totals::nothing(currency),
            issue_date: None,
            due_date: None,
            status: Status::Draft,
            sent_at: None,
            reason: None,
            payments: Vec::new(),
            amount_paid: nothing,
            amount_credited: nothing,
            amount_refunded: nothing,
            credit_noted: nothing,
            tax_noted: nothing,
            checkouts: Vec::new(),
            overdue_at: None,
            reminders: Vec::new(),
            reminded: 0,
        }
    }

    /// Its number as people write it: `INV-000001`; none before it is sent.
    pub fn label(&self) -> Option<String> {
        self.number.map(label)
    }

    /// What is due: `total − paid − credited`.
    pub fn amount_due(&self) -> Money {
        let due = self.totals.total.minus("total", self.amount_paid).and_then(|rest| rest.minus("total", self.amount_credited));
        due.unwrap_or(Money::zero(self.currency))
    }

    /// Whether on the day `today` its last day to pay is over and something is due.
    pub fn is_overdue(&self, today: Date) -> bool {
        self.status.is_overdue(today, self.due_date)
    }

    /// Where it stands as lists are filtered: `overdue` is apart from `sent`, once it is marked.
    pub fn state(&self) -> &'static str {
        if self.status == Status::Sent && self.overdue_at.is_some() { "overdue" } else { self.status.as_str() }
    }

    /// The time entries that it bills.
    pub fn time_entries(&self) -> impl Iterator<Item = TimeEntryId> + '_ {
        self.line_items.iter().filter_map(|line| line.time_entry)
    }
}
