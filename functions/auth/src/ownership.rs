//! `POST /api/auth/firm/transfer-ownership/`: an owner hands the firm over.

use api::{Answer, App, Cx, Problem, Routes, Staff, Valid, may, post, routes};
use domain::{access::Role, ids::UserId, session::Principal};
use serde::Deserialize;
use store::Named;
use utoipa::ToSchema;

use crate::{reauthentication::proven_for, shapes::UserOut};

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(transfer_ownership))
}

/// To whom the firm is handed over.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"user": "user_01m8hqxtm00000000000000001"}))]
struct Transfer {
    /// Who owns it from then on; they can sign in.
    user: Named<UserId>,
}

/// Hand the firm over.
///
/// The other is an owner from then on, and oneself a manager: tokens with the role before are answered 401 within a minute, and a
/// refresh gives new ones. Other owners stay what they are. 403 (`reauthentication-required`) unless one proved within ten minutes
/// who one is; 422 if they can't sign in, and for oneself.
#[post("/api/auth/firm/transfer-ownership/", 200)]
async fn transfer_ownership(cx: Cx, staff: Staff<may::ManageFirm>, Valid(body): Valid<Transfer>) -> Result<Answer<UserOut>, Problem> {
    proven_for(&cx, &staff, true)?;
    let found = cx.read(&staff).record(staff.user).named(body.user).fetch().await?;
    let (owner, mut change) = (found.record(staff.user)?, cx.change(&staff));
    let other = change.depend(&found, "user", body.user)?;
    let [after, before] = other.take_over_from(other.id, &owner, staff.user)?;
    let shown = change.update(&other, after)?;
    change.update(&owner, before)?;
    for (user, role) in [(other.id, Role::Owner), (staff.user, Role::Manager)] {
        change.change_membership(Principal::Staff { user, role })?;
    }
    cx.commit(change, cx.ok(&shown)).await
}
