//! Credit notes: what of an invoice is taken back after it was sent. First they make what is due less; what is more than
//! that was paid, and becomes the client's credit or goes back to the client, at Stripe or out of band.

use serde::{Deserialize, Serialize};

use crate::{
    Date, Money, MultiLine, Price, Refusal,
    client::OfClient,
    credit::{Credit, Origin},
    ids::{ClientId, CreditId, CreditNoteId, InvoiceId},
    invoice::{Invoice, NewNoteLine, NoteLine, TakeBack},
    tax::Tax,
};

crate::events! {
    CreditNote {
        /// Issued.
        Issued = "credit_note.issued" is Creation,
    }
}

/// What of an invoice is taken back: `amount = reduced + credited + refunded + out_of_band`, exactly.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CreditNote {
    /// `CRN-000001`, without the letters and zeros.
    pub number: u64,
    /// On which invoice.
    pub invoice: InvoiceId,
    /// Whose invoice.
    pub client: ClientId,
    /// The day on it, the firm's; on notes from before it was written, none.
    #[serde(default)]
    pub issue_date: Option<Date>,
    /// How much, with tax.
    pub amount: Money,
    /// How much of it is tax: all notes on an invoice of all of it have exactly its tax.
    pub tax: Money,
    /// What is taken back, line by line.
    #[serde(default)]
    pub lines: Vec<NoteLine>,
    /// The taxes on that.
    #[serde(default)]
    pub taxes: Vec<Tax>,
    /// Why.
    pub reason: MultiLine<2000>,
    /// By how much it made less what was due.
    pub reduced: Money,
    /// How much of it became the client's credit.
    pub credited: Money,
    /// How much of it was refunded at Stripe, or is to be.
    pub refunded: Money,
    /// How much of it was given back otherwise: by transfer, in cash.
    pub out_of_band: Money,
    /// The client's credit that it became.
    pub credit: Option<CreditId>,
}

impl OfClient for CreditNote {
    fn client(&self) -> ClientId {
        self.client
    }
}

/// What is to be taken back.
#[derive(Debug, Clone)]
pub struct NewCreditNote {
    /// Of which lines; all that is left of the invoice, where it isn't said.
    pub lines: Option<Vec<NewNoteLine>>,
    /// How much of it was refunded at Stripe, or is to be: at least what was before, of which no note told.
    pub refunded: Option<Price>,
    /// How much of it was given back otherwise. The rest that isn't due any more is credit.
    pub out_of_band: Option<Price>,
    /// Why.
    pub reason: MultiLine<2000>,
}

/// The ids of what comes of a credit note.
#[derive(Debug, Clone, Copy)]
pub struct Ids {
    /// Of the invoice.
    pub invoice: InvoiceId,
    /// Of the note.
    pub note: CreditNoteId,
    /// Of the client's credit, if it comes to that.
    pub credit: CreditId,
}

/// What comes of a credit note.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The note.
    pub note: CreditNote,
    /// The invoice, and what happened to it.
    pub invoice: (Invoice, crate::invoice::Event),
    /// The client's new credit, if it comes to that.
    pub credit: Option<Credit>,
}

/// `number` as people write it: `CRN-000001`.
pub fn label(number: u64) -> String {
    format!("CRN-{number:06}")
}

impl CreditNote {
    /// The note `number` of `today`, the firm's, on `invoice`: first it makes less what is due; of the rest, what isn't paid
    /// back becomes credit.
    pub fn issue(number: u64, invoice: &Invoice, new: NewCreditNote, ids: Ids, today: Date) -> Result<Issued, Refusal> {
        let NewCreditNote { lines, refunded, out_of_band, reason } = new;
        let refunded = refunded.map(|price| Money::new("refunded_amount", price, invoice.currency)).transpose()?;
        let out_of_band = out_of_band.map(|price| Money::new("out_of_band_amount", price, invoice.currency)).transpose()?;
        let out_of_band = out_of_band.unwrap_or(Money::zero(invoice.currency));
        let taken = invoice.take_back(TakeBack { lines, refunded, out_of_band, credit: ids.credit })?;
        let credit = (!taken.credited.is_zero())
            .then(|| Credit::new(invoice.client, taken.credited, Origin::CreditNote { invoice: ids.invoice, credit_note: ids.note }));
        let note = Self {
            number,
            invoice: ids.invoice,
            client: invoice.client,
            issue_date: Some(today),
            amount: taken.amount,
            tax: taken.taxes.iter().map(|tax| tax.amount).fold(Money::zero(invoice.currency), Money::and),
            lines: taken.lines,
            taxes: taken.taxes,
            reason,
            reduced: taken.reduced,
            credited: taken.credited,
            refunded: taken.refunded,
            out_of_band,
            credit: credit.as_ref().map(|_| ids.credit),
        };
        Ok(Issued { note, invoice: taken.invoice, credit })
    }

    /// How much of it is still to go back to the payer at Stripe, where `invoice` is what the note left of it.
    pub fn goes_back(&self, invoice: &Invoice) -> Money {
        self.refunded.part_within(invoice.refunds_outstanding())
    }

    /// How much of it went back to the payer, at Stripe or out of band.
    pub fn went_back(&self, invoice: &Invoice) -> Money {
        self.refunded.and(self.out_of_band).without(self.goes_back(invoice))
    }

    /// Its number as people write it: `CRN-000001`.
    pub fn label(&self) -> String {
        label(self.number)
    }
}
