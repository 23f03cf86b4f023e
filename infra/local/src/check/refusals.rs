//! What the first flow must refuse, and what it must do once however often it is asked.

use serde_json::{Value, json};

use super::{Firm, PASSWORD, Walk, activate, register};
use crate::{
    caller::Caller,
    error::{Error, Result},
};

pub(super) async fn walk(walk: &mut Walk, firm: &Firm) -> Result<()> {
    callers(walk, firm).await?;
    bodies(walk, firm).await?;
    repetitions(walk, firm).await?;
    sessions(walk).await
}

/// Who calls.
async fn callers(walk: &mut Walk, firm: &Firm) -> Result<()> {
    let caller = &walk.caller.clone();
    let lead = &format!("/api/crm/leads/{}/", firm.lead);
    walk.step("no token: 401, and how to get one", async {
        caller.get("/api/crm/leads/").send().await?.is(401)?.header("www-authenticate")
    })
    .await?;
    walk.step("a made-up token: 401", async { caller.get("/api/crm/leads/").by("a.b.c").send().await?.is(401) }).await?;
    let stranger = walk.step("another firm signs up", register(caller, "Southwind Partners", &walk.email("sam"))).await?;
    let stranger = stranger.get("access").and_then(Value::as_str).unwrap_or_default();
    walk.step("another firm's lead: 404", async { caller.get(lead).by(stranger).send().await?.is(404) }).await?;
    walk.step("and it isn't in the other firm's list", async {
        caller.get("/api/crm/leads/").by(stranger).send().await?.is(200)?.has("/results", &json!([]))
    })
    .await?;
    walk.step("a portal user at the firm's leads: 403", async { caller.get(lead).by(&firm.portal_user).send().await?.is(403) }).await?;

    let email = &walk.email("colin");
    let consultant = walk
        .step("a consultant is invited and signs in", async {
            let body = json!({ "name": "Colin Reed", "email": email, "role": "consultant" });
            caller.post("/api/auth/users/", &body).by(&firm.owner).send().await?.is(201)?;
            activate(caller, &caller.mail(email, "/activate?token=").await?).await
        })
        .await?;
    walk.step("the consultant sees the lead", async { caller.get(lead).by(&consultant).send().await?.is(200) }).await?;
    walk.step("but may make no contract: 403", async {
        caller.post("/api/crm/contracts/", &json!({ "client": "client_x" })).by(&consultant).send().await?.is(403)
    })
    .await?;
    Ok(())
}

/// What they send.
async fn bodies(walk: &mut Walk, firm: &Firm) -> Result<()> {
    let caller = &walk.caller.clone();
    for (name, body) in [
        ("an unknown field: 400", json!({ "company_name": "Acme", "colour": "red" })),
        ("a field that the server sets: 400", json!({ "company_name": "Acme", "status": "converted" })),
        ("a missing field: 400", json!({ "contact_name": "Grace" })),
        ("a wrong type: 400", json!({ "company_name": 5 })),
    ] {
        walk.step(name, async { caller.post("/api/crm/leads/", &body).by(&firm.owner).send().await?.is(400) }).await?;
    }
    let lead = new_lead(caller, &firm.owner).await?;
    let path = &format!("/api/crm/leads/{lead}/");
    let change = |tag: String| caller.patch(path, &json!({ "notes": "called" })).by(&firm.owner).header("if-match", &tag).send();
    let etag = walk.step("a record has an ETag", async { caller.get(path).by(&firm.owner).send().await?.is(200)?.header("etag") }).await?;
    walk.step("unchanged: 304", async { caller.get(path).by(&firm.owner).header("if-none-match", &etag).send().await?.is(304) }).await?;
    walk.step("a change of what was read goes through", async { change(etag.clone()).await?.is(200) }).await?;
    walk.step("a change of what has changed since: 412", async { change(etag.clone()).await?.is(412) }).await?;
    Ok(())
}

/// How often.
async fn repetitions(walk: &mut Walk, firm: &Firm) -> Result<()> {
    let caller = &walk.caller.clone();
    let key = format!("check-{}", walk.word);
    let body = json!({ "company_name": "Once Ltd" });
    let send = |body: Value| caller.post("/api/crm/leads/", &body).by(&firm.owner).header("idempotency-key", &key).send();
    let first = walk.step("a lead with an idempotency key", async { send(body.clone()).await?.is(201)?.text("/id") }).await?;
    walk.step("sent again: the same lead", async { send(body.clone()).await?.is(201)?.has("/id", &json!(first)) }).await?;
    walk.step("the key with another body: 422", async { send(json!({ "company_name": "Twice Ltd" })).await?.is(422) }).await?;

    walk.step("a lead converted three times at once becomes one prospect", async {
        let lead = new_lead(caller, &firm.owner).await?;
        let convert = || caller.post(&format!("/api/crm/leads/{lead}/convert/"), &json!({})).by(&firm.owner).send();
        let (first, second, third) = tokio::try_join!(convert(), convert(), convert())?;
        let answers = [first, second, third];
        let mut statuses = answers.each_ref().map(crate::caller::Answer::status);
        statuses.sort_unstable();
        let ids = answers.iter().map(|answer| answer.text("/id")).collect::<Result<Vec<_>>>()?;
        if statuses == [200, 200, 201] && ids.windows(2).all(|pair| pair.first() == pair.last()) {
            return Ok(());
        }
        Err(Error::new(format!("the answers were {statuses:?} with the prospects {ids:?}")))
    })
    .await
}

/// For how long.
async fn sessions(walk: &mut Walk) -> Result<()> {
    let caller = &walk.caller.clone();
    let email = &walk.email("sam");
    let sign_in = |password: &str| caller.post("/api/auth/login/", &json!({ "username": email, "password": password })).send();
    walk.step("a wrong password: 401", async { sign_in("wrong horse battery staple").await?.is(401) }).await?;
    let refresh = walk.step("another sign-in", async { sign_in(PASSWORD).await?.is(200)?.text("/refresh") }).await?;
    let renew = |token: &str| caller.post("/api/auth/refresh/", &json!({ "refresh": token })).send();
    let renewed = walk.step("is renewed", async { renew(&refresh).await?.is(200)?.text("/refresh") }).await?;
    walk.step("signs out", async { caller.post("/api/auth/logout/", &json!({ "refresh": renewed })).send().await?.is(204) }).await?;
    walk.step("and can't be renewed any more: 401", async { renew(&renewed).await?.is(401) }).await?;
    Ok(())
}

async fn new_lead(caller: &Caller, owner: &str) -> Result<String> {
    caller.post("/api/crm/leads/", &json!({ "company_name": "Race Ltd" })).by(owner).send().await?.is(201)?.text("/id")
}
