//! Credit notes in the table. Those on an invoice are listed by it as others are by a state.

use derive::View;
use domain::{
    Date, Id, Money, MultiLine,
    client::Client,
    credit_note::CreditNote,
    ids::{CreditId, InvoiceId},
};
use serde::{Deserialize, Serialize};

use crate::{Entity, Placement};

/// What lists know of a credit note.
#[derive(Debug, Clone, Serialize, Deserialize, View)]
#[view(of = CreditNote)]
pub struct CreditNoteRow {
    /// `CRN-000001`, without the letters and zeros.
    pub number: u64,
    /// On which invoice.
    pub invoice: InvoiceId,
    /// Whose invoice.
    pub client: Id<Client>,
    /// The day on it, the firm's; on notes from before it was written, none.
    #[serde(default)]
    pub issue_date: Option<Date>,
    /// How much, with tax.
    pub amount: Money,
    /// How much of it is tax: all notes on an invoice of all of it have exactly its tax.
    pub tax: Money,
    /// Why.
    pub reason: MultiLine<2000>,
    /// By how much it made less what was due.
    pub reduced: Money,
    /// How much of it became the client's credit.
    pub credited: Money,
    /// How much of it was refunded at Stripe, or is to be.
    pub refunded: Money,
    /// How much of it was given back otherwise.
    pub out_of_band: Money,
    /// The client's credit that it became.
    pub credit: Option<CreditId>,
}

impl Entity for CreditNote {
    const TYPE: &'static str = "CREDIT_NOTE";
    type Row = CreditNoteRow;

    fn row(&self) -> Self::Row {
        self.into()
    }

    fn placement(&self) -> Placement<Self> {
        Placement {
            parent: Some(self.client.into()),
            filter: Some(self.invoice.to_string()),
            parent_state: None,
            person: None,
            keeps_open: Vec::new(),
            timers: Vec::new(),
        }
    }
}
