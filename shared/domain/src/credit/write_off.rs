//! What a credit is overdrawn by and nobody expects any more to be paid: it is given up, as an uncollectible invoice is. No more than
//! was owed then: what is owed anew is expected.

use super::{Credit, Event, Status};
use crate::{Money, MultiLine, Refusal, Time, Transition, ids::PaymentId};

impl Credit {
    /// The credit once nobody expects any more that what it is overdrawn by is paid.
    pub fn mark_uncollectible(&self, reason: Option<MultiLine<2000>>) -> Transition<Self> {
        match self.status() {
            Status::Overdrawn => Ok((Self { written_off: true, write_off_reason: reason, ..self.clone() }, Event::WrittenOff)),
            Status::Uncollectible => Err(Refusal::state("The credit is uncollectible already.")),
            Status::Open | Status::Used => Err(Refusal::state("The credit isn't overdrawn.")),
        }
    }

    /// The credit once that is expected again.
    pub fn reverse_write_off(&self) -> Transition<Self> {
        if self.written_off {
            Ok((self.clone().expected(), Event::WriteOffReversed))
        } else {
            Err(Refusal::state("The credit wasn't given up."))
        }
    }

    /// The credit once a payment was recorded wrongly: `given_back`, if it was paid from it, gave back what it took, and of the money
    /// that it came from `withdrawn` in all is gone, if that changed; nothing if neither. What was given up stays so where no more
    /// is owed by that.
    pub fn after_reversal(&self, given_back: Option<PaymentId>, withdrawn: Option<Money>, now: Time) -> Option<(Self, Event)> {
        let back = given_back.map(|payment| self.give_back(payment, now));
        let gone = withdrawn.and_then(|total| back.as_ref().map_or(self, |(credit, _)| credit).withdraw(total));
        let (credit, event) = gone.or(back)?;
        if credit.overdrawn.minor() > self.overdrawn.minor() {
            return Some((credit, event));
        }
        let (written_off, write_off_reason) = (self.written_off, self.write_off_reason.clone());
        let credit = if credit.overdrawn.is_zero() { credit } else { Self { written_off, write_off_reason, ..credit } };
        Some((credit, if event == Event::Overdrawn { Event::Withdrawn } else { event }))
    }

    /// The credit where nothing that it is overdrawn by is given up.
    pub(super) fn expected(self) -> Self {
        Self { written_off: false, write_off_reason: None, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        credit::{Settled, tests::credit},
        invoice::tests::{id, now, usd},
    };

    #[test]
    fn what_is_owed_by_a_credit_can_be_given_up_and_is_settled_all_the_same() {
        let owed = credit(1_000).spend(id(9), id(10), usd(1_000), now()).unwrap().0.withdraw(usd(1_000)).unwrap().0;
        assert!(credit(1_000).mark_uncollectible(None).is_err() && owed.reverse_write_off().is_err());
        let (given_up, event) = owed.mark_uncollectible(None).unwrap();
        assert_eq!((event, given_up.status()), (Event::WrittenOff, Status::Uncollectible));
        assert!(!given_up.status().is_open() && given_up.mark_uncollectible(None).is_err());
        let Settled { overdrawn: (even, _), .. } = given_up.settle(id(3), (id(4), &credit(5_000)), now()).unwrap().unwrap();
        assert_eq!(even.status(), Status::Used);
        assert_eq!(given_up.reverse_write_off().unwrap().0, owed);
        // It isn't for what is owed later: of what was settled, and of more.
        assert!(!even.written_off && even.reverse_write_off().is_err());
        let more = given_up.withdraw(usd(1_500)).unwrap();
        assert_eq!((more.0.status(), more.1), (Status::Overdrawn, Event::Overdrawn));
        assert_eq!(given_up.withdraw(usd(900)).unwrap().0.status(), Status::Uncollectible);
        // What paid an invoice is there again, and gone with the money: no more is owed than was given up.
        let same = given_up.after_reversal(Some(id(10)), Some(usd(2_000)), now()).unwrap();
        assert_eq!((&same.0.write_off_reason, same.0.status(), same.1), (&None, Status::Uncollectible, Event::Withdrawn));
        assert_eq!(given_up.after_reversal(Some(id(10)), None, now()).unwrap().0.status(), Status::Used);
        assert!(given_up.after_reversal(None, None, now()).is_none());
    }
}
