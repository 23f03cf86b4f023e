//! Client credit: money of a client's that no invoice took, to be used for others.
//!
//! What came in and what went out may cross: a bank takes back a payment whose credit has paid another invoice already. Then
//! the credit is overdrawn, and what is missing is owed by the client like any invoice; the client's next credit settles it.

mod refund;
mod write_off;

pub use refund::{NewRefund, Refund};

use serde::{Deserialize, Serialize};

use crate::{
    Money, MultiLine, Refusal, Time, Transition,
    client::OfClient,
    ids::{ClientId, CreditId, CreditNoteId, InvoiceId, PaymentId},
};

crate::events! {
    Credit {
        /// Came to be.
        Created = "credit.created" is Creation,
        /// Some of it paid an invoice, or settled what another is overdrawn by.
        Used = "credit.used" is Change,
        /// What paid an invoice is there again, since that was recorded wrongly.
        GivenBack = "credit.given_back" is Change,
        /// Some of it was given to the client.
        Refunded = "credit.refunded" is Change,
        /// That it was given to the client turned out to be recorded wrongly.
        RefundReversed = "credit.refund_reversed" is Change,
        /// Some of it went back to the payer, or came from there again.
        Withdrawn = "credit.withdrawn" is Change,
        /// More of it went back to the payer than was left of it: the client owes the difference.
        Overdrawn = "credit.overdrawn" is Change,
        /// What it was overdrawn by, or some of that, was settled by another.
        Settled = "credit.settled" is Change,
        /// Nobody expects any more that what it is overdrawn by is paid.
        WrittenOff = "credit.written_off" is Change,
        /// That is expected again.
        WriteOffReversed = "credit.write_off_reversed" is Change,
    }
}

/// Most invoices and credits that one credit can pay.
pub const MOST_USES: usize = 100;

/// Whether there is something left of a credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = CreditStatus))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// There is.
    Open,
    /// There is not.
    Used,
    /// Less than nothing: the client owes something.
    Overdrawn,
    /// Less than nothing, and nobody expects any more that the client pays it; the client's next credit settles it all the same.
    Uncollectible,
}

impl Status {
    /// Whether either side owes the other something by it.
    pub fn is_open(self) -> bool {
        match self {
            Self::Open | Self::Overdrawn => true,
            Self::Used | Self::Uncollectible => false,
        }
    }

    /// Whether the client owes something by it, whoever expects that.
    pub fn is_owed(self) -> bool {
        match self {
            Self::Overdrawn | Self::Uncollectible => true,
            Self::Open | Self::Used => false,
        }
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Used => "used",
            Self::Overdrawn => "overdrawn",
            Self::Uncollectible => "uncollectible",
        }
    }
}

/// Where a credit came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A payment of more than was due.
    Overpayment {
        /// Of which invoice.
        invoice: InvoiceId,
        /// Which of its payments.
        payment: PaymentId,
    },
    /// A credit note on what was paid.
    CreditNote {
        /// On which invoice.
        invoice: InvoiceId,
        /// Which.
        credit_note: CreditNoteId,
    },
}

impl Origin {
    /// The invoice that it came from.
    pub fn invoice(&self) -> InvoiceId {
        match self {
            Self::Overpayment { invoice, .. } | Self::CreditNote { invoice, .. } => *invoice,
        }
    }

    /// The payment that was more than was due.
    pub fn payment(&self) -> Option<PaymentId> {
        match self {
            Self::Overpayment { payment, .. } => Some(*payment),
            Self::CreditNote { .. } => None,
        }
    }

    /// The credit note on what was paid.
    pub fn credit_note(&self) -> Option<CreditNoteId> {
        match self {
            Self::Overpayment { .. } => None,
            Self::CreditNote { credit_note, .. } => Some(*credit_note),
        }
    }
}

/// What some of a credit was used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Paid {
    /// This invoice, as this payment of it.
    Invoice(InvoiceId, PaymentId),
    /// What this credit was overdrawn by.
    Credit(CreditId),
}

/// That some of a credit was used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Use {
    /// What for.
    pub paid: Paid,
    /// How much of it.
    pub amount: Money,
    /// When.
    pub at: Time,
    /// When it was there again, since that was recorded wrongly.
    pub given_back_at: Option<Time>,
}

/// That some of what a credit was overdrawn by was settled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settlement {
    /// The credit that it was settled from.
    pub credit: CreditId,
    /// How much.
    pub amount: Money,
    /// When.
    pub at: Time,
}

/// Money of a client's that no invoice took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Credit {
    /// Whose.
    pub client: ClientId,
    /// How much it was.
    pub amount: Money,
    /// How much of it is left: `amount + settled − used − withdrawn − refunded`, unless that is less than nothing.
    pub remaining: Money,
    /// What the client owes where that is less than nothing.
    pub overdrawn: Money,
    /// How much of it went back to the payer, as Stripe, or the payment that it came from, says.
    pub withdrawn: Money,
    /// How much of it was given to the client otherwise, as staff recorded.
    pub refunded: Money,
    /// Where it came from.
    pub origin: Origin,
    /// What it paid.
    #[serde(default)]
    pub uses: Vec<Use>,
    /// What settled that it was overdrawn.
    #[serde(default)]
    pub settlements: Vec<Settlement>,
    /// How it was given to the client.
    #[serde(default)]
    pub refunds: Vec<Refund>,
    /// Whether what it is overdrawn by was given up.
    #[serde(default)]
    pub written_off: bool,
    /// Why.
    #[serde(default)]
    pub write_off_reason: Option<MultiLine<2000>>,
}

impl OfClient for Credit {
    fn client(&self) -> ClientId {
        self.client
    }
}

/// What comes of settling one credit from another.
#[derive(Debug, Clone)]
pub struct Settled {
    /// The one that was overdrawn.
    pub overdrawn: (Credit, Event),
    /// The one that settled it.
    pub from: (Credit, Event),
}

impl Credit {
    /// A credit of `amount` for `client`.
    pub fn new(client: ClientId, amount: Money, origin: Origin) -> Self {
        let nothing = Money::zero(amount.currency());
        Self {
            client,
            amount,
            remaining: amount,
            overdrawn: nothing,
            withdrawn: nothing,
            refunded: nothing,
            origin,
            uses: Vec::new(),
            settlements: Vec::new(),
            refunds: Vec::new(),
            written_off: false,
            write_off_reason: None,
        }
    }

    /// Whether there is something left of it.
    pub fn status(&self) -> Status {
        match (self.overdrawn.is_zero(), self.remaining.is_zero()) {
            (false, _) if self.written_off => Status::Uncollectible,
            (false, _) => Status::Overdrawn,
            (true, true) => Status::Used,
            (true, false) => Status::Open,
        }
    }

    /// The credit once `amount` of it paid `invoice`, as its payment `payment`.
    pub fn spend(&self, invoice: InvoiceId, payment: PaymentId, amount: Money, now: Time) -> Transition<Self> {
        self.give(Paid::Invoice(invoice, payment), amount, now)
    }

    /// The credit once the payment `payment`, which was recorded wrongly, gave back what it took.
    pub fn give_back(&self, payment: PaymentId, now: Time) -> (Self, Event) {
        let given = |used: &Use| match used.paid {
            Paid::Invoice(_, of) if of == payment => Use { given_back_at: Some(now), ..used.clone() },
            Paid::Invoice(..) | Paid::Credit(_) => used.clone(),
        };
        (Self { uses: self.uses.iter().map(given).collect(), ..self.clone() }.balanced(), Event::GivenBack)
    }

    fn give(&self, paid: Paid, amount: Money, now: Time) -> Transition<Self> {
        if self.remaining.is_zero() {
            return Err(Refusal::state("Nothing is left of the credit."));
        }
        if self.uses.len() >= MOST_USES {
            return Err(Refusal::state(format!("The credit was used {MOST_USES} times already.")));
        }
        if self.remaining.minus("amount", amount)?.is_negative() {
            return Err(Refusal::rule("amount", format!("Only {} is left of the credit.", self.remaining)));
        }
        let uses = [self.uses.as_slice(), &[Use { paid, amount, at: now, given_back_at: None }]].concat();
        Ok((Self { uses, ..self.clone() }.balanced(), Event::Used))
    }

    /// The credit once, of the money that it came from, `total` in all went back to the payer, whether it is still there or
    /// not; nothing if that is how it stands already.
    pub fn withdraw(&self, total: Money) -> Option<(Self, Event)> {
        if total == self.withdrawn {
            return None;
        }
        let withdrawn = Self { withdrawn: total, ..self.clone() }.balanced();
        if withdrawn.overdrawn.minor() <= self.overdrawn.minor() {
            return Some((withdrawn, Event::Withdrawn));
        }
        // What was given up is less than is owed by now.
        Some((withdrawn.expected(), Event::Overdrawn))
    }

    /// This credit, which is overdrawn, once it is settled from `other`, as far as that goes; nothing if it doesn't.
    pub fn settle(&self, id: CreditId, (other_id, other): (CreditId, &Self), now: Time) -> Result<Option<Settled>, Refusal> {
        let fits = self.client == other.client && self.amount.currency() == other.amount.currency();
        // What the other has no room for, and what it doesn't reach to, stays owed and is settled by the next.
        if !fits || self.settlements.len() >= MOST_USES || other.uses.len() >= MOST_USES {
            return Ok(None);
        }
        let amount = self.overdrawn.part_within(other.remaining);
        if amount.is_zero() {
            return Ok(None);
        }
        let from = other.give(Paid::Credit(id), amount, now)?;
        let settlements = [self.settlements.as_slice(), &[Settlement { credit: other_id, amount, at: now }]].concat();
        let overdrawn = (Self { settlements, ..self.clone() }.balanced(), Event::Settled);
        Ok(Some(Settled { overdrawn, from }))
    }

    /// The credit with what is left of it, or what it is overdrawn by, as its parts say.
    fn balanced(self) -> Self {
        let nothing = Money::zero(self.amount.currency());
        let settled = self.settlements.iter().fold(self.amount, |sum, settlement| sum.and(settlement.amount));
        let used = self.uses.iter().filter(|used| used.given_back_at.is_none());
        let balance = used.fold(settled, |rest, used| rest.without(used.amount)).without(self.withdrawn).without(self.refunded);
        let (remaining, overdrawn) = if balance.is_negative() { (nothing, balance.negated()) } else { (balance, nothing) };
        let balanced = Self { remaining, overdrawn, ..self };
        if overdrawn.is_zero() { balanced.expected() } else { balanced }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::invoice::tests::{id, now, usd};

    pub(super) fn credit(minor: i64) -> Credit {
        Credit::new(id(1), usd(minor), Origin::Overpayment { invoice: id(8), payment: id(7) })
    }

    pub(super) fn sums(credit: &Credit) -> [i64; 4] {
        [credit.amount, credit.remaining, credit.overdrawn, credit.withdrawn].map(Money::minor)
    }

    #[test]
    fn what_went_back_after_it_was_spent_is_owed_until_another_credit_settles_it() {
        let spent = credit(10_000).spend(id(9), id(10), usd(7_000), now()).unwrap().0;
        let (part, event) = spent.withdraw(usd(3_000)).unwrap();
        assert_eq!((sums(&part), event, part.status()), ([10_000, 0, 0, 3_000], Event::Withdrawn, Status::Used));
        let (all, event) = part.withdraw(usd(10_000)).unwrap();
        assert_eq!((sums(&all), event, all.status()), ([10_000, 0, 7_000, 10_000], Event::Overdrawn, Status::Overdrawn));
        assert!(all.withdraw(usd(10_000)).is_none() && all.spend(id(9), id(10), usd(1), now()).is_err());

        let Settled { overdrawn: (less, event), from } = all.settle(id(3), (id(4), &credit(5_000)), now()).unwrap().unwrap();
        assert_eq!((sums(&less), event, sums(&from.0)), ([10_000, 0, 2_000, 10_000], Event::Settled, [5_000, 0, 0, 0]));
        assert_eq!((from.0.uses[0].paid, less.settlements[0].credit), (Paid::Credit(id(3)), id(4)));
        let Settled { overdrawn: (even, _), from } = less.settle(id(3), (id(5), &credit(5_000)), now()).unwrap().unwrap();
        assert_eq!((sums(&even), even.status(), sums(&from.0)), ([10_000, 0, 0, 10_000], Status::Used, [5_000, 3_000, 0, 0]));
        assert!(even.settle(id(3), (id(5), &from.0), now()).unwrap().is_none());
        // A refund that failed brings the money back, which the client has now in all.
        assert_eq!(sums(&even.withdraw(usd(4_000)).unwrap().0), [10_000, 6_000, 0, 4_000]);
    }

    #[test]
    fn another_clients_credit_or_one_in_another_currency_settles_nothing() {
        let owed = credit(1_000).spend(id(9), id(10), usd(1_000), now()).unwrap().0.withdraw(usd(1_000)).unwrap().0;
        let euros = Money::from_minor("x", 1_000, "EUR".parse().unwrap()).unwrap();
        let origin = Origin::Overpayment { invoice: id(8), payment: id(7) };
        for other in [Credit::new(id(2), usd(1_000), origin), Credit::new(id(1), euros, origin)] {
            assert!(owed.settle(id(3), (id(4), &other), now()).unwrap().is_none());
        }
    }
}
