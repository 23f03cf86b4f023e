//! What somebody signs in with: a password that is forgotten, devices that are signed out, a second factor, one login in two firms,
//! somebody who is dismissed, a firm that is handed over.

use std::time::{Duration, SystemTime};

use serde_json::json;

use super::{PASSWORD, Walk, activate, register, text};
use crate::{
    authenticator::Authenticator,
    caller::link_token,
    error::{Error, OrMissing, Result},
};

/// The password that is chosen in place of the one that is forgotten.
const OTHER: &str = "harbour lane lighthouse 7";

pub(super) async fn walk(walk: &mut Walk) -> Result<()> {
    let caller = &walk.caller.clone();
    let (ada, bea) = (&walk.email("forgetful"), &walk.email("heir"));
    let sign_in = |password: &str| caller.post("/api/auth/login/", &json!({ "username": ada, "password": password })).send();
    let renew = |token: &str| caller.post("/api/auth/refresh/", &json!({ "refresh": token })).send();

    let before = walk.step("a firm signs up", async { text(&register(caller, "Forgetful Ltd", ada).await?, "/refresh") }).await?;
    walk.step("its owner has forgotten their password", async {
        caller.post("/api/auth/password-reset/", &json!({ "email": ada })).send().await?.is(202)
    })
    .await?;
    let mail = walk.step("a mail with a link arrives", caller.mail(ada, "/reset-password?token=")).await?;
    let chosen = json!({ "token": link_token(&mail, "reset-password")?, "password": OTHER });
    let choose = || caller.post("/api/auth/password-reset/confirm/", &chosen).send();
    let owner = walk.step("by which they choose another", async { choose().await?.is(200)?.text("/access") }).await?;
    walk.step("once: 409", async { choose().await?.is(409) }).await?;
    walk.step("the session of before is over: 401", async { renew(&before).await?.is(401) }).await?;
    walk.step("and the password of before too: 401", async { sign_in(PASSWORD).await?.is(401) }).await?;
    walk.step("a mail says that it was changed", caller.mail(ada, "/forgot-password")).await?;
    let phone = walk.step("they sign in on a phone", async { sign_in(OTHER).await?.is(200)?.text("/refresh") }).await?;
    walk.step("both are shown", async {
        let sessions = caller.get("/api/auth/sessions/").by(&owner).send().await?.is(200)?;
        sessions.body()["results"].as_array().filter(|list| list.len() == 2).map(|_| ()).or_missing("not two sessions")
    })
    .await?;
    walk.step("they sign out everywhere else", async { caller.delete("/api/auth/sessions/").by(&owner).send().await?.is(204) }).await?;
    walk.step("on the phone too: 401", async { renew(&phone).await?.is(401) }).await?;

    let (app, codes) = walk
        .step("they set up a second factor", async {
            let body = json!({ "current_password": OTHER });
            let set_up = caller.post("/api/auth/mfa/totp/", &body).by(&owner).send().await?.is(200)?;
            let app = Authenticator::new(&set_up.text("/secret")?)?;
            let body = json!({ "code": app.code(SystemTime::now().into()) });
            let confirmed = caller.post("/api/auth/mfa/totp/confirm/", &body).by(&owner).send().await?.is(200)?;
            Ok((app, (confirmed.text("/recovery_codes/0")?, confirmed.text("/recovery_codes/1")?)))
        })
        .await?;
    let asked = walk
        .step("the password alone signs in no more: a code is asked", async { sign_in(OTHER).await?.is(202)?.text("/mfa_token") })
        .await?;
    let complete = |code: &str| caller.post("/api/auth/login/mfa/", &json!({ "mfa_token": asked, "code": code })).send();
    // The one of now was taken, so it is the next one, as of a clock that is a bit ahead.
    let next = app.code((SystemTime::now() + Duration::from_secs(30)).into());
    walk.step("which they enter", async { complete(&next).await?.is(200)?.text("/access") }).await?;
    walk.step("once: 422", async { complete(&next).await?.is(422) }).await?;
    walk.step("without their phone, a recovery code does", async { complete(&codes.0).await?.is(200)?.text("/access") }).await?;
    walk.step("of which a mail tells", caller.mail(ada, "/forgot-password")).await?;

    let second = walk
        .step("they sign up a second firm with the same login", async {
            let body = json!({ "firm_name": "Second Ltd", "name": "Ada Winter", "email": ada, "password": OTHER, "code": codes.1 });
            let registered = caller.post("/api/auth/register/", &body).send().await?.is(201)?;
            Ok((registered.text("/access")?, registered.text("/user/id")?))
        })
        .await?;
    walk.step("and are a member of both", async {
        let memberships = caller.get("/api/auth/memberships/").by(&second.0).send().await?.is(200)?;
        memberships.has("/results/0/firm_name", &json!("Forgetful Ltd"))?.has("/results/1/firm_name", &json!("Second Ltd"))
    })
    .await?;
    let switched = walk
        .step("they switch between them", async {
            let body = json!({ "membership": second.1 });
            caller.post("/api/auth/switch/", &body).by(&owner).send().await?.is(200)?.text("/access")
        })
        .await?;
    walk.step("somebody joins the second", async {
        let body = json!({ "name": "Bea Summer", "email": bea, "role": "manager" });
        caller.post("/api/auth/users/", &body).by(&switched).send().await?.is(201)?;
        activate(caller, &caller.mail(bea, "/activate?token=").await?).await
    })
    .await?;
    dismissed(walk, &switched).await?;
    walk.step("the firm is handed over to them", async {
        let people = caller.get("/api/auth/users/").by(&switched).send().await?.is(200)?;
        let heir = people.body()["results"].as_array().into_iter().flatten().find(|user| user["email"] == json!(bea));
        let body = json!({ "user": heir.map(|heir| heir["id"].clone()).or_missing("they aren't listed")? });
        caller.post("/api/auth/firm/transfer-ownership/", &body).by(&switched).send().await?.is(200)?.has("/role", &json!("owner"))
    })
    .await?;
    Ok(())
}

/// Somebody of the firm of `owner` is dismissed, and still has a token that hasn't run out.
async fn dismissed(walk: &mut Walk, owner: &str) -> Result<()> {
    let caller = &walk.caller.clone();
    let cy = &walk.email("dismissed");
    let (user, token) = walk
        .step("another manager joins it", async {
            let body = json!({ "name": "Cy Autumn", "email": cy, "role": "manager" });
            let user = caller.post("/api/auth/users/", &body).by(owner).send().await?.is(201)?.text("/id")?;
            let token = activate(caller, &caller.mail(cy, "/activate?token=").await?).await?;
            caller.get("/api/crm/leads/").by(&token).send().await?.is(200)?;
            Ok((user, token))
        })
        .await?;
    walk.step("and is dismissed", async {
        caller.post(&format!("/api/auth/users/{user}/deactivate/"), &json!({})).by(owner).send().await?.is(200)
    })
    .await?;
    walk.step("their token invites nobody any more: 401", async {
        let body = json!({ "name": "Di Winter", "email": format!("again-{cy}"), "role": "manager" });
        caller.post("/api/auth/users/", &body).by(&token).send().await?.is(401)
    })
    .await?;
    walk.step("within a minute it shows nothing either: 401", async {
        for _ in 0..65 {
            if caller.get("/api/crm/leads/").by(&token).send().await?.status() == 401 {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        Err(Error::new("it still does".to_owned()))
    })
    .await
}
