//! `/api/auth/me/`: who is signed in.

use api::{Acts, Answer, App, Caller, Cx, Problem, Routes, Shape, get, post, routes};
use domain::{
    access::{Permission, Right, Rights, Role},
    address::Address,
    client::Client,
    ids::ClientId,
    session::Principal,
};
use serde::Serialize;
use store::Record;
use utoipa::ToSchema;
use wire::{ContactOut, PortalUserOut};

use crate::shapes::{FirmOut, UserOut};

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(show_me)).routes(routes!(leave_firm))
}

/// Who is signed in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum Me {
    /// A member of the firm.
    Staff {
        user: Box<UserOut>,
        firm: FirmOut,
        role: Role,
        /// What they may do.
        permissions: Vec<Permission>,
    },
    /// Somebody at a client.
    Portal {
        user: Box<PortalUserOut>,
        firm: FirmOut,
        client: Box<OwnClient>,
        role: PortalRole,
        rights: Rights,
        /// The rights that are given.
        permissions: Vec<Right>,
    },
}

/// A client, as its own people see it: nothing that the firm keeps for itself.
#[derive(Debug, Serialize, ToSchema)]
struct OwnClient {
    id: ClientId,
    #[serde(flatten)]
    contact: ContactOut,
    /// Where it is, as on an envelope.
    address: Option<Address>,
}

impl From<&Record<Client>> for OwnClient {
    fn from(record: &Record<Client>) -> Self {
        Self { id: record.id, contact: (&record.contact).into(), address: record.address.clone() }
    }
}

/// What somebody at a client is to the firm.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum PortalRole {
    Client,
}

/// Show who is signed in.
///
/// With their role or rights and what these permit, as they are now; a client's people see of their client how it is
/// reached, and of the firm its name, currency and time zone. Whoever has a token that is taken may ask.
#[get("/api/auth/me/", tag = "auth")]
async fn show_me(cx: Cx, caller: Caller) -> Result<Answer<Me>, Problem> {
    let read = cx.store.read(caller.firm).record(caller.firm).eventually();
    let me = match caller.caller().principal {
        Principal::Staff { user, .. } => {
            let found = read.record(user).fetch().await?;
            let user = found.record(user)?;
            let permissions = user.role.permissions().collect();
            let (firm, role) = ((&found.record(caller.firm)?).into(), user.role);
            Me::Staff { user: Box::new(UserOut::shape(&user, cx.now)), firm, role, permissions }
        }
        Principal::Portal { user, client, .. } => {
            let found = read.record(user).record(client).fetch().await?;
            let user = found.record(user)?;
            let permissions = Right::ALL.into_iter().filter(|right| user.rights.may(*right)).collect();
            let (firm, client, rights) = ((&found.record(caller.firm)?).into(), (&found.record(client)?).into(), user.rights);
            let (user, client) = (Box::new(PortalUserOut::shape(&user, cx.now)), Box::new(client));
            Me::Portal { user, firm, client, role: PortalRole::Client, rights, permissions }
        }
    };
    cx.json(&me)
}

/// Leave the firm, or the client's portal.
///
/// As whom one is signed in: tokens for there are worth nothing from then on, but other memberships stay. What one did stays too, and an
/// invitation lets one in again. Whoever owns the firm hands it over first: 409.
#[post("/api/auth/me/leave/", 204, tag = "auth")]
async fn leave_firm(cx: Cx, caller: Caller) -> Result<Answer<()>, Problem> {
    let read = cx.store.read(caller.firm);
    let mut change = cx.change(&caller);
    match caller.principal {
        Principal::Staff { user, .. } => {
            let before = read.record(user).fetch().await?.record(user)?;
            change.update(&before, before.leave()?)?;
        }
        Principal::Portal { user, .. } => {
            let before = read.record(user).fetch().await?.record(user)?;
            change.update(&before, before.leave()?)?;
        }
    }
    change.remove_membership(&caller.principal.subject())?;
    cx.commit(change, Ok(Answer::no_content())).await
}
