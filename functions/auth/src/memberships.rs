//! `/api/auth/memberships/` and `switch/`: one login leads to several firms and clients.

use api::{Answer, App, Caller, Cx, Problem, Routes, Valid, get, post, routes};
use axum::Extension;
use domain::{SingleLine, session::Session};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    alive,
    grant::{self, Grant, Granted, Keys, Proof, Remembered},
    own::Own,
    shapes::MembershipOut,
};

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(list_memberships)).routes(routes!(switch_membership))
}

/// As whom somebody can be signed in, in the order in which they joined.
#[derive(Debug, Serialize, ToSchema)]
struct Memberships {
    results: Vec<NamedMembershipOut>,
}

/// A firm, or a client of a firm, that somebody belongs to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Membership)]
struct NamedMembershipOut {
    #[serde(flatten)]
    membership: MembershipOut,
    firm_name: SingleLine<200>,
    /// The client's name, of a portal user.
    client_name: Option<SingleLine<200>>,
    /// Whether they are signed in as this one now.
    current: bool,
}

/// As whom to be signed in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Switch {
    /// The `id` of the membership.
    #[schema(max_length = 64)]
    membership: String,
}

/// List the firms and clients that one belongs to.
///
/// With the login that one signed in with: as whom one can be signed in by `switch/`. Where one isn't let in any more is left out.
#[get("/api/auth/memberships/", tag = "auth")]
async fn list_memberships(cx: Cx, caller: Caller) -> Result<Answer<Memberships>, Problem> {
    let credentials = cx.store.credentials(caller.login).await?.ok_or_else(alive::over)?;
    let found = cx.store.memberships_named(&credentials.joined).await?;
    let shown = found.into_iter().map(|(membership, firm, client)| NamedMembershipOut {
        current: membership.firm == caller.firm && membership.principal.subject() == caller.principal.subject(),
        membership: MembershipOut::of(&membership),
        firm_name: firm.content.name,
        client_name: client.map(|client| client.content.contact.company_name),
    });
    cx.json(&Memberships { results: shown.collect() })
}

/// Be signed in as another of one's memberships.
///
/// With tokens of a session of its own, which ends with this one; this one goes on. The next sign-in leads there. 403 (`mfa-required`)
/// if the firm asks a second factor of its people, and one has none. 422 if it is none of one's own, or one isn't let in there any more.
#[post("/api/auth/switch/", 200, 403, tag = "auth")]
async fn switch_membership(
    cx: Cx,
    Extension(keys): Extension<Keys>,
    caller: Caller,
    Valid(body): Valid<Switch>,
) -> Result<Answer<Granted>, Problem> {
    let (own, done) = Own::read(&cx, caller).await?;
    if let Some(reply) = done {
        return grant::again(&cx, &keys, Proof::Given, &reply).await;
    }
    let wanted = own.memberships.iter().find(|membership| membership.principal.subject() == body.membership);
    let wanted = wanted.ok_or_else(|| Problem::invalid("membership", "None of yours, or you aren't let in there any more."))?;
    if !own.credentials.factor.is_on() && cx.store.get(wanted.firm, wanted.firm).await?.asks_second_factor_of(wanted.principal) {
        let detail = "This firm asks a second factor of its people; set one up by POST /api/auth/mfa/totp/.";
        return Err(Problem::new(StatusCode::FORBIDDEN, "mfa-required", detail));
    }
    let mut change = cx.change(&caller);
    own.require_session(&mut change)?;
    let after = own.credentials.signed_in(&body.membership);
    change.update_credentials(caller.login, &own.credentials, &after)?;
    let begun = Session::begin((caller.login, own.credentials.epoch), wanted.firm, wanted.principal, cx.origin(), cx.now);
    // Who switches proves nothing, and is signed in as long as where they came from.
    let parent = Some(own.session.parent.unwrap_or(caller.session));
    let (authenticated_at, in_cookie) = (own.session.authenticated_at, own.session.in_cookie);
    let session = Session { authenticated_at, parent, in_cookie, ..begun };
    let grant = Grant { id: cx.new_id(), session };
    change.begin_session(grant.id, &grant.session)?;
    let answer = grant::commit(&cx, &keys, Proof::Given, change, (Remembered::session(grant), &after)).await?;
    cx.tell("session.switched", Some(caller.login));
    Ok(answer)
}
