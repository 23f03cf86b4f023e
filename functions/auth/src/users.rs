//! `/api/auth/users/`: the firm's people.

use api::{Answer, App, Cx, EventOut, ListQuery, NoFilter, Page, PageParams, Path, Problem, Routes, Set, Staff, Valid, may, routes};
use domain::{
    Email, Refusal, SingleLine,
    access::Role,
    invitation::Standing,
    session::Principal,
    user::{self, User, UserId},
};
use serde::Deserialize;
use store::{ListScope, Unique};
use utoipa::ToSchema;

use crate::shapes::UserOut;

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(list_users, create_user))
        .routes(routes!(show_user, update_user))
        .routes(routes!(invite_user))
        .routes(routes!(deactivate_user))
        .routes(routes!(list_user_history))
}

/// Somebody who is invited to the firm.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Bo Ek", "email": "bo@north.example", "role": "consultant"}))]
struct NewUser {
    name: SingleLine<200>,
    email: Email,
    role: Role,
}

/// Changes to a member of the firm: what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"role": "manager"}))]
struct UserPatch {
    #[serde(default)]
    #[schema(value_type = Option<SingleLine<200>>, nullable = false)]
    name: Set<SingleLine<200>>,
    #[serde(default)]
    #[schema(value_type = Option<Role>, nullable = false)]
    role: Set<Role>,
}

impl UserPatch {
    fn over(self, before: User) -> User {
        User { name: self.name.over(before.name), role: self.role.over(before.role), ..before }
    }
}

/// List the firm's people.
#[utoipa::path(get, path = "/api/auth/users/", tag = "users", params(PageParams), security(("staff" = ["firm.read"])),
    responses((status = 200, description = "A page of users", body = Page<UserOut>)))]
async fn list_users(cx: Cx, staff: Staff<may::ReadFirm>, query: ListQuery<NoFilter>) -> Result<Answer, Problem> {
    cx.list::<UserOut, _>(&staff, ListScope::All, &query).await
}

/// Invite somebody to the firm, by mail.
#[utoipa::path(post, path = "/api/auth/users/", tag = "users", request_body = NewUser, security(("staff" = ["firm.manage"])),
    responses((status = 201, description = "The user, invited", body = UserOut)))]
async fn create_user(cx: Cx, staff: Staff<may::ManageFirm>, Valid(body): Valid<NewUser>) -> Result<Answer, Problem> {
    let NewUser { name, email, role } = body;
    let mut change = cx.change(&staff);
    let user = change.create(cx.new_id(), User::invited(name, email.clone(), role, cx.now), user::event::INVITED)?;
    let taken = Refusal { field: Some("email"), ..Refusal::state("The firm has a user with this e-mail; see existing.") };
    change.claim(&Unique::UserEmail(email), user.id, taken)?;
    cx.commit(change, cx.created::<UserOut>(&user)).await
}

/// Show a member of the firm.
#[utoipa::path(get, path = "/api/auth/users/{id}/", tag = "users", params(("id" = UserId, Path)), security(("staff" = ["firm.read"])),
    responses((status = 200, description = "The user", body = UserOut)))]
async fn show_user(cx: Cx, staff: Staff<may::ReadFirm>, Path(id): Path<UserId>) -> Result<Answer, Problem> {
    cx.show::<UserOut>(&staff, id).await
}

/// Change somebody's name or role. A new role counts from their next refresh on.
#[utoipa::path(patch, path = "/api/auth/users/{id}/", tag = "users", params(("id" = UserId, Path)), request_body = UserPatch,
    security(("staff" = ["firm.manage"])), responses((status = 200, description = "The user", body = UserOut)))]
async fn update_user(
    cx: Cx,
    staff: Staff<may::ManageFirm>,
    Path(id): Path<UserId>,
    Valid(body): Valid<UserPatch>,
) -> Result<Answer, Problem> {
    let (mut change, before) = cx.edit(&staff, id).await?;
    let user = change.update(&before, before.edit(body.over(before.content.clone()), id, staff.user)?)?;
    if user.status == Standing::Active && user.role != before.role {
        change.add_membership(&user.email, Principal::Staff { user: id, role: user.role }, user.created_at)?;
    }
    cx.commit(change, cx.ok::<UserOut>(&user)).await
}

/// Send somebody another invitation; the links before it work no more.
#[utoipa::path(post, path = "/api/auth/users/{id}/invite/", tag = "users", params(("id" = UserId, Path)), security(("staff" = ["firm.manage"])),
    responses((status = 200, description = "The user, invited", body = UserOut)))]
async fn invite_user(cx: Cx, staff: Staff<may::ManageFirm>, Path(id): Path<UserId>) -> Result<Answer, Problem> {
    cx.act::<UserOut>(&staff, id, |user| user.invite_again(cx.now)).await
}

/// Shut somebody out. Their access token runs out within the hour.
#[utoipa::path(post, path = "/api/auth/users/{id}/deactivate/", tag = "users", params(("id" = UserId, Path)),
    security(("staff" = ["firm.manage"])), responses((status = 200, description = "The user, deactivated", body = UserOut)))]
async fn deactivate_user(cx: Cx, staff: Staff<may::ManageFirm>, Path(id): Path<UserId>) -> Result<Answer, Problem> {
    let (mut change, before) = cx.edit(&staff, id).await?;
    let user = change.update(&before, before.deactivate(id, staff.user)?)?;
    change.remove_membership(&user.email, &id.to_string())?;
    cx.commit(change, cx.ok::<UserOut>(&user)).await
}

/// List what happened to a member of the firm.
#[utoipa::path(get, path = "/api/auth/users/{id}/history/", tag = "users", params(("id" = UserId, Path), PageParams),
    security(("staff" = ["firm.read"])), responses((status = 200, description = "A page of events", body = Page<EventOut>)))]
async fn list_user_history(
    cx: Cx,
    staff: Staff<may::ReadFirm>,
    Path(id): Path<UserId>,
    query: ListQuery<NoFilter>,
) -> Result<Answer, Problem> {
    cx.history(&staff, id, &query).await
}
