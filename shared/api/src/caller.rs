//! Who calls. These extractors are the access policy: a handler's signature says who may call it.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use domain::{
    Id,
    access::{Permission, Role},
    event::Actor,
    firm::Firm,
    ids::LoginId,
    session::{Principal, Session},
    user::User,
};
use http::request::Parts;

use crate::{App, Cx, Problem};

/// Somebody who is signed in: a member of the firm or of a client.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    /// The firm.
    pub firm: Id<Firm>,
    /// Whom the token stands for.
    pub principal: Principal,
    /// When the token was made, seconds since 1970.
    pub issued: i64,
    /// When who it is last proved who they are, seconds since 1970.
    pub authenticated: i64,
    /// What they signed in with.
    pub login: LoginId,
    /// In which of its epochs.
    pub epoch: u64,
    /// The session that the token is of.
    pub session: Id<Session>,
}

/// A member of the firm who may do `P`.
#[derive(Debug, Clone, Copy)]
pub struct Staff<P> {
    /// The firm.
    pub firm: Id<Firm>,
    /// Who.
    pub user: Id<User>,
    /// What they are there.
    pub role: Role,
    caller: Caller,
    permission: PhantomData<P>,
}

impl<P> Staff<P> {
    /// That they may do `permission` too, where what is asked for decides that.
    pub fn needs(&self, permission: Permission) -> Result<(), Problem> {
        if self.role.may(permission) { Ok(()) } else { Err(lacking(self.role, permission)) }
    }
}

fn lacking(role: Role, permission: Permission) -> Problem {
    Problem::forbidden(format!("The role {} doesn't have the permission {}.", role.as_str(), permission.as_str()))
}

/// Anybody; counted by the address they call from.
#[derive(Debug, Clone, Copy)]
pub struct Anonymous;

/// Whoever comes by the link of a record, which the handler has to look at; counted by the address they call from.
#[derive(Debug, Clone, Copy)]
pub struct Guest;

impl Caller {
    /// What they are in the firm, if they are of the firm.
    pub fn role(&self) -> Option<Role> {
        match self.principal {
            Principal::Staff { role, .. } => Some(role),
            Principal::Portal { .. } => None,
        }
    }
}

/// Somebody who can be named in the event log.
pub trait Acts {
    /// Who.
    fn caller(&self) -> Caller;

    /// Whether what they do changes people or the firm: then each of their changes depends on that they still are what their
    /// token says, since a token lives on for a while.
    fn is_looked_up(&self) -> bool {
        false
    }

    /// Their name in the event log.
    fn actor(&self) -> Actor {
        match self.caller().principal {
            Principal::Staff { user, .. } => Actor::User(user),
            Principal::Portal { user, .. } => Actor::PortalUser(user),
        }
    }
}

impl Acts for Caller {
    fn caller(&self) -> Caller {
        *self
    }
}

impl<P: Permitted> Acts for Staff<P> {
    fn caller(&self) -> Caller {
        self.caller
    }

    fn is_looked_up(&self) -> bool {
        P::PERMISSION.changes_access()
    }
}

/// A permission as a type.
pub trait Permitted {
    /// The permission.
    const PERMISSION: Permission;
}

/// The permissions as types: `Staff<may::ReadSales>`.
pub mod may {
    use super::{Permission, Permitted};

    macro_rules! permissions {
        ($($name:ident),*) => {
            $(
                #[doc = concat!("[`Permission::", stringify!($name), "`]")]
                #[derive(Debug, Clone, Copy)]
                pub enum $name {}

                impl Permitted for $name {
                    const PERMISSION: Permission = Permission::$name;
                }
            )*
        };
    }
    permissions!(
        ReadFirm,
        ManageFirm,
        ManageMail,
        ReadSales,
        WriteSales,
        CloseSales,
        ReadClients,
        WriteClients,
        ManagePortal,
        ReadWork,
        WriteWork,
        ManageWork,
        ReadBilling,
        WriteBilling
    );
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let cx = Cx::of(parts, app)?;
        let header = parts.headers.get(http::header::AUTHORIZATION);
        let header = header.ok_or_else(|| Problem::unauthorized(None, "Sign in, and send the access token as a bearer token."))?;
        let token =
            header.to_str().ok().and_then(|header| header.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let (_, token) = token.ok_or_else(|| Problem::unauthorized(Some("invalid_request"), "Send the access token as a bearer token."))?;
        let caller = app.verifier.caller(token.trim(), cx.now)?;
        cx.count(app, caller).await?;
        Ok(caller)
    }
}

impl<P: Permitted> TryFrom<Caller> for Staff<P> {
    type Error = Problem;

    fn try_from(caller: Caller) -> Result<Self, Problem> {
        match caller.principal {
            Principal::Staff { user, role } if role.may(P::PERMISSION) => {
                Ok(Self { firm: caller.firm, user, role, caller, permission: PhantomData })
            }
            Principal::Staff { role, .. } => Err(lacking(role, P::PERMISSION)),
            Principal::Portal { .. } => Err(Problem::forbidden("This is for the firm's people.")),
        }
    }
}

impl<P: Permitted> FromRequestParts<App> for Staff<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Caller::from_request_parts(parts, app).await?.try_into()
    }
}

impl FromRequestParts<App> for Anonymous {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let cx = Cx::of(parts, app)?;
        cx.count_address(app).await?;
        Ok(Self)
    }
}

impl FromRequestParts<App> for Guest {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let cx = Cx::of(parts, app)?;
        cx.count_guest(app).await?;
        Ok(Self)
    }
}
