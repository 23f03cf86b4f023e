//! A mail that comes back: it is known, its address gets no more, and what it was for goes to the corrected one.

use serde_json::json;

use super::{Firm, Walk, billing::settles, text};
use crate::error::Result;

pub(super) async fn walk(walk: &mut Walk, firm: &Firm) -> Result<()> {
    let (caller, owner) = (&walk.caller.clone(), &firm.owner);
    let (gone, right) = (format!("bounce+{}@simulator.amazonses.com", walk.word), walk.email("corrected"));
    let (client, invoice) = walk
        .step("an invoice is sent to an address that isn't there any more", async {
            let body = json!({ "company_name": "Moved Ltd", "email": gone });
            let client = caller.post("/api/clients/clients/", &body).by(owner).send().await?.is(201)?.text("/id")?;
            let line = json!({ "description": "Workshop", "quantity": 1, "unit_price": "100" });
            let body = json!({ "client": client, "line_items": [line] });
            let invoice = caller.post("/api/finance/invoices/", &body).by(owner).send().await?.is(201)?.text("/id")?;
            caller.post(&format!("/api/finance/invoices/{invoice}/send/"), &json!({})).by(owner).send().await?.is(200)?;
            Ok((client, invoice))
        })
        .await?;
    let mails = format!("/api/auth/firm/mails/?record={invoice}");
    walk.step("its mail is known to have come back", async {
        settles(caller, owner, &mails, "/results/0/status", &json!("bounced")).await?.has("/results/0/bounce/kind", &json!("permanent"))
    })
    .await?;
    walk.step("the address gets no more", async {
        let suppressed = caller.get("/api/auth/firm/suppressions/?status=active").by(owner).send().await?.is(200)?;
        suppressed.has("/results/0/email", &json!(gone))
    })
    .await?;
    let undelivered = walk
        .step("the mail is undelivered", async {
            let waiting =
                settles(caller, owner, "/api/auth/firm/undelivered/?status=waiting", "/results/0/record", &json!(invoice)).await?;
            text(waiting.body(), "/results/0/id")
        })
        .await?;
    walk.step("the address is corrected, and it is tried again", async {
        caller.patch(&format!("/api/clients/clients/{client}/"), &json!({ "email": right })).by(owner).send().await?.is(200)?;
        caller.post(&format!("/api/auth/firm/undelivered/{undelivered}/retry/"), &json!({})).by(owner).send().await?.is(200)
    })
    .await?;
    walk.step("the mail arrives", caller.mail(&right, "INV-")).await?;
    walk.step("and is known to be delivered", async {
        settles(caller, owner, &mails, "/results/0/status", &json!("delivered")).await?.has("/results/0/to", &json!(right))
    })
    .await?;
    Ok(())
}
