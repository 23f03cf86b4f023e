//! The firm signs up, says how it bills, and invites its people.

use serde_json::{Value, json};
use std::time::{Duration, Instant};

use super::{
    calendar::Calendar,
    firm::{COLOR, CURRENCY, FIRM, OPENING, OWNER, PASSWORD, Person, STAFF, TAX},
    loader::{Loader, once, together},
};
use crate::{
    caller::Caller,
    error::{Error, Result},
    stripe,
};

/// The firm with all its people, signed in.
pub(super) async fn load(caller: Caller, calendar: Calendar) -> Result<Loader> {
    let Person { key, name, email, .. } = OWNER;
    let body = json!({
        "firm_name": FIRM, "name": name, "email": email, "password": PASSWORD, "currency": CURRENCY, "time_zone": "Europe/Dublin",
    });
    let owner = once(|key| caller.post("/api/auth/register/", &body).header("idempotency-key", key)).await?.is(201)?;
    let mut loader = Loader::new(caller, calendar);
    loader.sign_in(key, owner.text("/user/id")?, owner.text("/access")?);
    loader.confirm(email).await?;
    let address = json!({ "line1": "7 Custom House Quay", "postal_code": "D01 R9Y0", "city": "Dublin", "country": "IE" });
    let terms = json!({
        "hourly_rates": [{ "hourly_rate": "130" }], "payment_terms_days": 30, "reminder_days": [1, 7, 14], "default_tax_rate": TAX,
        "address": address, "tax_number": "3407412", "vat_id": "IE3407412UH", "brand_color": COLOR,
    });
    loader.patch(key, "/api/auth/firm/", &terms).await?;
    loader.put(key, "/api/auth/firm/mail-texts/invoice/en/", &json!({ "subject": null, "opening": OPENING })).await?;
    connect(&loader, key).await?;
    let invited = together(STAFF.iter().map(async |Person { name, email, role, .. }| {
        loader.create(key, "/api/auth/users/", &json!({ "name": name, "email": email, "role": role })).await?.text("/id")
    }))
    .await?;
    let tokens = together(STAFF.iter().map(async |person| loader.activate(person.email).await)).await?;
    for (person, (id, token)) in STAFF.iter().zip(invited.into_iter().zip(tokens)) {
        loader.sign_in(person.key, id, token);
    }
    Ok(loader)
}

/// How long an account may take to be set up, by way of Stripe, webhook and queue.
const PATIENCE: Duration = Duration::from_secs(60);

/// The firm sets up how it is paid online. Nobody but a person could at Stripe itself.
async fn connect(loader: &Loader, owner: &str) -> Result<()> {
    if loader.caller.get(stripe::PATH).send().await?.status() != 200 {
        return Ok(());
    }
    const SETTINGS: &str = "/api/auth/firm/payments/";
    loader.act(owner, &format!("{SETTINGS}connect/"), &json!({})).await?;
    let account = loader.get(owner, SETTINGS).await?.text("/account")?;
    loader.caller.press(&loader.caller.at(&format!("{}accounts/{account}", stripe::PATH)), "complete").await?;
    let deadline = Instant::now() + PATIENCE;
    while loader.get(owner, SETTINGS).await?.body().pointer("/charges_enabled") != Some(&Value::Bool(true)) {
        if Instant::now() > deadline {
            return Err(Error::new("the firm's account for payments isn't set up"));
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    Ok(())
}
