//! Client credit: money of a client's that no invoice took, to be used for others.

use serde::{Deserialize, Serialize};

use crate::{
    Id, Kind, Money, Refusal, Time, Transition,
    client::{Client, OfClient},
    credit_note::CreditNoteId,
    invoice::{InvoiceId, PaymentId},
};

crate::events! {
    Credit {
        /// Came to be.
        Created = "credit.created" is Creation,
        /// Some of it paid an invoice.
        Used = "credit.used" is Change,
        /// Some of it went back to the payer, or came from there again.
        Withdrawn = "credit.withdrawn" is Change,
    }
}

/// Most invoices that one credit can pay.
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
}

impl Status {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Used => "used",
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

/// That some of a credit paid an invoice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Use {
    /// Which invoice.
    pub invoice: InvoiceId,
    /// How much of it.
    pub amount: Money,
    /// When.
    pub at: Time,
}

/// Money of a client's that no invoice took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Credit {
    /// Whose.
    pub client: Id<Client>,
    /// How much it was.
    pub amount: Money,
    /// How much of it is left: `amount − used − withdrawn`.
    pub remaining: Money,
    /// How much of it went back to the payer.
    pub withdrawn: Money,
    /// Where it came from.
    pub origin: Origin,
    /// What it paid.
    #[serde(default)]
    pub uses: Vec<Use>,
}

impl Kind for Credit {
    const PREFIX: &'static str = "credit";
    const NAME: &'static str = "credit";
}

/// The id of a credit.
pub type CreditId = Id<Credit>;

impl OfClient for Credit {
    fn client(&self) -> Id<Client> {
        self.client
    }
}

impl Credit {
    /// A credit of `amount` for `client`.
    pub fn new(client: Id<Client>, amount: Money, origin: Origin) -> Self {
        Self { client, amount, remaining: amount, withdrawn: Money::zero(amount.currency()), origin, uses: Vec::new() }
    }

    /// Whether there is something left of it.
    pub fn status(&self) -> Status {
        if self.remaining.is_zero() { Status::Used } else { Status::Open }
    }

    /// The credit once `amount` of it paid `invoice`.
    pub fn spend(&self, invoice: InvoiceId, amount: Money, now: Time) -> Transition<Self> {
        if self.remaining.is_zero() {
            return Err(Refusal::state("Nothing is left of the credit."));
        }
        if self.uses.len() >= MOST_USES {
            return Err(Refusal::state(format!("The credit paid {MOST_USES} invoices already.")));
        }
        let remaining = self.remaining.minus("amount", amount)?;
        if remaining.is_negative() {
            return Err(Refusal::rule("amount", format!("Only {} is left of the credit.", self.remaining)));
        }
        let mut uses = self.uses.clone();
        uses.push(Use { invoice, amount, at: now });
        Ok((Self { remaining, uses, ..self.clone() }, Event::Used))
    }

    /// The credit once, of the money that it came from, `total` in all went back to the payer, as far as it is still
    /// there; nothing if that is how it stands already.
    pub fn withdraw(&self, total: Money) -> Option<Transition<Self>> {
        let there = self.remaining.plus("amount", self.withdrawn);
        let withdrawn = there.clone().map(|there| if total.minor() < there.minor() { total } else { there });
        match (there, withdrawn) {
            (Ok(_), Ok(withdrawn)) if withdrawn == self.withdrawn => None,
            (Ok(there), Ok(withdrawn)) => {
                let remaining = there.minus("amount", withdrawn);
                Some(remaining.map(|remaining| (Self { remaining, withdrawn, ..self.clone() }, Event::Withdrawn)))
            }
            (Err(refusal), _) | (_, Err(refusal)) => Some(Err(refusal)),
        }
    }
}
