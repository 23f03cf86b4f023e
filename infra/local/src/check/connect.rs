//! A firm's own account at Stripe, into which its clients pay.

use serde_json::{Value, json};

use super::{Firm, Walk, billing::settles};
use crate::{
    error::{OrMissing, Result},
    stripe,
};

const SETTINGS: &str = "/api/auth/firm/payments/";

/// The firm sets it up.
pub(super) async fn walk(walk: &mut Walk, firm: &Firm) -> Result<()> {
    let (caller, owner) = (&walk.caller.clone(), &firm.owner);
    walk.step("a firm takes no payments online at first", async {
        let settings = caller.get(SETTINGS).by(owner).send().await?.is(200)?;
        settings.has("/mode", &json!("connect"))?.has("/account", &Value::Null)?.has("/charges_enabled", &json!(false))
    })
    .await?;
    let connect = || caller.post(&format!("{SETTINGS}connect/"), &json!({})).by(owner).send();
    let url = walk.step("its owner asks for a page of Stripe's", async { connect().await?.is(200)?.text("/url") }).await?;
    let account = walk
        .step("the account is there, and Stripe asks for more", async {
            let settings = caller.get(SETTINGS).by(owner).send().await?.is(200)?;
            settings.has("/details_submitted", &json!(false))?.text("/account")
        })
        .await?;
    walk.step("asked again, it is another page for the same account", async {
        let other = connect().await?.is(200)?.text("/url")?;
        (other != url).then_some(()).or_missing("it is the same page")?;
        caller.get(SETTINGS).by(owner).send().await?.is(200)?.has("/account", &json!(account))
    })
    .await?;
    walk.step("the page names the account", async {
        let page = caller.open(&url).await?;
        page.contains(&account).then_some(()).or_missing(format!("{account} isn't on the page"))
    })
    .await?;
    press(walk, &account, "complete").await?;
    walk.step("clients can pay", async { settles(caller, owner, SETTINGS, "/charges_enabled", &json!(true)).await }).await?;
    walk.step("and its owner is told", caller.mail(&firm.owner_email, "Clients can pay you online")).await?;
    Ok(())
}

/// Stripe restricts it, and lets it take payments again.
pub(super) async fn restricted(walk: &mut Walk, firm: &Firm) -> Result<()> {
    let (caller, owner, portal) = (&walk.caller.clone(), &firm.owner, &firm.portal_user);
    let account = caller.get(SETTINGS).by(owner).send().await?.is(200)?.text("/account")?;
    let line = json!({ "description": "Workshop", "quantity": 1, "unit_price": "300" });
    let body = json!({ "client": firm.client, "line_items": [line] });
    let invoice = caller.post("/api/finance/invoices/", &body).by(owner).send().await?.is(201)?.text("/id")?;
    caller.post(&format!("/api/finance/invoices/{invoice}/send/"), &json!({})).by(owner).send().await?.is(200)?;
    let link = || caller.post(&format!("/api/clients/invoices/{invoice}/payment-link/"), &json!({})).by(portal).send();
    press(walk, &account, "restrict").await?;
    walk.step("Stripe says what is missing", async {
        settles(caller, owner, SETTINGS, "/charges_enabled", &json!(false)).await?;
        let settings = caller.get(SETTINGS).by(owner).send().await?.is(200)?;
        settings.has("/requirements/currently_due/0", &json!("individual.verification.document"))
    })
    .await?;
    walk.step("its owner is told", caller.mail(&firm.owner_email, "Clients can't pay you online for now")).await?;
    walk.step("a payment link says that it can't be paid: 409", async {
        link().await?.is(409)?.has("/type", &json!("urn:consultantpro:problem:payments-unavailable"))
    })
    .await?;
    press(walk, &account, "complete").await?;
    walk.step("and again that it can", async {
        settles(caller, owner, SETTINGS, "/charges_enabled", &json!(true)).await?;
        link().await?.is(200)
    })
    .await?;
    Ok(())
}

async fn press(walk: &mut Walk, account: &str, button: &str) -> Result<()> {
    let caller = walk.caller.clone();
    let url = caller.at(&format!("{}accounts/{account}", stripe::PATH));
    walk.step(&format!("“{button}” is pressed at Stripe"), async { caller.press(&url, button).await }).await
}
