//! What is undelivered.

use super::{Given, Row, row};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("list_undelivered", async |firm| Given::beside(firm.undelivered().await)),
        row("show_undelivered", async |firm| Given::named(firm.undelivered().await)),
        row("dismiss_undelivered", async |firm| Given::named(firm.undelivered().await)),
        row("retry_undelivered", async |firm| Given::named(firm.undelivered().await)),
    ]
}
