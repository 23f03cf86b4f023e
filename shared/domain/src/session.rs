//! Signing in: whom a login stands for, and how long a session goes on.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::{
    SingleLine, Time,
    access::{Rights, Role},
    ids::{ClientId, FirmId, LoginId, PortalUserId, SessionId, UserId},
};

/// How long an access token is taken.
pub const ACCESS: TimeDelta = TimeDelta::hours(1);
/// How long a refresh token is taken, unless it is used.
pub const REFRESH: TimeDelta = TimeDelta::days(7);
/// How long a used refresh token still gives the same successor, for an answer that got lost.
pub const GRACE: TimeDelta = TimeDelta::seconds(30);

/// The longest that is kept of what a program says that it is.
const DEVICE: usize = 300;

/// Whom a login or a token stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Principal {
    /// A member of the firm.
    Staff {
        /// Who.
        user: UserId,
        /// What they are there.
        role: Role,
    },
    /// Somebody at a client of the firm.
    Portal {
        /// Who.
        user: PortalUserId,
        /// Whose they are.
        client: ClientId,
        /// What they may do.
        rights: Rights,
    },
}

impl Principal {
    /// Whether who is this in a firm is there already as `other` is: of its people, or of the same client's. Nobody is twice.
    pub fn is_beside(self, other: Self) -> bool {
        match (self, other) {
            (Self::Staff { .. }, Self::Staff { .. }) => true,
            (Self::Portal { client, .. }, Self::Portal { client: other, .. }) => client == other,
            (Self::Staff { .. }, Self::Portal { .. }) | (Self::Portal { .. }, Self::Staff { .. }) => false,
        }
    }
}

impl Origin {
    /// Of a request whose program says that it is `device`, from the network address `address`.
    pub fn new(device: Option<&str>, address: Option<String>) -> Self {
        let short = |device: &str| device.chars().filter(|c| !c.is_control()).take(DEVICE).collect::<String>();
        Self { device: device.and_then(|device| SingleLine::new(&short(device)).ok()), address }
    }
}

impl Principal {
    /// The id, as text.
    pub fn subject(&self) -> String {
        match self {
            Self::Staff { user, .. } => user.to_string(),
            Self::Portal { user, .. } => user.to_string(),
        }
    }

    /// What they may do, as text: the same as long as neither role nor rights change.
    pub fn access(&self) -> String {
        match self {
            Self::Staff { role, .. } => role.as_str().to_owned(),
            Self::Portal { client, rights, .. } => format!("{client} {}", rights.scope()),
        }
    }
}

/// What a session is the session of; its ids begin with `session_`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// What they signed in with.
    pub login: LoginId,
    /// The firm.
    pub firm: FirmId,
    /// Whom it is for; their role or rights as they were when it began.
    pub principal: Principal,
    /// The session from which it was switched to, which it doesn't outlive.
    pub parent: Option<SessionId>,
    /// Which refresh token is the newest: 1 is the first.
    pub generation: u64,
    /// When it began.
    pub started_at: Time,
    /// When who it is for last proved who they are.
    pub authenticated_at: Time,
    /// Which of the login's epochs it is of ([`Credentials`](crate::login::Credentials)): the one in which it began or was last kept.
    pub epoch: u64,
    /// When the newest was given out.
    pub rotated_at: Time,
    /// The idempotency key under which it was asked for.
    pub rotated_under: Option<String>,
    /// From where it was last used.
    pub origin: Origin,
    /// Whether its refresh tokens come as a cookie.
    #[serde(default)]
    pub in_cookie: bool,
    /// Whether none is taken any more.
    pub revoked: bool,
}

/// From where a session is used, as far as its requests tell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// What the program says that it is (`User-Agent`).
    pub device: Option<SingleLine<DEVICE>>,
    /// The network address.
    pub address: Option<String>,
}

/// What becomes of a refresh token that was shown.
#[derive(Debug, Clone, PartialEq)]
pub enum Refreshed {
    /// It was the newest: here is the session with its successor.
    Rotated(Session),
    /// It was used less than [`GRACE`] ago, or under the same idempotency key: its successor again.
    Repeated,
    /// It was used before that: somebody else has it. The session is over.
    Reused(Session),
    /// The session was over, or has never had such a token.
    Over,
}

impl Session {
    /// A session of `login`, in its epoch `epoch`, that begins at `now`, when who it is for proves who they are.
    pub fn begin((login, epoch): (LoginId, u64), firm: FirmId, principal: Principal, origin: Origin, now: Time) -> Self {
        Self {
            login,
            firm,
            principal,
            parent: None,
            generation: 1,
            started_at: now,
            authenticated_at: now,
            epoch,
            rotated_at: now,
            rotated_under: None,
            origin,
            in_cookie: false,
            revoked: false,
        }
    }

    /// The session once who it is for proved again at `now` who they are.
    #[must_use]
    pub fn reauthenticate(&self, now: Time) -> Self {
        Self { authenticated_at: now, ..self.clone() }
    }

    /// Whether it goes on at `now`, of a login that is in `epoch`.
    pub fn goes_on(&self, epoch: u64, now: Time) -> bool {
        !self.revoked && now < self.rotated_at + REFRESH && self.epoch == epoch
    }

    /// The session as it is kept in `epoch`, while the login's others end: the one from which it was switched to among them, with
    /// which it doesn't end any more.
    #[must_use]
    pub fn keep(&self, epoch: u64) -> Self {
        Self { epoch, parent: None, ..self.clone() }
    }

    /// The refresh token of `generation` is shown at `now`, under an idempotency key if `under` is one.
    pub fn refresh(&self, generation: u64, under: Option<&str>, origin: Origin, now: Time) -> Refreshed {
        if self.revoked || generation > self.generation {
            Refreshed::Over
        } else if generation == self.generation {
            Refreshed::Rotated(self.rotate(under, origin, now))
        } else if generation + 1 == self.generation
            && (now < self.rotated_at + GRACE || under.is_some() && under == self.rotated_under.as_deref())
        {
            Refreshed::Repeated
        } else {
            Refreshed::Reused(self.revoke())
        }
    }

    /// The session with new tokens at `now`, which were asked for under an idempotency key if `under` is one, from `origin`.
    #[must_use]
    pub fn rotate(&self, under: Option<&str>, origin: Origin, now: Time) -> Self {
        let rotated_under = under.map(str::to_owned);
        Self { generation: self.generation + 1, rotated_at: now, rotated_under, origin, ..self.clone() }
    }

    /// The session once it is over.
    #[must_use]
    pub fn revoke(&self) -> Self {
        Self { revoked: true, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Id;

    #[test]
    fn a_used_token_gives_its_successor_for_half_a_minute_and_then_ends_the_session() {
        let now = Time::default();
        let principal = Principal::Staff { user: Id::new(now, 1), role: Role::Owner };
        let first = Session::begin((Id::new(now, 3), 0), Id::new(now, 2), principal, Origin::default(), now);
        let Refreshed::Rotated(second) = first.refresh(1, None, Origin::default(), now) else { panic!("not rotated") };
        assert_eq!(second.refresh(1, None, Origin::default(), now + GRACE - TimeDelta::seconds(1)), Refreshed::Repeated);
        let Refreshed::Reused(over) = second.refresh(1, None, Origin::default(), now + GRACE) else { panic!("not noticed") };
        assert_eq!(over.refresh(2, None, Origin::default(), now), Refreshed::Over);
        assert_eq!(second.refresh(3, None, Origin::default(), now), Refreshed::Over);
        let Refreshed::Rotated(third) = second.refresh(2, None, Origin::default(), now) else { panic!("not rotated") };
        assert!(matches!(third.refresh(1, None, Origin::default(), now), Refreshed::Reused(_)));
    }

    #[test]
    fn a_token_that_is_shown_again_under_its_key_gives_its_successor_however_late() {
        let now = Time::default();
        let principal = Principal::Staff { user: Id::new(now, 1), role: Role::Owner };
        let first = Session::begin((Id::new(now, 3), 0), Id::new(now, 2), principal, Origin::default(), now);
        let Refreshed::Rotated(second) = first.refresh(1, Some("key"), Origin::default(), now) else { panic!("not rotated") };
        let later = now + TimeDelta::hours(1);
        assert_eq!(second.refresh(1, Some("key"), Origin::default(), later), Refreshed::Repeated);
        assert!(matches!(second.refresh(1, Some("another"), Origin::default(), later), Refreshed::Reused(_)));
        assert!(matches!(second.refresh(1, None, Origin::default(), later), Refreshed::Reused(_)));
    }
}
