//! Payments: what was paid on an invoice. What is more than was due becomes the client's credit; none of it is lost.

use serde::{Deserialize, Serialize};

use super::{Event, Excess, Invoice, Status};
use crate::{
    Currency, Date, Money, Price, Refusal, SingleLine, Time,
    credit::{Credit, Origin},
    ids::{CreditId, InvoiceId, PaymentId},
    reversal::Reversal,
};

/// Most payments that can be recorded on an invoice; they live inside its record.
pub const MOST_PAYMENTS: usize = 100;
/// How many days before an invoice's date a payment of it can have been made.
const BEFOREHAND: i64 = 366;

/// How something is paid that staff record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ManualPaymentMethod {
    /// From account to account.
    BankTransfer,
    /// By card, at the firm.
    Card,
    /// In notes and coins.
    Cash,
    /// By a check.
    Check,
    /// Drawn by the firm.
    DirectDebit,
    /// In another way.
    Other,
}

/// How something was paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = PaymentMethod))]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// From account to account.
    BankTransfer,
    /// By card, at the firm.
    Card,
    /// In notes and coins.
    Cash,
    /// By a check.
    Check,
    /// Drawn by the firm.
    DirectDebit,
    /// In another way.
    Other,
    /// Online, through Stripe.
    Stripe,
    /// From the client's credit.
    Credit,
}

impl From<ManualPaymentMethod> for Method {
    fn from(method: ManualPaymentMethod) -> Self {
        match method {
            ManualPaymentMethod::BankTransfer => Self::BankTransfer,
            ManualPaymentMethod::Card => Self::Card,
            ManualPaymentMethod::Cash => Self::Cash,
            ManualPaymentMethod::Check => Self::Check,
            ManualPaymentMethod::DirectDebit => Self::DirectDebit,
            ManualPaymentMethod::Other => Self::Other,
        }
    }
}

/// How far the payer's bank got that wants a payment back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Dispute {
    /// That isn't decided.
    Open,
    /// It did not get it.
    Won,
    /// It did: the money is gone.
    Lost,
}

/// What was paid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Payment {
    /// Names it.
    pub id: PaymentId,
    /// How much, in all.
    pub amount: Money,
    /// How.
    pub method: Method,
    /// What a bank statement says of it.
    pub reference: Option<SingleLine<100>>,
    /// The day on which it was paid.
    pub date: Date,
    /// When it was recorded.
    pub at: Time,
    /// Stripe's name of it.
    pub payment_intent: Option<String>,
    /// Stripe's page on which it was made.
    pub session: Option<String>,
    /// The client's credit that it was paid from.
    pub credit: Option<CreditId>,
    /// What was more than was due.
    pub excess: Option<Excess>,
    /// How much of it went back, where it is paid from a credit that the invoice's own money became.
    pub went_back: Money,
    /// How much of it went back to the payer, in all.
    pub refunded: Money,
    /// Whether the payer's bank wants it back.
    pub dispute: Option<Dispute>,
    /// That it was recorded wrongly, if it was.
    pub reversal: Option<Reversal>,
    /// Whether the client gets a receipt.
    pub receipt: bool,
}

/// A payment that staff record.
#[derive(Debug, Clone)]
pub struct NewPayment {
    /// How much.
    pub amount: Price,
    /// In which currency; the invoice's, which it must be.
    pub currency: Option<Currency>,
    /// How.
    pub method: ManualPaymentMethod,
    /// What a bank statement says of it.
    pub reference: Option<SingleLine<100>>,
    /// The day on which it was paid.
    pub date: Date,
    /// Whether the client gets a receipt.
    pub receipt: bool,
}

/// That a client's credit is to pay an invoice.
#[derive(Debug, Clone, Copy)]
pub struct NewUse {
    /// How much of it; as much as is due and there, where it isn't said.
    pub amount: Option<Price>,
    /// The day of it.
    pub date: Date,
    /// Whether the client gets a receipt.
    pub receipt: bool,
}

/// What comes of a payment.
#[derive(Debug, Clone)]
pub struct Booked {
    /// The invoice, and what happened to it.
    pub invoice: (Invoice, Event),
    /// The client's new credit, if more was paid than was due.
    pub credit: Option<Credit>,
}

/// What comes of paying from credit.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The invoice, and what happened to it.
    pub invoice: (Invoice, Event),
    /// The credit, and what happened to it.
    pub credit: (Credit, crate::credit::Event),
}

impl Invoice {
    /// The invoice, whose id is `id`, once `new` was paid, on `today`, the firm's, or before. It becomes the payment
    /// `payment`, and what is too much the credit `credit`: all of it, where nothing is due, since the firm has the money
    /// whichever way it came.
    pub fn record_payment(
        &self,
        id: InvoiceId,
        new: NewPayment,
        payment: PaymentId,
        credit: CreditId,
        now: Time,
        today: Date,
    ) -> Result<Booked, Refusal> {
        self.draft_takes_no_money()?;
        let NewPayment { amount, currency, method, reference, date, receipt } = new;
        if currency.is_some_and(|currency| currency != self.currency) {
            return Err(Refusal::rule("currency", format!("The invoice is in {}.", self.currency)));
        }
        let amount = Money::new("amount", amount, self.currency)?;
        if amount.is_zero() {
            return Err(Refusal::rule("amount", "More than nothing."));
        }
        date.not_after("date", today)?;
        if self.issue_date.is_some_and(|issued| date < issued.plus_days(-BEFOREHAND)) {
            return Err(Refusal::rule("date", "Is more than a year before the invoice."));
        }
        self.room_for_payment()?;
        let booked = self.receive(id, Payment { reference, receipt, ..self.payment(payment, amount, method.into(), date, now) }, credit)?;
        if booked.credit.is_some() {
            self.room_for_credit()?;
        }
        Ok(booked)
    }

    /// The invoice, whose id is `id`, and `from`, whose id is `from_id`, once `new` of that paid this, as the payment
    /// `payment`.
    pub fn apply_credit(
        &self,
        id: InvoiceId,
        (from_id, from): (CreditId, &Credit),
        new: NewUse,
        payment: PaymentId,
        now: Time,
    ) -> Result<Applied, Refusal> {
        let NewUse { amount, date, receipt } = new;
        self.payable()?;
        if from.client != self.client {
            return Err(Refusal::rule("credit", "Is another client's."));
        }
        if from.amount.currency() != self.currency {
            return Err(Refusal::rule("credit", format!("Is in {}, the invoice in {}.", from.amount.currency(), self.currency)));
        }
        let due = self.amount_due();
        let amount = amount.map_or(Ok(due.part_within(from.remaining)), |amount| Money::new("amount", amount, self.currency))?;
        if amount.minor() > due.minor() {
            return Err(Refusal::rule("amount", format!("Only {due} is due.")));
        }
        let spent = from.spend(id, payment, amount, now)?;
        if amount.is_zero() {
            return Err(Refusal::rule("amount", "More than nothing."));
        }
        self.room_for_payment()?;
        let paid = Payment { credit: Some(from_id), receipt, ..self.payment(payment, amount, Method::Credit, date, now) };
        // Not more than is due, so none of it becomes another credit.
        Ok(Applied { invoice: self.receive(id, paid, from_id)?.invoice, credit: spent })
    }

    /// The invoice, whose id is `id`, with `payment` too; what is too much of it becomes the credit `credit`.
    pub(super) fn receive(&self, id: InvoiceId, payment: Payment, credit: CreditId) -> Result<Booked, Refusal> {
        let takes = match self.status {
            Status::Sent | Status::Uncollectible => self.amount_due(),
            Status::Draft | Status::Paid | Status::Void => Money::zero(self.currency),
        };
        let applied = takes.part_within(payment.amount);
        let rest = payment.amount.minus("amount", applied)?;
        let excess = (!rest.is_zero()).then(|| Excess::new(rest, credit));
        let origin = Origin::Overpayment { invoice: id, payment: payment.id };
        let invoice = self.with_payments([self.payments.as_slice(), &[Payment { excess, ..payment }]].concat())?.drawing();
        let event = if invoice.status == self.status { Event::PaymentRecorded } else { Event::Paid };
        let credit = excess.map(|excess| Credit::new(self.client, excess.amount, origin));
        let withdrawn = invoice.payments.last().and_then(Payment::withdrawn);
        let credit = credit.map(|credit| withdrawn.and_then(|(_, gone)| credit.withdraw(gone)).map_or(credit, |(credit, _)| credit));
        Ok(Booked { invoice: (invoice, event), credit })
    }

    /// The invoice with just these payments, and where it stands then.
    pub(super) fn with_payments(&self, payments: Vec<Payment>) -> Result<Self, Refusal> {
        let (nothing, payments) = (Money::zero(self.currency), Self::returning(payments));
        let amount_paid = payments.iter().try_fold(nothing, |sum, payment| sum.plus("amount", payment.applied()))?;
        let amount_refunded = payments.iter().try_fold(nothing, |sum, payment| sum.plus("amount", payment.refunded))?;
        Ok(Self { payments, amount_paid, amount_refunded, ..self.clone() }.standing())
    }

    /// The invoice where it stands by what is due: paid if that is nothing; if it is something, as it stood before.
    pub(super) fn standing(self) -> Self {
        let due = !self.amount_due().is_zero();
        let status = match self.status {
            Status::Sent | Status::Uncollectible if !due => Status::Paid,
            Status::Paid if due && self.written_off => Status::Uncollectible,
            Status::Paid if due => Status::Sent,
            Status::Draft | Status::Sent | Status::Paid | Status::Void | Status::Uncollectible => self.status,
        };
        Self { status, ..self }
    }

    /// A payment of `amount` that hasn't become part of the invoice.
    pub(super) fn payment(&self, id: PaymentId, amount: Money, method: Method, date: Date, now: Time) -> Payment {
        Payment {
            id,
            amount,
            method,
            reference: None,
            date,
            at: now,
            payment_intent: None,
            session: None,
            credit: None,
            excess: None,
            went_back: Money::zero(amount.currency()),
            refunded: Money::zero(amount.currency()),
            dispute: None,
            reversal: None,
            receipt: true,
        }
    }

    /// That something is due, and it can be paid.
    pub(super) fn payable(&self) -> Result<(), Refusal> {
        match self.status {
            Status::Sent | Status::Uncollectible => Ok(()),
            Status::Draft => Err(Refusal::state("The invoice isn't sent.")),
            Status::Paid => Err(Refusal::state("The invoice is paid already.")),
            Status::Void => Err(Refusal::state("The invoice is void.")),
        }
    }

    fn draft_takes_no_money(&self) -> Result<(), Refusal> {
        match self.status {
            Status::Draft => Err(Refusal::state("The invoice isn't sent.")),
            Status::Sent | Status::Paid | Status::Void | Status::Uncollectible => Ok(()),
        }
    }

    fn room_for_payment(&self) -> Result<(), Refusal> {
        if self.payments.len() < MOST_PAYMENTS {
            Ok(())
        } else {
            Err(Refusal::state(format!("The invoice has {MOST_PAYMENTS} payments already.")))
        }
    }
}
