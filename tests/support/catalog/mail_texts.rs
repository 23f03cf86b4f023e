//! How a firm begins its mails in its own words.

use serde_json::{Value, json};

use super::{Given, Row, row};
use crate::Firm;

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("show_mail_texts", async |firm| Given::beside(written(firm, "invoice/en").await)),
        // Of another firm each time, which has none so far: what is as it was is no change.
        row("write_mail_text", async |firm| Given::named("invoice/de").with(text()).by(&firm.app.firm().await.owner)).repeatable(),
        row("reset_mail_text", async |firm| Given::named(written(firm, "reminder/en").await)).repeatable().of_no_record(),
        row("preview_mail_text", async |_| Given::named("receipt/en").with(json!({"subject": "{{amount_paid}}", "opening": "Thanks."})))
            .unshown(&["subject"])
            .keeps_nothing(),
        row("list_mail_text_history", async |firm| Given::beside(written(firm, "invoice/en").await)),
    ]
}

fn text() -> Value {
    json!({"subject": "{{number}}, {{firm}}", "opening": "Hi {{recipient}}.\n\n{{amount_due}}"})
}

/// A text of the firm's own, where it is.
async fn written(firm: &Firm<'_>, which: &str) -> String {
    firm.owner.call(http::Method::PUT, format!("/api/auth/firm/mail-texts/{which}/")).json(text()).send().await.expect(200);
    which.to_owned()
}
