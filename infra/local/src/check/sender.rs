//! How a firm's mails come: in the language of whom they go to.

use serde_json::json;

use super::{Firm, Walk};
use crate::error::{OrMissing, Result};

pub(super) async fn walk(walk: &mut Walk, firm: &Firm) -> Result<()> {
    let (caller, owner, to) = (&walk.caller.clone(), &firm.owner, walk.email("erika"));
    let client = walk
        .step("a client is written to in German", async {
            let body = json!({ "company_name": "Muster GmbH", "contact_name": "Erika Muster", "email": to, "language": "de" });
            caller.post("/api/clients/clients/", &body).by(owner).send().await?.is(201)?.text("/id")
        })
        .await?;
    walk.step("its invoice says so, with amounts as they are written there", async {
        let line = json!({ "description": "Workshop", "quantity": 1.5, "unit_price": "1000" });
        let body = json!({ "client": client, "line_items": [line] });
        let invoice = caller.post("/api/finance/invoices/", &body).by(owner).send().await?.is(201)?.text("/id")?;
        caller.post(&format!("/api/finance/invoices/{invoice}/send/"), &json!({})).by(owner).send().await?.is(200)?;
        let mail = caller.mail(&to, "Guten Tag Erika Muster,").await?;
        mail.contains("Offener Betrag: 1.500,00\u{a0}€").then_some(()).or_missing(format!("the mail isn't in German: {mail}"))
    })
    .await
}
