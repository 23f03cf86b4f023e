//! `/api/auth/users/`: the firm's people.

use api::{
    Answer, App, Body, Cx, ListQuery, NoFilter, Page, Patch, Path, Problem, Routes, Set, Staff, Valid, get, may, patch, post, routes,
};
use domain::{
    Email, Language, Refusal, SingleLine,
    access::Role,
    ids::UserId,
    invitation::Standing,
    session::Principal,
    user::{self, User},
};
use serde::Deserialize;
use store::{ListScope, Named, Unique};
use utoipa::ToSchema;

use crate::{reauthentication::proven_for, shapes::UserOut};

api::standard_handlers! {
    UserId, UserOut, "/api/auth/users/{id}/":
    /// Show a member of the firm.
    ///
    /// Who was deactivated is shown too.
    show_user: show by Staff<may::ReadFirm>;
    /// List what happened to a member of the firm.
    ///
    /// Newest first: by whom they were invited, changed or deactivated, when they used the link, and which fields that
    /// changed; sign-ins are not among that. Network addresses are for owners and managers.
    list_user_history: history by Staff<may::ReadFirm>;
}

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default()
        .routes(routes!(list_users, create_user))
        .routes(routes!(show_user, update_user))
        .routes(routes!(invite_user))
        .routes(routes!(deactivate_user))
        .routes(routes!(hand_over_work))
        .routes(routes!(list_user_history))
}

/// Somebody who is invited to the firm.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Bo Ek", "email": "bo@north.example", "role": "consultant"}))]
struct NewUser {
    name: SingleLine<200>,
    email: Email,
    /// The language in which they are written to. Default: the firm's.
    language: Option<Language>,
    role: Role,
}

/// Changes to a member of the firm: what is absent stays.
#[derive(Debug, Default, Deserialize, ToSchema, Body)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"role": "manager"}))]
#[body(patch = User, keep(email, status, active_since, invitation, handed_over_to))]
struct UserPatch {
    name: Set<SingleLine<200>>,
    /// The language in which they are written to; null: the firm's.
    language: Patch<Language>,
    role: Set<Role>,
}

/// To whom work is handed over.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"to": "user_01m8hqxtm00000000000000001"}))]
struct HandOver {
    to: Named<UserId>,
}

/// List the firm's people.
///
/// Newest first: invited, active and deactivated ones. There is no filter: 400.
#[get("/api/auth/users/")]
async fn list_users(cx: Cx, staff: Staff<may::ReadFirm>, query: ListQuery<NoFilter>) -> Result<Answer<Page<UserOut>>, Problem> {
    cx.list(&staff, ListScope::All, &query).await
}

/// Invite somebody to the firm, by mail.
///
/// The link in it works for a week. An owner is invited by who proved within ten minutes who they are (403,
/// `reauthentication-required`). 409, naming the other in `existing`, if somebody of the firm has the e-mail, who may be
/// deactivated: invite them again.
#[post("/api/auth/users/", 201)]
async fn create_user(cx: Cx, staff: Staff<may::ManageFirm>, Valid(body): Valid<NewUser>) -> Result<Answer<UserOut>, Problem> {
    let NewUser { name, email, language, role } = body;
    proven_for(&cx, &staff, role == Role::Owner)?;
    let firm = cx.read(&staff).record(staff.firm).fetch().await?.record(staff.firm)?;
    let mut change = cx.change(&staff);
    let user = User { language, ..User::invited(name, email.clone(), role, firm.confirmed()?, cx.now) };
    let user = change.create(cx.new_id(), user, user::Event::Invited)?;
    let taken = Refusal::state("The firm has a user with this e-mail; see existing.").about("email");
    change.claim(&Unique::UserEmail(email), user.id, taken)?;
    cx.commit(change, cx.created(&user)).await
}

/// Change somebody's name, language or role.
///
/// Tokens with the role before are answered 401 within a minute; a refresh gives new ones. Their e-mail stays, and mails about their login go in the language that they say themselves (`me/`). Who is an owner is
/// changed by who proved within ten minutes who they are (403, `reauthentication-required`). 422 for one's own role, which another
/// owner changes.
#[patch("/api/auth/users/{id}/")]
async fn update_user(
    cx: Cx,
    staff: Staff<may::ManageFirm>,
    Path(id): Path<UserId>,
    Valid(body): Valid<UserPatch>,
) -> Result<Answer<UserOut>, Problem> {
    let (mut change, before) = cx.edit(&staff, id).await?;
    let edited = body.over(before.content.clone())?;
    proven_for(&cx, &staff, before.changes_ownership(edited.role))?;
    let user = change.update(&before, before.edit(edited, id, staff.user)?)?;
    if user.status == Standing::Active && user.role != before.role {
        change.change_membership(Principal::Staff { user: id, role: user.role })?;
    }
    cx.commit(change, cx.ok(&user)).await
}

/// Send somebody another invitation; the links before it work no more.
///
/// It comes by mail, works for a week, and lets in again who was deactivated; an owner by who proved within ten minutes who they are
/// (403, `reauthentication-required`). 409 if they are active: there is nothing to
/// invite them to.
#[post("/api/auth/users/{id}/invite/")]
async fn invite_user(cx: Cx, staff: Staff<may::ManageFirm>, Path(id): Path<UserId>) -> Result<Answer<UserOut>, Problem> {
    let (mut change, before, firm) = cx.edit_with_firm(&staff, id).await?;
    proven_for(&cx, &staff, before.role == Role::Owner)?;
    let user = change.update(&before, before.invite_again(firm.confirmed()?, cx.now)?)?;
    cx.commit(change, cx.ok(&user)).await
}

/// Shut somebody out.
///
/// Their tokens are worth nothing within a minute, and a link that they were sent lets nobody in; another invitation lets
/// them in again. What they did stays, and so do their places on projects. An owner is shut out by who proved within ten minutes who
/// they are (403, `reauthentication-required`). 409 for oneself, and if they are deactivated
/// already.
#[post("/api/auth/users/{id}/deactivate/")]
async fn deactivate_user(cx: Cx, staff: Staff<may::ManageFirm>, Path(id): Path<UserId>) -> Result<Answer<UserOut>, Problem> {
    let (mut change, before) = cx.edit(&staff, id).await?;
    proven_for(&cx, &staff, before.role == Role::Owner)?;
    let user = change.update(&before, before.deactivate(id, staff.user)?)?;
    change.remove_membership(&id.to_string())?;
    cx.commit(change, cx.ok(&user)).await
}

/// Hand to somebody else what somebody has still to do.
///
/// Of those who stay too. Their tasks that aren't done (`/api/projects/users/{id}/open-tasks/`) are the other's some seconds later,
/// each with that in its history; archived ones stay. 422 if there is no such other, or they are deactivated.
#[post("/api/auth/users/{id}/hand-over/", 200)]
async fn hand_over_work(
    cx: Cx,
    staff: Staff<may::ManageFirm>,
    Path(id): Path<UserId>,
    Valid(body): Valid<HandOver>,
) -> Result<Answer<UserOut>, Problem> {
    let found = cx.read(&staff).record(id).named(body.to).fetch().await?;
    let (before, mut change) = (cx.target(&found, id)?, cx.change(&staff));
    let other = change.depend(&found, "to", body.to)?;
    let user = change.update(&before, before.hand_over(id, other.id, &other)?)?;
    cx.commit(change, cx.ok(&user)).await
}
