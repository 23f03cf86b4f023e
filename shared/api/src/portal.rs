//! Who calls from a client's portal. Like [`crate::Staff`], these extractors are the access policy: which right it takes is
//! in the handler's signature, and what isn't the client's own is not found.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use domain::{
    access::Right,
    client::OfClient,
    ids::{ClientId, FirmId, PortalUserId},
    session::Principal,
};
use http::request::Parts;
use store::{Entity, Record};

use crate::{Acts, App, Caller, Permitted, Problem, Staff};

/// A portal user who has the right `R`.
#[derive(Debug, Clone, Copy)]
pub struct Portal<R> {
    /// Whose they are.
    pub client: ClientId,
    /// Who.
    pub user: PortalUserId,
    caller: Caller,
    right: PhantomData<R>,
}

/// A member of the firm who may do `P`, or a portal user who has the right `R`.
#[derive(Debug, Clone, Copy)]
pub enum Party<P, R> {
    /// Of the firm.
    Staff(Staff<P>),
    /// Of a client.
    Portal(Portal<R>),
}

/// A right as a type.
pub trait Entitled {
    /// The right.
    const RIGHT: Right;
}

/// The rights as types: `Portal<right::See>`.
pub mod right {
    use super::{Entitled, Right};

    macro_rules! rights {
        ($($name:ident),*) => {
            $(
                #[doc = concat!("[`Right::", stringify!($name), "`]")]
                #[derive(Debug, Clone, Copy)]
                pub enum $name {}

                impl Entitled for $name {
                    const RIGHT: Right = Right::$name;
                }
            )*
        };
    }
    rights!(See, Comment, Pay, Sign, Upload);
}

impl<R> Portal<R> {
    /// The client's firm.
    pub fn firm(&self) -> FirmId {
        self.caller.firm
    }

    /// `record`, if it is the client's own; else there is no such thing.
    pub fn own<T: Entity + OfClient>(&self, record: Record<T>) -> Result<Record<T>, Problem> {
        self.owns(record.client()).map(|()| record)
    }

    /// That what is `client`'s is theirs; else there is no such thing.
    pub fn owns(&self, client: ClientId) -> Result<(), Problem> {
        if client == self.client { Ok(()) } else { Err(Problem::not_found()) }
    }
}

impl<P, R> Party<P, R> {
    /// `record`, if the caller is of the firm, or of the client whose it is.
    pub fn own<T: Entity + OfClient>(&self, record: Record<T>) -> Result<Record<T>, Problem> {
        match self {
            Self::Staff(_) => Ok(record),
            Self::Portal(portal) => portal.own(record),
        }
    }

    /// That the caller is of the firm, or of `client`; else there is no such thing.
    pub fn owns(&self, client: ClientId) -> Result<(), Problem> {
        match self {
            Self::Staff(_) => Ok(()),
            Self::Portal(portal) => portal.owns(client),
        }
    }
}

impl<R> Acts for Portal<R> {
    fn caller(&self) -> Caller {
        self.caller
    }
}

impl<P: Permitted, R> Acts for Party<P, R> {
    fn caller(&self) -> Caller {
        match self {
            Self::Staff(staff) => staff.caller(),
            Self::Portal(portal) => portal.caller(),
        }
    }

    fn is_looked_up(&self) -> bool {
        match self {
            Self::Staff(staff) => staff.is_looked_up(),
            Self::Portal(portal) => portal.is_looked_up(),
        }
    }
}

impl<R: Entitled> TryFrom<Caller> for Portal<R> {
    type Error = Problem;

    fn try_from(caller: Caller) -> Result<Self, Problem> {
        match caller.principal {
            Principal::Portal { user, client, rights } if rights.may(R::RIGHT) => Ok(Self { client, user, caller, right: PhantomData }),
            Principal::Portal { .. } => Err(Problem::forbidden(format!("You don't have the right to {}.", R::RIGHT.as_str()))),
            Principal::Staff { .. } => Err(Problem::forbidden("This is for the client's people.")),
        }
    }
}

impl<R: Entitled> FromRequestParts<App> for Portal<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Caller::from_request_parts(parts, app).await?.try_into()
    }
}

impl<P: Permitted, R: Entitled> FromRequestParts<App> for Party<P, R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, app).await?;
        match caller.principal {
            Principal::Staff { .. } => caller.try_into().map(Self::Staff),
            Principal::Portal { .. } => caller.try_into().map(Self::Portal),
        }
    }
}
