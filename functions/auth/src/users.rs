//! `/api/auth/users/`: the firm's people.

use api::{Answer, App, Body, Cx, ListQuery, NoFilter, Page, Path, Problem, Routes, Set, Staff, Valid, get, may, patch, post, routes};
use domain::{
    Email, Refusal, SingleLine,
    access::Role,
    ids::UserId,
    invitation::Standing,
    session::Principal,
    user::{self, User},
};
use serde::Deserialize;
use store::{ListScope, Unique};
use utoipa::ToSchema;

use crate::shapes::UserOut;

api::standard_handlers! {
    UserId, UserOut, "/api/auth/users/{id}/":
    /// Show a member of the firm.
    show_user: show by Staff<may::ReadFirm>;
    /// List what happened to a member of the firm.
    list_user_history: history by Staff<may::ReadFirm>;
}

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
#[derive(Debug, Default, Deserialize, ToSchema, Body)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"role": "manager"}))]
#[body(patch = User, keep(email, status, active_since, invitation))]
struct UserPatch {
    name: Set<SingleLine<200>>,
    role: Set<Role>,
}

/// List the firm's people.
#[get("/api/auth/users/")]
async fn list_users(cx: Cx, staff: Staff<may::ReadFirm>, query: ListQuery<NoFilter>) -> Result<Answer<Page<UserOut>>, Problem> {
    cx.list(&staff, ListScope::All, &query).await
}

/// Invite somebody to the firm, by mail.
#[post("/api/auth/users/", 201)]
async fn create_user(cx: Cx, staff: Staff<may::ManageFirm>, Valid(body): Valid<NewUser>) -> Result<Answer<UserOut>, Problem> {
    let NewUser { name, email, role } = body;
    let mut change = cx.change(&staff);
    let user = change.create(cx.new_id(), User::invited(name, email.clone(), role, cx.now), user::Event::Invited)?;
    let taken = Refusal { field: Some("email"), ..Refusal::state("The firm has a user with this e-mail; see existing.") };
    change.claim(&Unique::UserEmail(email), user.id, taken)?;
    cx.commit(change, cx.created(&user)).await
}

/// Change somebody's name or role. Tokens with the role before are answered 401 within a minute; a refresh gives new ones.
#[patch("/api/auth/users/{id}/")]
async fn update_user(
    cx: Cx,
    staff: Staff<may::ManageFirm>,
    Path(id): Path<UserId>,
    Valid(body): Valid<UserPatch>,
) -> Result<Answer<UserOut>, Problem> {
    let (mut change, before) = cx.edit(&staff, id).await?;
    let user = change.update(&before, before.edit(body.over(before.content.clone())?, id, staff.user)?)?;
    if user.status == Standing::Active && user.role != before.role {
        change.put_membership(Principal::Staff { user: id, role: user.role })?;
    }
    cx.commit(change, cx.ok(&user)).await
}

/// Send somebody another invitation; the links before it work no more.
#[post("/api/auth/users/{id}/invite/")]
async fn invite_user(cx: Cx, staff: Staff<may::ManageFirm>, Path(id): Path<UserId>) -> Result<Answer<UserOut>, Problem> {
    cx.act(&staff, id, |user| user.invite_again(cx.now)).await
}

/// Shut somebody out. Their tokens are worth nothing within a minute.
#[post("/api/auth/users/{id}/deactivate/")]
async fn deactivate_user(cx: Cx, staff: Staff<may::ManageFirm>, Path(id): Path<UserId>) -> Result<Answer<UserOut>, Problem> {
    let (mut change, before) = cx.edit(&staff, id).await?;
    let user = change.update(&before, before.deactivate(id, staff.user)?)?;
    change.remove_membership(&id.to_string())?;
    cx.commit(change, cx.ok(&user)).await
}
