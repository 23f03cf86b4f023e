//! What credit notes do to an invoice.

use super::{Event, Invoice, Status, payment::least};
use crate::{Money, Refusal};

/// What comes of taking back some of an invoice.
#[derive(Debug, Clone)]
pub(crate) struct TakenBack {
    /// The invoice, and what happened to it.
    pub(crate) invoice: (Invoice, Event),
    /// By how much less is due.
    pub(crate) reduced: Money,
    /// How much of what is taken back is tax.
    pub(crate) tax: Money,
}

impl Invoice {
    /// The invoice once `amount` of it is taken back: what is due becomes less by as much of that as there is. Its tax is
    /// the share of all that was taken back so far, less what was said of it before, so that all shares sum exactly.
    pub(crate) fn take_back(&self, amount: Money) -> Result<TakenBack, Refusal> {
        match self.status {
            Status::Sent | Status::Paid | Status::Uncollectible => {}
            Status::Draft => return Err(Refusal::state("The invoice isn't sent; change the draft.")),
            Status::Void => return Err(Refusal::state("The invoice is void.")),
        }
        if amount.is_zero() {
            return Err(Refusal::rule("amount", "More than nothing."));
        }
        let credit_noted = self.credit_noted.plus("amount", amount)?;
        let left = self.totals.total.minus("amount", self.credit_noted)?;
        if amount.minor() > left.minor() {
            return Err(Refusal::rule("amount", format!("Only {left} of the invoice isn't taken back yet.")));
        }
        let reduced = least(self.amount_due(), amount);
        let tax_noted = share(self.totals.tax, credit_noted, self.totals.total)?;
        let tax = tax_noted.minus("amount", self.tax_noted)?;
        let amount_credited = self.amount_credited.plus("amount", reduced)?;
        let invoice = Self { credit_noted, tax_noted, amount_credited, ..self.clone() }.standing();
        let event = if invoice.status == self.status { Event::Credited } else { Event::Paid };
        Ok(TakenBack { invoice: (invoice, event), reduced, tax })
    }
}

/// `whole × part / of`, rounded half away from zero to the minor unit.
fn share(whole: Money, part: Money, of: Money) -> Result<Money, Refusal> {
    let [whole_minor, part, of] = [whole, part, of].map(|money| i128::from(money.minor()));
    let product = 2 * whole_minor * part;
    let rounded = if of == 0 { 0 } else { (product + of * product.signum()) / (2 * of) };
    Money::from_minor("amount", i64::try_from(rounded).unwrap_or_default(), whole.currency())
}
