//! In whose account something happened of which Stripe tells. A firm does at Stripe what it likes in its own account: it may name there
//! whose invoice it wants, and what is done there for its other business concerns nobody here. So an event of an account is about
//! invoices of the firm alone that has or had that account, and about pages alone that were opened there.

use domain::{
    Time,
    invoice::{self, Invoice},
    payment_account::{AccountId, Mode},
};
use payments::event::Checkout;
use store::Found;

use crate::InvoiceRef;

/// What Stripe tells, beside what it is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told<'e> {
    /// The event's id.
    pub(crate) event: &'e str,
    /// When it happened.
    pub(crate) at: Time,
    /// In which account; in ours, if in none.
    pub(crate) account: Option<&'e AccountId>,
}

/// Where money came for an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Where it is to be paid.
    Its,
    /// In an account of the firm's, on a page that was opened in another.
    AnotherAccount,
    /// In our own account, though it is to be paid into the firm's.
    Ours,
}

impl Told<'_> {
    /// Whether it happened in an account that neither is nor was that firm's whose invoice it names.
    pub(crate) fn is_of_another_firm(&self, found: &Found, target: InvoiceRef) -> bool {
        let is_foreign = self.account.is_some_and(|account| !found.is_account_of(account, target.firm));
        if is_foreign {
            tracing::warn!(event = self.event, account = self.account.map(|id| &**id), %target.firm, "names an invoice of another firm");
        }
        is_foreign
    }

    /// Where the money came of which it tells: by the page of `attempt`, if that is known, and where payments are taken as `mode` says;
    /// what `is_known` came here before.
    pub(crate) fn place(&self, attempt: Option<&invoice::Checkout>, mode: Mode, is_known: bool) -> Place {
        match (self.account, attempt.map(|attempt| attempt.account.as_ref())) {
            (here, Some(there)) if here == there => Place::Its,
            (Some(_), None) => Place::Its,
            (None, None) if is_known || mode == Mode::Own => Place::Its,
            (None, _) => Place::Ours,
            (Some(account), Some(_)) => {
                tracing::warn!(event = self.event, account = &**account, "names a page that was opened in another account");
                Place::AnotherAccount
            }
        }
    }
}

/// The attempt to pay `invoice` that `checkout` is.
pub(crate) fn attempt<'i>(invoice: &'i Invoice, checkout: &Checkout) -> Option<&'i invoice::Checkout> {
    let number = checkout.metadata.get("attempt").and_then(|number| number.parse::<u32>().ok());
    // The answer that named the page may have been lost.
    let unnamed = |attempt: &&invoice::Checkout| attempt.session.is_none() && Some(attempt.attempt) == number;
    invoice.checkout(&checkout.session).or_else(|| invoice.checkouts.iter().find(unnamed))
}
