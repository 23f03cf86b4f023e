//! Effects: what follows from an event, by the names under which it is marked that each was done. Two of one event never have
//! the same: where several of a kind follow from it, each says what it is about.

use std::fmt;

use crate::names::names;

names! {
    /// What kind of thing follows from an event.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    pub enum EffectKind {
        /// A mail is sent.
        Mail = "mail",
        /// Somebody is told in the product, and by mail later.
        Notify = "notify",
        /// A prospect is won.
        Win = "win",
        /// Other proposals to a prospect are cancelled.
        Cancel = "cancel",
        /// Time can be billed again.
        Release = "release",
        /// Stripe's pages that are good for nothing any more are closed.
        Expire = "expire",
        /// A firm's domain is set up at the mail service.
        SetUp = "set-up",
        /// It isn't any more.
        TearDown = "tear-down",
        /// It is looked whether it says what it is to.
        Check = "check",
        /// Nothing is to be paid any more in an account of Stripe's that isn't the firm's.
        Leave = "leave",
        /// A credit that is overdrawn is settled.
        Settle = "settle",
        /// An invoice is paid from what was too much of its other payments.
        Pay = "pay",
        /// Somebody's e-mail follows that of their login.
        Follow = "follow",
        /// What somebody had still to do is handed to somebody else.
        HandOver = "hand-over",
        /// What was archived is looked at once more.
        Recheck = "recheck",
        /// All of it, where what follows could not even be found out.
        Event = "event",
    }
}

/// An effect among those of its event: `mail`, or `mail` and what about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EffectName {
    kind: EffectKind,
    about: Option<String>,
}

impl EffectKind {
    /// The one of its kind that is about `subject`.
    pub fn about(self, subject: impl fmt::Display) -> EffectName {
        EffectName { kind: self, about: Some(subject.to_string()) }
    }

    /// The name of the kind of effect that `name` is of, as it is kept; also of one that is known only to who kept it.
    pub fn name_in(name: &str) -> &str {
        name.split(' ').next().unwrap_or_default()
    }
}

impl EffectName {
    /// What it is about, where several of its kind follow from its event.
    pub fn subject(&self) -> Option<&str> {
        self.about.as_deref()
    }
}

impl From<EffectKind> for EffectName {
    fn from(kind: EffectKind) -> Self {
        Self { kind, about: None }
    }
}

impl fmt::Display for EffectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.as_str())?;
        self.about.iter().try_for_each(|about| write!(f, " {about}"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_effects_have_one_name() {
        let names: BTreeSet<&str> = EffectKind::ALL.map(EffectKind::as_str).into();
        assert_eq!(names.len(), EffectKind::ALL.len());
        assert!(names.iter().all(|name| !name.contains(' ')));
        let [whole, one, other] = [EffectKind::Mail.into(), EffectKind::Mail.about("pay_1"), EffectKind::Mail.about("pay_2")];
        assert_eq!([&whole, &one, &other].map(EffectName::to_string), ["mail", "mail pay_1", "mail pay_2"]);
        assert_eq!(EffectKind::name_in(&one.to_string()), "mail");
        assert_eq!([&whole, &one].map(EffectName::subject), [None, Some("pay_1")]);
    }
}
