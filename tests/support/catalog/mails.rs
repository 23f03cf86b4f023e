//! Mails that were sent, and addresses to which none is.

use domain::access::Permission;

use super::{Given, Row, row};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("list_mails", async |firm| Given::beside(firm.mail().await)).others(Permission::ReadBilling),
        row("show_mail", async |firm| Given::named(firm.mail().await)).others(Permission::ReadBilling),
        row("list_suppressions", async |firm| Given::beside(firm.suppression().await)),
        row("show_suppression", async |firm| Given::named(firm.suppression().await)),
        row("lift_suppression", async |firm| Given::named(firm.suppression().await)),
        row("list_suppression_history", async |firm| Given::named(firm.suppression().await)),
    ]
}
