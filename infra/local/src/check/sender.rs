//! How a firm's mails come: in the language of whom they go to, and in the firm's own words and colour.

use serde_json::json;

use super::{Firm, Walk};
use crate::{
    caller::Caller,
    error::{OrMissing, Result},
};

pub(super) async fn walk(walk: &mut Walk, firm: &Firm) -> Result<()> {
    let (caller, owner, to) = (&walk.caller.clone(), &firm.owner, walk.email("erika"));
    let client = walk
        .step("a client is written to in German", async {
            let body = json!({ "company_name": "Muster GmbH", "contact_name": "Erika Muster", "email": to, "language": "de" });
            caller.post("/api/clients/clients/", &body).by(owner).send().await?.is(201)?.text("/id")
        })
        .await?;
    walk.step("its invoice says so, with amounts as they are written there", async {
        bill(caller, owner, &client).await?;
        let mail = caller.mail(&to, "Guten Tag Erika Muster,").await?;
        mail.contains("Offener Betrag: 1.500,00\u{a0}€").then_some(()).or_missing(format!("the mail isn't in German: {mail}"))
    })
    .await?;
    let text =
        json!({ "subject": "{{firm}}: {{number}}", "opening": "Danke, {{recipient}}.\n\nBis {{due_date}} sind {{amount_due}} offen." });
    walk.step("the firm looks at how its invoices would begin in its own words and colour", async {
        caller.patch("/api/auth/firm/", &json!({ "brand_color": "#0F766E" })).by(owner).send().await?.is(200)?;
        let preview = caller.post(&format!("{INVOICE}preview/"), &text).by(owner).send().await?.is(200)?;
        let (shown, html) = (preview.text("/text")?, preview.text("/html")?);
        let is_shown = shown.contains("Danke, Erika Muster.") && html.contains("#0f766e");
        is_shown.then_some(()).or_missing(format!("the preview doesn't show them: {shown}"))
    })
    .await?;
    walk.step("a placeholder that there isn't is refused", async {
        let refused = caller.put(INVOICE, &json!({ "opening": "{{nmber}}" })).by(owner).send().await?.is(422)?;
        refused.text("/errors/opening/0").map(|_| ())
    })
    .await?;
    walk.step("its next invoice begins so", async {
        caller.put(INVOICE, &text).by(owner).send().await?.is(200)?;
        bill(caller, owner, &client).await?;
        let mail = caller.mail(&to, "Danke, Erika Muster.").await?;
        mail.contains("sind 1.500,00\u{a0}€ offen.").then_some(()).or_missing(format!("the mail isn't in the firm's words: {mail}"))
    })
    .await
}

/// How invoices begin that go to who is written to in German.
const INVOICE: &str = "/api/auth/firm/mail-texts/invoice/de/";

/// Sends `client` an invoice.
async fn bill(caller: &Caller, owner: &str, client: &str) -> Result<()> {
    let line = json!({ "description": "Workshop", "quantity": 1.5, "unit_price": "1000" });
    let body = json!({ "client": client, "line_items": [line] });
    let invoice = caller.post("/api/finance/invoices/", &body).by(owner).send().await?.is(201)?.text("/id")?;
    caller.post(&format!("/api/finance/invoices/{invoice}/send/"), &json!({})).by(owner).send().await?.is(200).map(|_| ())
}
