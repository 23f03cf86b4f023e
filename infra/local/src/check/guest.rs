//! An invoice that is paid by somebody without a log-in, by the link in its mail.

use serde_json::json;
use std::time::{Duration, Instant};

use super::{Firm, Walk, billing::settles};
use crate::{
    caller::{Caller, guest_token},
    error::{Error, Result},
};

/// How long a mail that is sent again may take.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) async fn walk(walk: &mut Walk, firm: &Firm) -> Result<()> {
    let (caller, owner) = (&walk.caller.clone(), &firm.owner);
    let [billing, copy] = ["billing", "copy"].map(|who| walk.email(who));
    walk.step("a client's invoices go to its billing e-mail, with a copy", async {
        let body = json!({ "billing_email": billing, "cc": [copy] });
        let client = caller.patch(&format!("/api/clients/clients/{}/", firm.client), &body).by(owner).send().await?.is(200)?;
        client.has("/billing_email", &json!(billing))?.has("/cc/0", &json!(copy))
    })
    .await?;
    let (invoice, number) = walk
        .step("an invoice is sent", async {
            let line = json!({ "description": "Workshop", "quantity": 1, "unit_price": "800", "tax_rate": 20 });
            let body = json!({ "client": firm.client, "line_items": [line], "notes": "Not for the client" });
            let invoice = caller.post("/api/finance/invoices/", &body).by(owner).send().await?.is(201)?.text("/id")?;
            let sent = caller.post(&format!("/api/finance/invoices/{invoice}/send/"), &json!({})).by(owner).send().await?.is(200)?;
            Ok((invoice, sent.text("/number")?))
        })
        .await?;
    let first = walk
        .step("its mail arrives there, with a link", async { guest_token(&caller.mail(&billing, &format!("Invoice {number}")).await?) })
        .await?;
    let show = |token: &str| caller.get(&format!("/api/guest/invoices/{token}/")).send();
    walk.step("whoever has the link sees the invoice, and not the firm's notes", async {
        show(&first).await?.is(200)?.has("/number", &json!(number))?.has("/amount_due", &json!("960.00"))?.lacks("/notes")
    })
    .await?;
    walk.step("who guesses one doesn't: 404", async { show(&first.to_lowercase()).await?.is(404) }).await?;
    let token = walk
        .step("sent again, it has another link", async {
            caller.post(&format!("/api/finance/invoices/{invoice}/resend/"), &json!({})).by(owner).send().await?.is(200)?;
            another(caller, &billing, &number, &first).await
        })
        .await?;
    walk.step("and the one before it works no more: 404", async { show(&first).await?.is(404) }).await?;
    let checkout = format!("/api/guest/invoices/{token}/checkout/");
    let url = walk
        .step("the link leads to a page to pay", async { caller.post(&checkout, &json!({})).send().await?.is(200)?.text("/url") })
        .await?;
    walk.step("somebody pays there", async { caller.press(&url, "pay").await }).await?;
    walk.step("the invoice is paid", async {
        settles(caller, owner, &format!("/api/finance/invoices/{invoice}/"), "/status", &json!("paid")).await?;
        show(&token).await?.is(200)?.has("/status", &json!("paid"))?.has("/payments/0/amount", &json!("960.00"))
    })
    .await?;
    walk.step("the receipt arrives there too", caller.mail(&billing, "Receipt from")).await?;
    walk.step("revoked, the link shows nothing: 404", async {
        caller.post(&format!("/api/finance/invoices/{invoice}/revoke-link/"), &json!({})).by(owner).send().await?.is(200)?;
        show(&token).await?.is(404)
    })
    .await?;
    Ok(())
}

/// The token in the newest mail to `address` of the invoice `number`, as soon as it is another than `before`.
async fn another(caller: &Caller, address: &str, number: &str, before: &str) -> Result<String> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        let token = guest_token(&caller.mail(address, &format!("Invoice {number}")).await?)?;
        if token != before {
            return Ok(token);
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    Err(Error::new("no other link has come"))
}
