//! Invoices in the table.

use derive::View;
use domain::{
    Currency, Date, Id, Money, SingleLine, Time,
    client::Client,
    contact::Contact,
    ids::ProjectId,
    invoice::{self, Invoice, Status, Totals},
};
use serde::{Deserialize, Serialize};

use crate::{Entity, OpenItem, Placement, Row};

/// What lists know of an invoice.
#[derive(Debug, Clone, Serialize, Deserialize, View)]
#[view(of = Invoice)]
pub struct InvoiceRow {
    /// `INV-000001`, without the letters and zeros; none before it is sent.
    pub number: Option<u64>,
    /// Who is to pay.
    pub client: Id<Client>,
    /// Whom it is addressed to: the client as it was when the invoice was drafted.
    #[serde(flatten)]
    pub contact: Contact,
    /// The project that it is for.
    pub project: Option<ProjectId>,
    /// What it is in.
    pub currency: Currency,
    /// What the client calls it: the number of an order.
    pub reference: Option<SingleLine<100>>,
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
    /// How much of what was paid went to this invoice.
    pub amount_paid: Money,
    /// By how much credit notes made what is due less.
    pub amount_credited: Money,
    /// How much of what was paid went back to the payers.
    pub amount_refunded: Money,
    /// When it was marked as overdue.
    pub overdue_at: Option<Time>,
    /// What is due.
    #[view(it.amount_due())]
    pub amount_due: Money,
}

impl Entity for Invoice {
    const TYPE: &'static str = "INVOICE";
    type Row = InvoiceRow;

    fn row(&self) -> Self::Row {
        self.into()
    }

    fn placement(&self) -> Placement<Self> {
        Placement {
            parent: Some(self.client.into()),
            filter: Some(self.state().to_owned()),
            parent_state: Some((self.client.into(), self.state())),
            person: None,
            keeps_open: self.status.is_open().then(|| self.client.into()).into_iter().collect(),
            timers: self.timers(),
        }
    }
}

impl OpenItem for Invoice {
    fn open_item(row: &Row<Self>) -> Option<String> {
        let name =
            || row.number.map_or_else(|| format!("the draft {}", row.id), |number| format!("the invoice {}", invoice::label(number)));
        row.status.is_open().then(name)
    }
}
