//! Invoices: what a client is asked to pay, and what came of it.
//!
//! draft → sent → paid | void | uncollectible. What an invoice asks for freezes when it is sent, and it gets its number
//! then. What is due is always `total − paid − credited`; it never comes to less than nothing, since money beyond it
//! becomes the client's credit. Overdue follows from the day on which one looks; a timer marks it, so that it can be listed.

mod action;
mod checkout;
mod excess;
mod lines;
mod mailed;
mod noted;
mod noted_lines;
mod payment;
mod refunded;
mod reminders;
mod reversal;
mod stripe;
mod time;

#[cfg(test)]
mod simulation;
#[cfg(test)]
pub(crate) mod tests;

pub use checkout::{Checkout, CheckoutState, ExpireCheckouts, Link};
pub use excess::Excess;
pub use lines::{Discount, LineItem, MOST_LINES, Totals};
pub use mailed::GuestLink;
pub use noted::NoteCredit;
pub(crate) use noted::TakeBack;
pub use noted_lines::{LineNoted, NewNoteLine, NoteLine};
pub use payment::{Applied, Booked, Dispute, MOST_PAYMENTS, ManualPaymentMethod, Method, NewPayment, NewUse, Payment};
pub use reversal::Reversed;
pub use stripe::{Received, Settled};

use serde::{Deserialize, Serialize};

use crate::{
    Currency, Date, Email, Money, MultiLine, SingleLine, Time, TimeZone,
    address::{Address, Party, VatId},
    client::OfClient,
    contact::{Cc, Contact},
    ids::{ClientId, ProjectId, TimeEntryId},
    tax::Tax,
};

crate::events! {
    Invoice {
        /// Drafted.
        Created = "invoice.created" is Creation,
        /// The draft was changed, or what the client isn't told.
        Updated = "invoice.updated" is Edit,
        /// Is out, with a number; paid already if it comes to nothing.
        Sent = "invoice.sent" is Change,
        /// Is mailed once more, to where the client's invoices go now, with another link.
        Resent = "invoice.resent" is Change,
        /// The link that shows it works no more.
        LinkRevoked = "invoice.link_revoked" is Change,
        /// Some of it, or more than was due, was paid, and that didn't change where it stands.
        PaymentRecorded = "invoice.payment_recorded" is Reviving,
        /// A payment turned out to be recorded wrongly.
        PaymentReversed = "invoice.payment_reversed" is Reviving,
        /// The last that was due was paid, or credited.
        Paid = "invoice.paid" is Reviving,
        /// A credit note made what is due less.
        Credited = "invoice.credited" is Reviving,
        /// Some of what was paid went back to the payer.
        Refunded = "invoice.refunded" is Reviving,
        /// The payer's bank wants a payment back, or doesn't any more.
        Disputed = "invoice.disputed" is Reviving,
        /// Something is due again, since the payer's bank took back a payment, or some of it went back that seemed to be kept.
        Reopened = "invoice.reopened" is Reviving,
        /// Other time takes back what one of its lines bills.
        TimeReversed = "invoice.time_reversed" is Change,
        /// The time that took back what one of its lines bills is deleted.
        TimeReinstated = "invoice.time_reinstated" is Change,
        /// Taken back as if it had never been sent.
        Voided = "invoice.voided" is Change,
        /// Nobody expects any more that it is paid.
        WrittenOff = "invoice.written_off" is Change,
        /// It is expected again that it is paid.
        WriteOffReversed = "invoice.write_off_reversed" is Change,
        /// Its last day passed.
        Overdue = "invoice.overdue" is Change,
        /// The client is to be reminded.
        Reminded = "invoice.reminded" is Change,
        /// A day on which the client was to be reminded is passed over, since the client's reminders are paused.
        ReminderPassedOver = "invoice.reminder_passed_over" is Change,
        /// The client isn't reminded of it by itself for now.
        RemindersPaused = "invoice.reminders_paused" is Change,
        /// The client is reminded of it by itself again.
        RemindersResumed = "invoice.reminders_resumed" is Change,
        /// A page to pay it is about to be asked for.
        CheckoutPrepared = "invoice.checkout_prepared" is Change,
        /// There is a page to pay it.
        CheckoutOpened = "invoice.checkout_opened" is Change,
        /// A page to pay it is filled in, and the money is on its way.
        CheckoutPending = "invoice.checkout_pending" is Change,
        /// A payment of it that is known was made on a page to pay it.
        CheckoutPaid = "invoice.checkout_paid" is Change,
        /// The money that was on its way won't come.
        CheckoutFailed = "invoice.checkout_failed" is Change,
        /// Somebody wanted to pay it online, and the firm takes no payments there.
        CheckoutUnavailable = "invoice.checkout_unavailable" is Change,
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

/// Where an invoice stands; paid once nothing is due any more, be it paid or credited.
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

    /// Whether it is to be paid, or may come to be.
    pub fn is_open(self) -> bool {
        match self {
            Self::Draft | Self::Sent => true,
            Self::Paid | Self::Void | Self::Uncollectible => false,
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

/// How an invoice reaches the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SentBy {
    /// By mail to whom it is addressed to, at once.
    Mail,
    /// By the firm's people, on paper or otherwise.
    Hand,
}

/// What a client is asked to pay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Invoice {
    /// `INV-000001`, without the letters and zeros; none before it is sent.
    pub number: Option<u64>,
    /// Who is to pay.
    pub client: ClientId,
    /// Whom it is addressed to: the client as it was when the invoice was drafted.
    #[serde(flatten)]
    pub contact: Contact,
    /// Where it is mailed, in place of the contact's e-mail: the client's, when it was drafted or sent again.
    #[serde(default)]
    pub billing_email: Option<Email>,
    /// Who gets a copy of its mails: likewise.
    #[serde(default)]
    pub cc: Cc,
    /// Where it is addressed to.
    pub address: Option<Address>,
    /// The number under which the client's tax office knows it.
    #[serde(default)]
    pub tax_number: Option<SingleLine<40>>,
    /// The number under which the client pays value added tax.
    #[serde(default)]
    pub vat_id: Option<VatId>,
    /// Who sends it: the firm as it was then.
    #[serde(default)]
    pub seller: Option<Party>,
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
    /// The taxes on it.
    #[serde(default)]
    pub taxes: Vec<Tax>,
    /// The day on it. Default: that of sending.
    pub issue_date: Option<Date>,
    /// The last day to pay. Default: by the firm's terms.
    pub due_date: Option<Date>,
    /// Where it stands.
    pub status: Status,
    /// When it was sent.
    pub sent_at: Option<Time>,
    /// How.
    #[serde(default)]
    pub sent_by: Option<SentBy>,
    /// The link that shows it to whoever has it; none before it is sent.
    #[serde(default)]
    pub guest_link: Option<GuestLink>,
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
    pub credit_noted: Money,
    /// How much of each line credit notes took back, in the order of the lines.
    #[serde(default)]
    pub line_notes: Vec<LineNoted>,
    /// The time of its lines that other time takes back: what a line charges is taken back once, by that or by credit notes.
    #[serde(default)]
    pub time_reversed: Vec<TimeEntryId>,
    /// What they took back, by its tax.
    #[serde(default)]
    pub taxes_noted: Vec<Tax>,
    /// How much of what went back to the payers, or is to go, credit notes tell of.
    pub refund_noted: Money,
    /// How much of that made what is due less instead, since other money was gone: see [`Invoice::absorbing`].
    pub refund_absorbed: Money,
    /// The credits that credit notes made of what was paid.
    #[serde(default)]
    pub note_credits: Vec<NoteCredit>,
    /// The pages on which it can be, or could be, paid.
    #[serde(default)]
    pub checkouts: Vec<Checkout>,
    /// When somebody first wanted to pay it online and couldn't, since the firm took no payments there.
    #[serde(default)]
    pub unpayable_at: Option<Time>,
    /// Whether it was given up: it is again, if what pays it is gone.
    #[serde(default)]
    pub written_off: bool,
    /// When it was marked as overdue.
    pub overdue_at: Option<Time>,
    /// On which days after the last one to pay the client is reminded: the firm's, when it was sent.
    #[serde(default)]
    pub reminders: Vec<i16>,
    /// How many of these are over.
    #[serde(default)]
    pub reminded: u8,
    /// When the client was reminded last.
    #[serde(default)]
    pub reminded_at: Option<Time>,
    /// Whether the client isn't reminded of it by itself.
    #[serde(default)]
    pub reminders_paused: bool,
    /// Where the firm was, when it was sent: until its last day to pay is over, the client is reminded on days of there.
    #[serde(default)]
    pub time_zone: Option<TimeZone>,
}

impl OfClient for Invoice {
    fn client(&self) -> ClientId {
        self.client
    }
}

/// `number` as people write it: `INV-000001`.
pub fn label(number: u64) -> String {
    format!("INV-{number:06}")
}

impl Invoice {
    /// An empty draft to `client`, addressed to `contact`.
    pub fn new(client: ClientId, contact: Contact, currency: Currency) -> Self {
        let nothing = Money::zero(currency);
        Self {
            number: None,
            client,
            contact,
            billing_email: None,
            cc: Cc::default(),
            address: None,
            tax_number: None,
            vat_id: None,
            seller: None,
            project: None,
            currency,
            reference: None,
            memo: None,
            notes: None,
            line_items: Vec::new(),
            discount: None,
            totals: Totals::nothing(currency),
            taxes: Vec::new(),
            issue_date: None,
            due_date: None,
            status: Status::Draft,
            sent_at: None,
            sent_by: None,
            guest_link: None,
            reason: None,
            payments: Vec::new(),
            amount_paid: nothing,
            amount_credited: nothing,
            amount_refunded: nothing,
            credit_noted: nothing,
            line_notes: Vec::new(),
            time_reversed: Vec::new(),
            taxes_noted: Vec::new(),
            refund_noted: nothing,
            refund_absorbed: nothing,
            note_credits: Vec::new(),
            checkouts: Vec::new(),
            unpayable_at: None,
            written_off: false,
            overdue_at: None,
            reminders: Vec::new(),
            reminded: 0,
            reminded_at: None,
            reminders_paused: false,
            time_zone: None,
        }
    }

    /// Whom it is addressed to, as it names them: the client as it was when the invoice was drafted.
    pub fn buyer(&self) -> Party {
        let Self { contact, address, tax_number, vat_id, .. } = self.clone();
        Party { name: contact.company_name, address, tax_number, vat_id }
    }

    /// Its number as people write it: `INV-000001`; none before it is sent.
    pub fn label(&self) -> Option<String> {
        self.number.map(label)
    }

    /// What is due: `total − paid − credited`; of a void invoice, on which nothing was paid or credited, nothing.
    pub fn amount_due(&self) -> Money {
        if self.status == Status::Void {
            return Money::zero(self.currency);
        }
        self.totals.total.without(self.amount_paid).without(self.amount_credited)
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
