//! Portal users: people at a client who see what the firm does for them.

use serde::{Deserialize, Serialize};

use crate::{
    Email, Language, Refusal, SingleLine, Time, Transition,
    access::Rights,
    firm::Confirmed,
    ids::ClientId,
    invitation::{Invitation, Standing},
};

crate::events! {
    PortalUser {
        /// Entered, and to be sent the first link.
        Invited = "portal_user.invited" is Creation,
        /// To be sent another link.
        Reinvited = "portal_user.reinvited" is Change,
        /// Used the link.
        Activated = "portal_user.activated" is Change,
        /// Name, language or rights were changed.
        Updated = "portal_user.updated" is Edit,
        /// What they sign in with has another e-mail, and so have they.
        EmailChanged = "portal_user.email_changed" is Change,
        /// Shut out.
        Deactivated = "portal_user.deactivated" is Change,
        /// They left the portal.
        Left = "portal_user.left" is Change,
    }
}

/// Somebody at a client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PortalUser {
    /// Whose they are.
    pub client: ClientId,
    /// What they are called.
    pub name: SingleLine<200>,
    /// Where mail goes, and what they sign in with.
    pub email: Email,
    /// The language in which they are written to, if it isn't the client's.
    #[serde(default)]
    pub language: Option<Language>,
    /// What they may do.
    pub rights: Rights,
    /// Where they stand.
    pub status: Standing,
    /// Since when they can sign in, for who came by a link: sessions from before it are over.
    pub active_since: Option<Time>,
    /// The last link that was sent to them.
    pub invitation: Invitation,
}

impl PortalUser {
    /// Somebody who is invited at `now`.
    pub fn invited(
        client: ClientId,
        name: SingleLine<200>,
        email: Email,
        rights: Rights,
        _: Confirmed,
        now: Time,
    ) -> Result<Self, Refusal> {
        sensible(rights)?;
        let (status, invitation) = (Standing::Invited, Invitation::first(now));
        Ok(Self { client, name, email, language: None, rights, status, active_since: None, invitation })
    }

    /// The person with another name or other rights.
    pub fn edit(&self, edited: Self) -> Transition<Self> {
        sensible(edited.rights)?;
        Ok((edited, Event::Updated))
    }

    /// What they sign in with has the e-mail `to`: so have they; nothing, if that is theirs already.
    pub fn follow_email(&self, to: &Email) -> Option<(Self, Event)> {
        (self.email != *to).then(|| (Self { email: to.clone(), ..self.clone() }, Event::EmailChanged))
    }

    /// Send another link; who was shut out is let in by it.
    pub fn invite_again(&self, _: Confirmed, now: Time) -> Transition<Self> {
        match self.status {
            Standing::Active => Err(Refusal::state("Has signed in; there is nothing to invite to.")),
            Standing::Invited | Standing::Deactivated => {
                let invited = Self { status: Standing::Invited, invitation: self.invitation.next(now), ..self.clone() };
                Ok((invited, Event::Reinvited))
            }
        }
    }

    /// The link of invitation `number` was used.
    pub fn activate(&self, number: u32, now: Time) -> Transition<Self> {
        self.invitation.admits(self.status, number, now)?;
        Ok((Self { status: Standing::Active, active_since: Some(now), ..self.clone() }, Event::Activated))
    }

    /// They leave by themselves.
    pub fn leave(&self) -> Transition<Self> {
        self.deactivate().map(|(gone, _)| (gone, Event::Left))
    }

    /// Shut out.
    pub fn deactivate(&self) -> Transition<Self> {
        match self.status {
            Standing::Deactivated => Err(Refusal::state("Is deactivated already.")),
            Standing::Invited | Standing::Active => Ok((Self { status: Standing::Deactivated, ..self.clone() }, Event::Deactivated)),
        }
    }
}

/// That who has `rights` can see what they may do something with.
fn sensible(rights: Rights) -> Result<(), Refusal> {
    if rights.see {
        Ok(())
    } else {
        Err(Refusal::rule("rights", "Every other right needs the right to see; to shut somebody out, deactivate them."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Id, firm::tests::CONFIRMED};

    #[test]
    fn nobody_has_rights_without_the_right_to_see() {
        let now = Time::default();
        let invite = |rights| {
            PortalUser::invited(
                Id::new(now, 1),
                SingleLine::new("Ann Lee").unwrap(),
                Email::new("ann@acme.example").unwrap(),
                rights,
                CONFIRMED,
                now,
            )
        };
        let blind = Rights { see: false, ..Rights::ALL };
        assert_eq!(invite(blind).unwrap_err().field.as_deref(), Some("rights"));
        let ann = invite(Rights::default()).unwrap();
        assert!(ann.edit(PortalUser { rights: blind, ..ann.clone() }).is_err());
        assert!(ann.edit(PortalUser { rights: Rights::ALL, ..ann.clone() }).is_ok());
    }
}
