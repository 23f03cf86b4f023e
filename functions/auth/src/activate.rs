//! `POST /api/auth/activate/`: somebody who was invited comes to a login of their own.

use api::{Anonymous, Answer, App, Cx, Problem, Routes, Valid, post, routes};
use axum::Extension;
use domain::{
    Id, Time,
    portal_user::PortalUser,
    session::{Principal, Session},
    user::{Password, User},
};
use secrets::Invited;
use serde::Deserialize;
use store::{Change, Found};
use utoipa::ToSchema;

use crate::{
    grant::{self, Grant, Granted, Keys, Proof},
    passwords,
    sessions::actor,
};

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(activate))
}

/// The link's token, and the password to sign in with from now on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Activation {
    /// From the link in the mail.
    #[schema(max_length = 2048)]
    token: String,
    /// A new password; of an e-mail that has a login already (in another firm), that login's.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 128)]
    password: Password,
}

/// Use the link of an invitation or welcome mail.
///
/// They are signed in, and sign in with this password from now on; of an e-mail that has a login already it has to be that
/// login's. 409 if the invitation was used, withdrawn or followed by another; 422 if the link isn't ours or is older than a
/// week, and if the login has another password.
#[post("/api/auth/activate/", tag = "auth")]
async fn activate(
    cx: Cx,
    _: Anonymous,
    Extension(keys): Extension<Keys>,
    Valid(body): Valid<Activation>,
) -> Result<Answer<Granted>, Problem> {
    let invited = keys.invited(&body.token, cx.now).await?;
    let (user, portal_user) = (invited.sub.parse::<Id<User>>().ok(), invited.sub.parse::<Id<PortalUser>>().ok());
    let read = cx.read_anonymous(invited.firm).maybe(user).maybe(portal_user).login_of(&invited.email);
    let password = body.password.expose();
    let proof = Proof::Password(&invited.email, password);
    let (found, kept) = read.fetch_with_reply().await?;
    if let Some(kept) = kept {
        return grant::again(&cx, &keys, proof, &kept).await;
    }
    let known = found.login_of(&invited.email)?;
    if let Some(login) = known {
        let login = cx.store.login(login).await?;
        if !passwords::verify(password, login.as_ref().map(|login| login.password.as_str()))? {
            return Err(Problem::invalid("password", "This e-mail has a login already; enter its password."));
        }
    }
    let (mut change, principal, since) = let_in(&cx, &found, &invited, user, portal_user)?;
    let login = known.unwrap_or_else(|| cx.new_id());
    if known.is_none() {
        let taken = domain::Refusal::state("This e-mail got a login at the same moment; sign in with it.");
        change.create_login(login, &invited.email, &passwords::hash(password)?, taken)?;
    }
    change.link_login(login, &principal.subject(), since)?;
    change.put_membership(principal)?;
    let grant = Grant { id: cx.new_id(), session: Session::begin(invited.firm, principal, cx.now) };
    change.begin_session(grant.id, &grant.session)?;
    grant::commit(&cx, &keys, proof, change, grant).await
}

/// A change in which the user or portal user who was invited is active, as whom they sign in, and since when they are known.
fn let_in(
    cx: &Cx,
    found: &Found,
    invited: &Invited,
    user: Option<Id<User>>,
    portal_user: Option<Id<PortalUser>>,
) -> Result<(Change, Principal, Time), Problem> {
    match (user, portal_user) {
        (Some(user), _) => {
            let before = found.record(user)?;
            let principal = Principal::Staff { user, role: before.role };
            let mut change = cx.change_anonymous(invited.firm, actor(principal));
            change.update(&before, before.activate(invited.number, cx.now)?)?;
            Ok((change, principal, before.created_at))
        }
        (None, Some(user)) => {
            let before = found.record(user)?;
            let principal = Principal::Portal { user, client: before.client, rights: before.rights };
            let mut change = cx.change_anonymous(invited.firm, actor(principal));
            change.update(&before, before.activate(invited.number, cx.now)?)?;
            Ok((change, principal, before.created_at))
        }
        (None, None) => Err(Problem::invalid("token", "Not a link that we sent.")),
    }
}
