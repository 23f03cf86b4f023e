//! Credit notes in the table. Those on an invoice are listed by it as others are by a state.

use domain::credit_note::CreditNote;

use crate::{Entity, Parent};

impl Entity for CreditNote {
    const TYPE: &'static str = "CREDIT_NOTE";
    type Row = Self;

    fn row(&self) -> Self {
        self.clone()
    }

    fn parent(&self) -> Option<Parent> {
        Some(self.client.into())
    }

    fn filter_key(&self) -> Option<String> {
        Some(self.invoice.to_string())
    }
}
