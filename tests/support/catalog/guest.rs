//! What whoever has the link of a mail sees and does.

use super::{Given, Row, invoices::sent, row};
use crate::Firm;

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("show_guest_invoice", async |firm| Given::named(linked(firm).await)),
        row("open_guest_checkout", async |firm| Given::named(linked(firm).await)).asks_others(),
    ]
}

/// The token of the link in the mail of an invoice that was sent.
async fn linked(firm: &Firm<'_>) -> String {
    firm.guest_link(&sent(firm).await, 1)
}
