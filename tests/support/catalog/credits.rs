//! Clients' credits.

use super::{Given, Row, invoices::credit, row};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("list_credits", async |_| Given::nothing()),
        row("show_credit", async |firm| Given::named(credit(firm).await)),
        row("list_credit_history", async |firm| Given::named(credit(firm).await)),
    ]
}
