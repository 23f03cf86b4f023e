//! `/api/clients/portal-users/`

use api::{
    Answer, App, Cx, EventOut, ListQuery, NoFilter, Object, Page, PageParams, Path, Problem, Routes, Set, Staff, Valid, may, routes,
    shapes::PortalUserOut, which,
};
use domain::{
    Email, Refusal, SingleLine,
    access::Rights,
    client::ClientId,
    invitation::Standing,
    portal_user::{self, PortalUser, PortalUserId},
    session::Principal,
};
use serde::Deserialize;
use store::{Change, Unique};
use utoipa::{IntoParams, ToSchema};

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
    client: ClientId,
    name: SingleLine<200>,
    /// Where the link goes, and what they will sign in with.
    email: Email,
    /// Default: to see and to comment.
    #[serde(default)]
    #[schema(value_type = Rights)]
    rights: Object<Rights>,
}

/// Somebody who is to be invited into the portal of the client in the path.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Ann Lee", "email": "ann@acme.example", "rights": {"pay": true}}))]
pub(crate) struct NewClientPortalUser {
    pub(crate) name: SingleLine<200>,
    /// Where the link goes, and what they will sign in with.
    pub(crate) email: Email,
    /// Default: to see and to comment.
    #[serde(default)]
    #[schema(value_type = Rights)]
    pub(crate) rights: Object<Rights>,
}

/// Changes to a portal user: what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"rights": {"sign": true}}))]
struct PortalUserPatch {
    #[serde(default)]
    #[schema(value_type = Option<SingleLine<200>>, nullable = false)]
    name: Set<SingleLine<200>>,
    #[serde(default)]
    #[schema(value_type = RightsPatch)]
    rights: Object<RightsPatch>,
}

/// Changes to rights: what is absent stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RightsPatch {
    /// Can't be taken away; deactivate them instead.
    #[serde(default)]
    #[schema(value_type = Option<bool>, nullable = false)]
    see: Set<bool>,
    #[serde(default)]
    #[schema(value_type = Option<bool>, nullable = false)]
    comment: Set<bool>,
    #[serde(default)]
    #[schema(value_type = Option<bool>, nullable = false)]
    pay: Set<bool>,
    #[serde(default)]
    #[schema(value_type = Option<bool>, nullable = false)]
    sign: Set<bool>,
    #[serde(default)]
    #[schema(value_type = Option<bool>, nullable = false)]
    upload: Set<bool>,
}

impl PortalUserPatch {
    fn over(self, before: PortalUser) -> PortalUser {
        let Self { name, rights: Object(rights) } = self;
        PortalUser { name: name.over(before.name), rights: rights.over(before.rights), ..before }
    }
}

impl RightsPatch {
    fn over(self, before: Rights) -> Rights {
        let Self { see, comment, pay, sign, upload } = self;
        Rights {
            see: see.over(before.see),
            comment: comment.over(before.comment),
            pay: pay.over(before.pay),
            sign: sign.over(before.sign),
            upload: upload.over(before.upload),
        }
    }
}

/// List portal users.
#[utoipa::path(get, path = "/api/clients/portal-users/", tag = "portal users", params(PortalUserFilter, PageParams),
    security(("staff" = ["clients.read"])), responses((status = 200, description = "A page of portal users", body = Page<PortalUserOut>)))]
async fn list_portal_users(cx: Cx, staff: Staff<may::ReadClients>, query: ListQuery<PortalUserFilter>) -> Result<Answer, Problem> {
    let which = which(None, query.filter.status.map(Standing::as_str), query.filter.client.map(Into::into))?;
    cx.list::<PortalUserOut, _>(&staff, which, &query).await
}

/// Invite somebody into a client's portal.
#[utoipa::path(post, path = "/api/clients/portal-users/", tag = "portal users", request_body = NewPortalUser,
    security(("staff" = ["portal.manage"])), responses((status = 201, description = "The portal user", body = PortalUserOut)))]
async fn create_portal_user(cx: Cx, staff: Staff<may::ManagePortal>, Valid(body): Valid<NewPortalUser>) -> Result<Answer, Problem> {
    let NewPortalUser { client, name, email, rights: Object(rights) } = body;
    invite(&cx, cx.change(&staff), client, name, email, rights).await
}

/// Show a portal user.
#[utoipa::path(get, path = "/api/clients/portal-users/{id}/", tag = "portal users", params(("id" = PortalUserId, Path)),
    security(("staff" = ["clients.read"])), responses((status = 200, description = "The portal user", body = PortalUserOut)))]
async fn show_portal_user(cx: Cx, staff: Staff<may::ReadClients>, Path(id): Path<PortalUserId>) -> Result<Answer, Problem> {
    cx.show::<PortalUserOut>(&staff, id).await
}

/// Change a portal user's name or rights. Tokens that they hold keep the rights that they were given with.
#[utoipa::path(patch, path = "/api/clients/portal-users/{id}/", tag = "portal users", params(("id" = PortalUserId, Path)),
    request_body = PortalUserPatch, security(("staff" = ["portal.manage"])),
    responses((status = 200, description = "The portal user", body = PortalUserOut)))]
async fn update_portal_user(
    cx: Cx,
    staff: Staff<may::ManagePortal>,
    Path(id): Path<PortalUserId>,
    Valid(body): Valid<PortalUserPatch>,
) -> Result<Answer, Problem> {
    let (mut change, before) = cx.edit(&staff, id).await?;
    let user = change.update(&before, before.edit(body.over(before.content.clone()))?)?;
    if user.status == Standing::Active && user.rights != before.rights {
        change.add_membership(&user.email, Principal::Portal { user: id, client: user.client, rights: user.rights }, user.created_at)?;
    }
    cx.commit(change, cx.ok::<PortalUserOut>(&user)).await
}

/// Send a portal user another link, which makes the ones before it worthless; it lets in again who was deactivated.
#[utoipa::path(post, path = "/api/clients/portal-users/{id}/invite/", tag = "portal users", params(("id" = PortalUserId, Path)),
    security(("staff" = ["portal.manage"])),
    responses((status = 200, description = "The portal user", body = PortalUserOut)))]
async fn invite_portal_user(cx: Cx, staff: Staff<may::ManagePortal>, Path(id): Path<PortalUserId>) -> Result<Answer, Problem> {
    cx.act::<PortalUserOut>(&staff, id, |user| user.invite_again(cx.now)).await
}

/// Shut a portal user out.
#[utoipa::path(post, path = "/api/clients/portal-users/{id}/deactivate/", tag = "portal users", params(("id" = PortalUserId, Path)),
    security(("staff" = ["portal.manage"])),
    responses((status = 200, description = "The portal user", body = PortalUserOut)))]
async fn deactivate_portal_user(cx: Cx, staff: Staff<may::ManagePortal>, Path(id): Path<PortalUserId>) -> Result<Answer, Problem> {
    let (mut change, user) = cx.edit(&staff, id).await?;
    let user = change.update(&user, user.deactivate()?)?;
    change.remove_membership(&user.email, &id.to_string())?;
    cx.commit(change, cx.ok::<PortalUserOut>(&user)).await
}

/// List what happened to a portal user.
#[utoipa::path(get, path = "/api/clients/portal-users/{id}/history/", tag = "portal users", params(("id" = PortalUserId, Path), PageParams),
    security(("staff" = ["clients.read"])), responses((status = 200, description = "A page of events", body = Page<EventOut>)))]
async fn list_portal_user_history(
    cx: Cx,
    staff: Staff<may::ReadClients>,
    Path(id): Path<PortalUserId>,
    query: ListQuery<NoFilter>,
) -> Result<Answer, Problem> {
    cx.history(&staff, id, &query).await
}

/// Invite somebody into the portal of `client`, where nobody else has their e-mail; the outbox sends the link.
pub(crate) async fn invite(
    cx: &Cx,
    mut change: Change,
    client: ClientId,
    name: SingleLine<200>,
    email: Email,
    rights: Rights,
) -> Result<Answer, Problem> {
    change.require("client", client)?;
    let unique = Unique::PortalEmail(client, email.clone());
    let user = PortalUser::invited(client, name, email, rights, cx.now)?;
    let user = change.create(cx.new_id(), user, portal_user::event::INVITED)?;
    let taken = Refusal { field: Some("email"), ..Refusal::state("Another portal user of the client has this e-mail; see existing.") };
    change.claim(&unique, user.id, taken)?;
    cx.commit(change, cx.created::<PortalUserOut>(&user)).await
}
