//! The firm's people.

use serde::{Deserialize, Serialize};

use crate::{
    Email, Language, Refusal, SingleLine, Time, Transition,
    access::Role,
    firm::Confirmed,
    ids::UserId,
    invitation::{Invitation, Standing},
};

crate::events! {
    User {
        /// Founded the firm.
        Registered = "user.registered" is Creation,
        /// Entered, and to be sent the first link.
        Invited = "user.invited" is Creation,
        /// To be sent another link.
        Reinvited = "user.reinvited" is Change,
        /// Used the link.
        Activated = "user.activated" is Change,
        /// Name, language or role was changed.
        Updated = "user.updated" is Edit,
        /// What they sign in with has another e-mail, and so have they.
        EmailChanged = "user.email_changed" is Change,
        /// The firm was handed over to them: they own it.
        OwnershipReceived = "user.ownership_received" is Change,
        /// They handed the firm over, and are a manager.
        OwnershipHandedOver = "user.ownership_handed_over" is Change,
        /// Shut out.
        Deactivated = "user.deactivated" is Change,
        /// They left the firm.
        Left = "user.left" is Change,
        /// What they had still to do is handed to somebody else.
        WorkHandedOver = "user.work_handed_over" is Change,
    }
}

/// A member of the firm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// What they are called.
    pub name: SingleLine<200>,
    /// Where mail goes, and what they sign in with.
    pub email: Email,
    /// The language in which they are written to, if it isn't the firm's.
    #[serde(default)]
    pub language: Option<Language>,
    /// What they are in the firm.
    pub role: Role,
    /// Where they stand.
    pub status: Standing,
    /// Since when they can sign in, for who came by a link: sessions from before it are over.
    pub active_since: Option<Time>,
    /// The last link that was sent to them; none for who founded the firm.
    pub invitation: Option<Invitation>,
    /// To whom what they had still to do was handed last.
    pub handed_over_to: Option<UserId>,
}

impl User {
    /// Who founds the firm: its owner, at once.
    pub fn founder(name: SingleLine<200>, email: Email) -> Self {
        let (role, status) = (Role::Owner, Standing::Active);
        Self { name, email, language: None, role, status, active_since: None, invitation: None, handed_over_to: None }
    }

    /// Somebody who is invited at `now`.
    pub fn invited(name: SingleLine<200>, email: Email, role: Role, _: Confirmed, now: Time) -> Self {
        let (status, invitation) = (Standing::Invited, Some(Invitation::first(now)));
        Self { name, email, language: None, role, status, active_since: None, invitation, handed_over_to: None }
    }

    /// The person `id` with another name or role, changed by `by`. Nobody changes their own role, so a firm always
    /// keeps the owner who is acting.
    pub fn edit(&self, edited: Self, id: UserId, by: UserId) -> Transition<Self> {
        if id == by && edited.role != self.role {
            return Err(Refusal::rule("role", "Your own role is changed by another owner."));
        }
        Ok((edited, Event::Updated))
    }

    /// What they sign in with has the e-mail `to`: so have they; nothing, if that is theirs already.
    pub fn follow_email(&self, to: &Email) -> Option<(Self, Event)> {
        (self.email != *to).then(|| (Self { email: to.clone(), ..self.clone() }, Event::EmailChanged))
    }

    /// Whether they become an owner with `role`, or are one no more.
    pub fn changes_ownership(&self, role: Role) -> bool {
        self.role != role && (self.role == Role::Owner || role == Role::Owner)
    }

    /// That they can be given work, as whom `field` names them: they aren't shut out.
    pub fn takes_work(&self, field: &'static str) -> Result<(), Refusal> {
        match self.status {
            Standing::Invited | Standing::Active => Ok(()),
            Standing::Deactivated => Err(Refusal::rule(field, "Is deactivated.")),
        }
    }

    /// Send another link; who was shut out is let in by it.
    pub fn invite_again(&self, _: Confirmed, now: Time) -> Transition<Self> {
        match self.status {
            Standing::Active => Err(Refusal::state("Has signed in; there is nothing to invite to.")),
            Standing::Invited | Standing::Deactivated => {
                let invitation = Some(self.invitation.map_or_else(|| Invitation::first(now), |last| last.next(now)));
                Ok((Self { status: Standing::Invited, invitation, ..self.clone() }, Event::Reinvited))
            }
        }
    }

    /// The link of invitation `number` was used.
    pub fn activate(&self, number: u32, now: Time) -> Transition<Self> {
        let invitation = self.invitation.ok_or_else(|| Refusal::state("Was never invited."))?;
        invitation.admits(self.status, number, now)?;
        Ok((Self { status: Standing::Active, active_since: Some(now), ..self.clone() }, Event::Activated))
    }

    /// The owner `by`, who hands the firm over to `self`, the person `id`, is a manager from then on: both, as they are then. So it
    /// keeps an owner who can sign in.
    pub fn take_over_from(&self, id: UserId, owner: &Self, by: UserId) -> Result<[(Self, Event); 2], Refusal> {
        if id == by {
            return Err(Refusal::rule("user", "Is you, who own it already."));
        }
        if self.status != Standing::Active {
            return Err(Refusal::rule("user", "Can't sign in so far, or any more."));
        }
        if self.role == Role::Owner {
            return Err(Refusal::rule("user", "Owns the firm already; change your own role by another owner."));
        }
        let of = |user: &Self, role, event| (Self { role, ..user.clone() }, event);
        Ok([of(self, Role::Owner, Event::OwnershipReceived), of(owner, Role::Manager, Event::OwnershipHandedOver)])
    }

    /// The person `id` is shut out by `by`: never by themselves, so a firm always keeps an owner.
    pub fn deactivate(&self, id: UserId, by: UserId) -> Transition<Self> {
        match self.status {
            _ if id == by => Err(Refusal::state("Nobody can shut themselves out; ask another owner.")),
            Standing::Deactivated => Err(Refusal::state("Is deactivated already.")),
            Standing::Invited | Standing::Active => Ok((Self { status: Standing::Deactivated, ..self.clone() }, Event::Deactivated)),
        }
    }

    /// They leave by themselves: no owner does, so a firm always keeps one.
    pub fn leave(&self) -> Transition<Self> {
        match (self.status, self.role) {
            (Standing::Invited | Standing::Deactivated, _) => Err(Refusal::state("Isn't let in anyway.")),
            (Standing::Active, Role::Owner) => {
                Err(Refusal::state("Whoever owns the firm can't leave it; hand it over, or have another owner change your role."))
            }
            (Standing::Active, Role::Manager | Role::Consultant | Role::Billing) => {
                Ok((Self { status: Standing::Deactivated, ..self.clone() }, Event::Left))
            }
        }
    }

    /// What the person `id` has still to do is handed to `other`, who is called `to`.
    pub fn hand_over(&self, id: UserId, to: UserId, other: &Self) -> Transition<Self> {
        if id == to {
            return Err(Refusal::rule("to", "Has it already."));
        }
        other.takes_work("to")?;
        Ok((Self { handed_over_to: Some(to), ..self.clone() }, Event::WorkHandedOver))
    }

    /// The person whose firm is closed, since they founded it and never confirmed their e-mail.
    pub fn close(&self) -> (Self, Event) {
        (Self { status: Standing::Deactivated, ..self.clone() }, Event::Deactivated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Id;

    #[test]
    fn a_firm_is_handed_over_to_who_can_sign_in() {
        let founder = User::founder(SingleLine::new("Ann").unwrap(), Email::new("ann@acme.example").unwrap());
        let [ann, bo] = [1, 2].map(|n| Id::new(Time::default(), n));
        let other = User { role: Role::Billing, ..founder.clone() };
        let [(owner, _), (before, _)] = other.take_over_from(bo, &founder, ann).unwrap();
        assert_eq!((owner.role, before.role), (Role::Owner, Role::Manager));
        assert!(founder.take_over_from(ann, &founder, ann).is_err() && founder.take_over_from(bo, &founder, ann).is_err());
        for status in [Standing::Invited, Standing::Deactivated] {
            assert!(User { status, ..other.clone() }.take_over_from(bo, &founder, ann).is_err());
        }
    }

    #[test]
    fn whoever_owns_the_firm_does_not_leave_it_and_who_left_is_gone() {
        let founder = User::founder(SingleLine::new("Ann").unwrap(), Email::new("ann@acme.example").unwrap());
        assert!(founder.leave().is_err());
        for role in [Role::Manager, Role::Consultant, Role::Billing] {
            let (gone, event) = User { role, ..founder.clone() }.leave().unwrap();
            assert_eq!((gone.status, event), (Standing::Deactivated, Event::Left));
            assert!(gone.leave().is_err());
        }
    }

    #[test]
    fn work_is_handed_to_somebody_else_who_takes_it() {
        let founder = User::founder(SingleLine::new("Ann").unwrap(), Email::new("ann@acme.example").unwrap());
        let [ann, bo] = [1, 2].map(|n| Id::new(Time::default(), n));
        let gone = User { status: Standing::Deactivated, ..founder.clone() };
        assert!(founder.hand_over(ann, ann, &founder).is_err() && founder.hand_over(ann, bo, &gone).is_err());
        assert_eq!(gone.hand_over(ann, bo, &founder).unwrap().0.handed_over_to, Some(bo));
    }

    #[test]
    fn who_is_shut_out_is_given_no_work() {
        let founder = User::founder(SingleLine::new("Ann").unwrap(), Email::new("ann@acme.example").unwrap());
        for (status, refused) in [(Standing::Invited, false), (Standing::Active, false), (Standing::Deactivated, true)] {
            let refusal = refused.then(|| Refusal::rule("assignee", "Is deactivated."));
            assert_eq!(User { status, ..founder.clone() }.takes_work("assignee").err(), refusal, "{status:?}");
        }
    }
}
