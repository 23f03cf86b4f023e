//! `/api/clients/portal-users/`

use api::{
    Answer, App, Body, Cx, JsonObject, ListQuery, Page, Patch, Path, Problem, Routes, Set, Staff, Valid, get, list_scope, may, patch, post,
    routes,
};
use domain::{
    Email, Language, Refusal, SingleLine,
    access::Rights,
    ids::{ClientId, PortalUserId},
    invitation::Standing,
    portal_user::{self, PortalUser},
    session::Principal,
};
use serde::Deserialize;
use store::{Change, Named, Unique};
use utoipa::{IntoParams, ToSchema};
use wire::PortalUserOut;

api::standard_handlers! {
    PortalUserId, PortalUserOut, "/api/clients/portal-users/{id}/":
    /// Show a portal user.
    ///
    /// Who was deactivated is shown too.
    show_portal_user: show by Staff<may::ReadClients>;
    /// List what happened to a portal user.
    ///
    /// Newest first: by whom they were invited, changed or deactivated, when they used the link, and which fields that
    /// changed; sign-ins are not among that. Network addresses are for owners and managers.
    list_portal_user_history: history by Staff<may::ReadClients>;
}

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(list_portal_users, create_portal_user))
        .routes(routes!(show_portal_user, update_portal_user))
        .routes(routes!(invite_portal_user))
        .routes(routes!(deactivate_portal_user))
        .routes(routes!(list_portal_user_history))
}

/// Which portal users.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PortalUserFilter {
    /// Those of a client.
    client: Option<ClientId>,
    /// Those at a status.
    status: Option<Standing>,
}

/// Somebody who is to be invited into a client's portal.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"client": "client_01kamzvmc0gqg1t9qf8zz3h5wd", "name": "Ann Lee", "email": "ann@acme.example", "rights": {"pay": true}}))]
struct NewPortalUser {
    /// Whose they are.
    client: Named<ClientId>,
    name: SingleLine<200>,
    /// Where the link goes, and what they will sign in with.
    email: Email,
    /// The language in which they are written to. Default: the client's.
    language: Option<Language>,
    /// Default: to see and to comment.
    #[serde(default)]
    rights: JsonObject<Rights>,
}

/// Somebody who is to be invited into the portal of the client in the path.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Ann Lee", "email": "ann@acme.example", "rights": {"pay": true}}))]
pub(crate) struct NewClientPortalUser {
    pub(crate) name: SingleLine<200>,
    /// Where the link goes, and what they will sign in with.
    pub(crate) email: Email,
    /// The language in which they are written to. Default: the client's.
    pub(crate) language: Option<Language>,
    /// Default: to see and to comment.
    #[serde(default)]
    pub(crate) rights: JsonObject<Rights>,
}

/// Changes to a portal user: what is absent stays.
#[derive(Debug, Default, Deserialize, ToSchema, Body)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"rights": {"sign": true}}))]
#[body(patch = PortalUser, keep(client, email, status, invitation, active_since))]
struct PortalUserPatch {
    name: Set<SingleLine<200>>,
    /// The language in which they are written to; null: the client's, or else the firm's.
    language: Patch<Language>,
    #[body(rights.0.over(before.rights)?)]
    rights: JsonObject<RightsPatch>,
}

/// Changes to rights: what is absent stays.
#[derive(Debug, Default, Deserialize, ToSchema, Body)]
#[serde(default, deny_unknown_fields)]
#[body(patch = Rights)]
struct RightsPatch {
    /// Can't be taken away; deactivate them instead.
    see: Set<bool>,
    comment: Set<bool>,
    pay: Set<bool>,
    sign: Set<bool>,
    upload: Set<bool>,
}

/// List portal users.
///
/// Newest first: invited, active and deactivated ones, of archived clients too. By client or by status: 422 for both at
/// once.
#[get("/api/clients/portal-users/")]
async fn list_portal_users(
    cx: Cx,
    staff: Staff<may::ReadClients>,
    query: ListQuery<PortalUserFilter>,
) -> Result<Answer<Page<PortalUserOut>>, Problem> {
    let scope = list_scope(None, query.filter.status.map(Standing::as_str), query.filter.client.map(Into::into))?;
    cx.list(&staff, scope, &query).await
}

/// Invite somebody into a client's portal.
///
/// They get the welcome mail, whose link works for a week. 409, naming the other in `existing`, if a portal user of the
/// client has the e-mail, a deactivated one too; 422 if there is no such client, or it is archived, and without the right
/// to see.
#[post("/api/clients/portal-users/", 201)]
async fn create_portal_user(
    cx: Cx,
    staff: Staff<may::ManagePortal>,
    Valid(body): Valid<NewPortalUser>,
) -> Result<Answer<PortalUserOut>, Problem> {
    let NewPortalUser { client, name, email, language, rights: JsonObject(rights) } = body;
    let (found, mut change) = (cx.read(&staff).named(client).record(staff.firm).fetch().await?, cx.change(&staff));
    let (client, firm) = (change.depend(&found, "client", client)?, found.record(staff.firm)?);
    let user = PortalUser::invited(client.id, name, email, rights, firm.confirmed()?, cx.now)?;
    invite(&cx, change, PortalUser { language: language.or(client.contact.language), ..user }).await
}

/// Change a portal user's name, language or rights.
///
/// Tokens with the rights before are answered 401 within a minute; a refresh gives new ones. Their e-mail stays. 422 to
/// take away the right to see: deactivate them instead.
#[patch("/api/clients/portal-users/{id}/")]
async fn update_portal_user(
    cx: Cx,
    staff: Staff<may::ManagePortal>,
    Path(id): Path<PortalUserId>,
    Valid(body): Valid<PortalUserPatch>,
) -> Result<Answer<PortalUserOut>, Problem> {
    let (mut change, before) = cx.edit(&staff, id).await?;
    let user = change.update(&before, before.edit(body.over(before.content.clone())?)?)?;
    if user.status == Standing::Active && user.rights != before.rights {
        change.change_membership(Principal::Portal { user: id, client: user.client, rights: user.rights })?;
    }
    cx.commit(change, cx.ok(&user)).await
}

/// Send a portal user another link, which makes the ones before it worthless; it lets in again who was deactivated.
///
/// It comes by mail and works for a week. 409 if they are active: there is nothing to invite them to.
#[post("/api/clients/portal-users/{id}/invite/")]
async fn invite_portal_user(
    cx: Cx,
    staff: Staff<may::ManagePortal>,
    Path(id): Path<PortalUserId>,
) -> Result<Answer<PortalUserOut>, Problem> {
    let (mut change, before, firm) = cx.edit_with_firm(&staff, id).await?;
    let user = change.update(&before, before.invite_again(firm.confirmed()?, cx.now)?)?;
    cx.commit(change, cx.ok(&user)).await
}

/// Shut a portal user out.
///
/// Their tokens are worth nothing within a minute, and a link that they were sent lets nobody in; another invitation lets
/// them in again. 409 if they are deactivated already.
#[post("/api/clients/portal-users/{id}/deactivate/")]
async fn deactivate_portal_user(
    cx: Cx,
    staff: Staff<may::ManagePortal>,
    Path(id): Path<PortalUserId>,
) -> Result<Answer<PortalUserOut>, Problem> {
    let (mut change, user) = cx.edit(&staff, id).await?;
    let user = change.update(&user, user.deactivate()?)?;
    change.remove_membership(&id.to_string())?;
    cx.commit(change, cx.ok(&user)).await
}

/// Invite `user` into the portal of their client, which `change` depends on, where nobody else has their e-mail; the outbox
/// sends the link.
pub(crate) async fn invite(cx: &Cx, mut change: Change, user: PortalUser) -> Result<Answer<PortalUserOut>, Problem> {
    let unique = Unique::PortalEmail(user.client, user.email.clone());
    let user = change.create(cx.new_id(), user, portal_user::Event::Invited)?;
    let taken = Refusal::state("Another portal user of the client has this e-mail; see existing.").about("email");
    change.claim(&unique, user.id, taken)?;
    cx.commit(change, cx.created(&user)).await
}
