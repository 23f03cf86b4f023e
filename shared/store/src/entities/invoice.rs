//! Invoices in the table.

use domain::{invoice::Invoice, timer::Timer};

use crate::{Entity, Parent};

impl Entity for Invoice {
    const TYPE: &'static str = "INVOICE";
    const DETAIL: &'static [&'static str] = &[
        "address",
        "memo",
        "notes",
        "line_items",
        "discount",
        "reason",
        "payments",
        "checkouts",
        "reminders",
        "credit_noted",
        "tax_noted",
    ];

    fn parent(&self) -> Option<Parent> {
        Some(self.client.into())
    }

    fn state(&self) -> Option<&'static str> {
        Some(self.state())
    }

    fn timers(&self) -> Vec<Timer> {
        self.timers()
    }
}
