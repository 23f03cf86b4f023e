//! How an account at Stripe stands.

use serde::{Deserialize, Serialize};

use super::PaymentMethod;
use crate::Time;

/// How many of the things that Stripe asks for are kept of each kind.
const MOST: usize = 30;
/// The longest name of one, characters.
const LONGEST: usize = 100;

/// How an account at Stripe stands, as Stripe says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Standing {
    /// Whether it can be paid into.
    pub charges_enabled: bool,
    /// Whether Stripe pays out what is in it.
    pub payouts_enabled: bool,
    /// Whether whose it is told Stripe all that it asked for at first.
    pub details_submitted: bool,
    /// What Stripe asks for.
    pub requirements: Requirements,
    /// The ways to pay that it has.
    pub methods: Vec<PaymentMethod>,
}

/// What Stripe asks for, each by Stripe's name: `individual.verification.document`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Requirements {
    /// What it needs now, by `due_at`, or something is disabled.
    pub currently_due: Vec<String>,
    /// What it needed already: something is disabled.
    pub past_due: Vec<String>,
    /// What it will need one day.
    pub eventually_due: Vec<String>,
    /// What it is looking at.
    pub pending_verification: Vec<String>,
    /// By when it needs what is currently due.
    pub due_at: Option<Time>,
    /// Why the account can't be paid into or isn't paid out: `requirements.past_due`, `rejected.fraud`, …
    pub disabled_reason: Option<String>,
}

impl Requirements {
    /// The same, of which no more is kept than anybody can read.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        let short = |text: String| text.chars().filter(|letter| !letter.is_control()).take(LONGEST).collect::<String>();
        for list in [&mut self.currently_due, &mut self.past_due, &mut self.eventually_due, &mut self.pending_verification] {
            *list = std::mem::take(list).into_iter().take(MOST).map(short).collect();
        }
        self.disabled_reason = self.disabled_reason.map(short);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_kept_than_has_room() {
        let bounded = Requirements { past_due: vec!["é".repeat(200); 100], ..Requirements::default() }.bounded();
        assert_eq!((bounded.past_due.len(), bounded.past_due[0].chars().count()), (MOST, LONGEST));
    }
}
