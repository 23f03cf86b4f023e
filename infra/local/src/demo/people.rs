//! The firm signs up, says how it bills, and invites its people.

use serde_json::json;

use super::{
    calendar::Calendar,
    firm::{CURRENCY, FIRM, OWNER, PASSWORD, Person, STAFF, TAX},
    loader::{Loader, once, together},
};
use crate::{caller::Caller, error::Result};

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
        "address": address, "tax_number": "3407412", "vat_id": "IE3407412UH",
    });
    loader.patch(key, "/api/auth/firm/", &terms).await?;
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
