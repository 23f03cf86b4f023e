//! Firms' mail texts in the table.

use domain::mail_text::MailTexts;

use crate::{Entity, Placement};

impl Entity for MailTexts {
    const TYPE: &'static str = "MAIL_TEXTS";
    const IS_LISTED: bool = false;
    type Row = Self;

    fn row(&self) -> Self {
        self.clone()
    }

    fn placement(&self) -> Placement<Self> {
        Placement::nowhere()
    }
}
