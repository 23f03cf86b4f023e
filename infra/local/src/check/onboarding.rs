//! The first flow of the system: a firm signs up, a lead becomes a client with a portal user, and signs in.

use serde_json::json;

use super::{Firm, PASSWORD, Walk, activate, at, register, text};
use crate::error::{OrMissing, Result};

pub(super) async fn walk(walk: &mut Walk) -> Result<Firm> {
    let caller = &walk.caller.clone();
    let owner_email = &walk.email("ada");
    let contact_email = &walk.email("grace");

    walk.step("the API is healthy", async { caller.get("/api/health/").send().await?.is(200)?.has("/status", &json!("ok")) }).await?;
    walk.step("a firm signs up", register(caller, "Northwind Consulting", owner_email)).await?;
    let owner = walk
        .step("its owner signs in", async {
            let body = json!({ "username": owner_email, "password": PASSWORD });
            caller.post("/api/auth/login/", &body).send().await?.is(200)?.text("/access")
        })
        .await?;
    let owner_id = walk
        .step("and is known", async {
            let me = caller.get("/api/auth/me/").by(&owner).send().await?.is(200)?;
            me.has("/role", &json!("owner"))?.has("/user/email", &json!(owner_email))?.text("/user/id")
        })
        .await?;

    let lead = walk
        .step("a lead comes in", async {
            let body = json!({ "company_name": "Acme Corp", "contact_name": "Grace Hill", "email": contact_email, "source": "website" });
            let lead = caller.post("/api/crm/leads/", &body).by(&owner).send().await?.is(201)?;
            lead.has("/status", &json!("new"))?.text("/id")
        })
        .await?;
    let convert = || caller.post(&format!("/api/crm/leads/{lead}/convert/"), &json!({ "estimated_value": "50000.00" })).by(&owner).send();
    let prospect = walk.step("the lead becomes a prospect", async { convert().await?.is(201)?.text("/id") }).await?;
    walk.step("converting it again answers the same prospect", async { convert().await?.is(200)?.has("/id", &json!(prospect)) }).await?;
    walk.step("the prospect names its lead", async {
        caller.get(&format!("/api/crm/prospects/{prospect}/")).by(&owner).send().await?.is(200)?.has("/lead", &json!(lead))
    })
    .await?;

    let proposal = walk
        .step("a proposal is drafted", async {
            let body = json!({ "prospect": prospect, "title": "Market entry study", "total_value": "50000.00", "currency": "EUR" });
            let proposal = caller.post("/api/crm/proposals/", &body).by(&owner).send().await?.is(201)?;
            proposal.has("/status", &json!("draft"))?.has("/total_value", &json!("50000.00"))?.text("/id")
        })
        .await?;
    let action = |name: &str| caller.post(&format!("/api/crm/proposals/{proposal}/{name}/"), &json!({})).by(&owner).send();
    walk.step("it is sent", async { action("send").await?.is(200)?.has("/status", &json!("sent")) }).await?;
    walk.step("the proposal's mail arrives", caller.mail(contact_email, "Market entry study")).await?;
    let accepted = walk
        .step("it is accepted: client, portal user and engagement are there", async {
            let accepted = action("accept").await?.is(200)?.has("/proposal/status", &json!("accepted"))?;
            accepted.text("/engagement/id")?;
            Ok(accepted.body().clone())
        })
        .await?;
    walk.step("accepting it again answers the same", async {
        let again = action("accept").await?.is(200)?;
        ["/client/id", "/portal_user/id", "/engagement/id"].into_iter().try_fold(again, |again, id| again.has(id, &at(&accepted, id)?))
    })
    .await?;
    let client = text(&accepted, "/client/id")?;
    let mail = walk.step("the welcome mail arrives", caller.mail(contact_email, "/activate?token=")).await?;
    let portal_user = walk.step("its link lets the portal user in", activate(caller, &mail)).await?;
    walk.step("and the portal user is known", async {
        let me = caller.get("/api/auth/me/").by(&portal_user).send().await?.is(200)?;
        me.has("/client/id", &json!(client))
    })
    .await?;
    walk.step("the client is there with its portal user", async {
        let users = caller.get(&format!("/api/clients/portal-users/?client={client}")).by(&owner).send().await?.is(200)?;
        users.has("/results/0/id", &at(&accepted, "/portal_user/id")?)
    })
    .await?;
    let contract = walk
        .step("a contract is made", async {
            let body = json!({ "client": client, "proposal": proposal, "title": "Market entry study" });
            caller.post("/api/crm/contracts/", &body).by(&owner).send().await?.is(201)?.has("/client", &json!(client))?.text("/id")
        })
        .await?;
    walk.step("the client signs it", async {
        let body = json!({ "signed_by": "Grace Hopper" });
        caller
            .post(&format!("/api/crm/contracts/{contract}/sign/"), &body)
            .by(&owner)
            .send()
            .await?
            .is(200)?
            .has("/status", &json!("signed"))
    })
    .await?;
    walk.step("the proposal's history tells it all", async {
        let history = caller.get(&format!("/api/crm/proposals/{proposal}/history/")).by(&owner).send().await?.is(200)?;
        let told = history.body().to_string();
        let missing = ["proposal.created", "proposal.sent", "proposal.accepted"].into_iter().find(|event| !told.contains(event));
        missing.is_none().then_some(()).or_missing(format!("the history lacks {}: {told}", missing.unwrap_or_default()))
    })
    .await?;
    let (owner_email, contact_email) = (owner_email.clone(), contact_email.clone());
    Ok(Firm { owner, owner_id, owner_email, lead, client, contract, contact_email, portal_user })
}
