//! `/api/auth/me/`: who is signed in, and the language in which they are written to.

use api::{Acts, Answer, App, Caller, Cx, Patch, Problem, Routes, Shape, Valid, get, patch, post, routes};
use domain::{
    Language,
    access::{Permission, Right, Rights, Role},
    address::Address,
    client::Client,
    firm::Firm,
    ids::ClientId,
    portal_user::PortalUser,
    session::Principal,
    user::User,
};
use serde::{Deserialize, Serialize};
use store::Record;
use utoipa::ToSchema;
use wire::{ContactOut, PortalUserOut};

use crate::{
    alive,
    shapes::{FirmOut, UserOut},
};

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(show_me, update_me)).routes(routes!(leave_firm))
}

/// Who is signed in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum Me {
    /// A member of the firm.
    Staff {
        user: Box<UserOut>,
        /// The language in which they are written to; none: the firm's.
        language: Option<Language>,
        firm: FirmOut,
        role: Role,
        /// What they may do.
        permissions: Vec<Permission>,
    },
    /// Somebody at a client.
    Portal {
        user: Box<PortalUserOut>,
        /// The language in which they are written to; none: the client's, or else the firm's.
        language: Option<Language>,
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

impl Me {
    fn staff(cx: &Cx, firm: &Record<Firm>, user: &Record<User>) -> Self {
        let (language, role, permissions) = (user.language, user.role, user.role.permissions().collect());
        Self::Staff { user: Box::new(UserOut::shape(user, cx.now)), language, firm: firm.into(), role, permissions }
    }

    fn portal(cx: &Cx, firm: &Record<Firm>, client: &Record<Client>, user: &Record<PortalUser>) -> Self {
        let (language, rights, role) = (user.language, user.rights, PortalRole::Client);
        let permissions = Right::ALL.into_iter().filter(|right| rights.may(*right)).collect();
        let (user, client) = (Box::new(PortalUserOut::shape(user, cx.now)), Box::new(client.into()));
        Self::Portal { user, language, firm: firm.into(), client, role, rights, permissions }
    }
}

/// Changes to who is signed in: what is absent stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"language": "de"}))]
struct MePatch {
    /// The language in which they are written to: by this firm, and about their login. Null: by this firm in its own or the client's.
    language: Patch<Language>,
}

/// Show who is signed in.
///
/// With their role or rights and what these permit, as they are now; a client's people see of their client how it is
/// reached, and of the firm its name, currency, time zone and language. Whoever has a token that is taken may ask.
#[get("/api/auth/me/", tag = "auth")]
async fn show_me(cx: Cx, caller: Caller) -> Result<Answer<Me>, Problem> {
    let read = cx.store.read(caller.firm).record(caller.firm).eventually();
    let me = match caller.caller().principal {
        Principal::Staff { user, .. } => {
            let found = read.record(user).fetch().await?;
            Me::staff(&cx, &found.record(caller.firm)?, &found.record(user)?)
        }
        Principal::Portal { user, client, .. } => {
            let found = read.record(user).record(client).fetch().await?;
            Me::portal(&cx, &found.record(caller.firm)?, &found.record(client)?, &found.record(user)?)
        }
    };
    cx.json(&me)
}

/// Say in which language one is written to.
///
/// From now on, by this firm, and about one's login. What other firms write goes in the language that one says there.
#[patch("/api/auth/me/", tag = "auth")]
async fn update_me(cx: Cx, caller: Caller, Valid(body): Valid<MePatch>) -> Result<Answer<Me>, Problem> {
    let read = cx.read(&caller).record(caller.firm).login(caller.login);
    let mut change = cx.change(&caller);
    let (found, me) = match caller.caller().principal {
        Principal::Staff { user, .. } => {
            let found = read.record(user).fetch().await?;
            let (firm, before) = (found.record(caller.firm)?, found.record(user)?);
            let after = User { language: body.language.over(before.language), ..before.content.clone() };
            let after = change.update(&before, before.edit(after, user, user)?)?;
            (found, Me::staff(&cx, &firm, &after))
        }
        Principal::Portal { user, client, .. } => {
            let found = read.record(user).record(client).fetch().await?;
            let (firm, before) = (found.record(caller.firm)?, found.record(user)?);
            let after = PortalUser { language: body.language.over(before.language), ..before.content.clone() };
            let after = change.update(&before, before.edit(after)?)?;
            let me = Me::portal(&cx, &firm, &found.record(client)?, &after);
            (found, me)
        }
    };
    let login = found.login(caller.login)?.ok_or_else(alive::over)?;
    if let Some(spoken) = body.language.over(None).and_then(|language| login.speak(language)) {
        change.update_login(&login, spoken)?;
    }
    cx.commit(change, cx.json(&me)).await
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
