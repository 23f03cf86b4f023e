//! How a firm's mails come: in the language of whom they go to, in the firm's own words and colour, and from its own domain.

use serde_json::{Value, json};
use std::time::Duration;

use super::{Firm, Walk};
use crate::{
    caller::Caller,
    error::{Error, OrMissing, Result},
    mailbox, ses,
};

/// Where a firm says which domain is its own.
const DOMAIN: &str = "/api/auth/firm/sender-domain/";

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
    .await?;
    own_domain(walk, firm, &client, &to).await
}

/// The firm's domain, from its claim to a mail to `client`, who is reached at `to`.
async fn own_domain(walk: &mut Walk, firm: &Firm, client: &str, to: &str) -> Result<()> {
    let (caller, owner, domain) = (&walk.caller.clone(), &firm.owner, format!("firm-{}.example", walk.word));
    walk.step("the firm says that a domain is its own, and is told what its DNS is to say", async {
        caller.put(DOMAIN, &json!({ "domain": domain })).by(owner).send().await?.is(200)?.has("/status", &json!("requested"))?;
        stands(caller, owner, "pending").await?;
        let shown = caller.get(DOMAIN).by(owner).send().await?.is(200)?;
        shown.has("/records/0/type", &json!("CNAME"))?.has("/records/3/type", &json!("MX"))?.has("/records/3/status", &json!("missing"))
    })
    .await?;
    walk.step("its DNS says so, and the domain is verified", async {
        caller.post(&format!("{}{domain}/", ses::DNS_PATH), &Value::Null).send().await?.is(200)?;
        let checked = caller.post(&format!("{DOMAIN}check/"), &json!({})).by(owner).send().await?;
        // The schedule may have been faster.
        if ![200, 409].contains(&checked.status()) {
            checked.is(200)?;
        }
        stands(caller, owner, "verified").await
    })
    .await?;
    walk.step("its mails come from there", async {
        let line = json!({ "description": "Anfahrt", "quantity": 1, "unit_price": "77" });
        let body = json!({ "client": client, "line_items": [line] });
        let invoice = caller.post("/api/finance/invoices/", &body).by(owner).send().await?.is(201)?.text("/id")?;
        caller.post(&format!("/api/finance/invoices/{invoice}/send/"), &json!({})).by(owner).send().await?.is(200)?;
        caller.mail(to, "77,00").await?;
        let mails = caller.get(&format!("{}?format=json", mailbox::PATH)).send().await?.is(200)?;
        let of_domain = |mail: &Value| mail.get("from").is_some_and(|from| from.to_string().contains(&format!("@{domain}>")));
        let is_there = mails.body().as_array().is_some_and(|mails| mails.iter().any(of_domain));
        is_there.then_some(()).or_missing("no mail comes from the domain")
    })
    .await?;
    walk.step("it is taken away", async { caller.delete(DOMAIN).by(owner).send().await?.is(204).map(drop) }).await
}

/// The firm's domain stands at `status`, as soon as it does.
async fn stands(caller: &Caller, owner: &str, status: &str) -> Result<()> {
    // Asked less than a minute after it was looked at, it is looked at in its turn, a minute after the claim.
    for _ in 0..320 {
        if caller.get(DOMAIN).by(owner).send().await?.is(200)?.text("/status")? == status {
            return Ok(());
        }
        // What is due is looked at at once, as in a few minutes.
        caller.post("/_local/schedules/Timers/", &Value::Null).send().await?.is(200)?;
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    Err(Error::new(format!("the domain isn't {status}")))
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
