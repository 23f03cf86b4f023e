//! Lines and discounts in bodies.

use api::JsonObject;
use domain::{
    Currency, Money, Percent, Price, Refusal, SingleLine, Units,
    ids::TimeEntryId,
    invoice::{Discount, LineItem},
    tax::{LineTax, SaidTax, TaxCategory},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// One line of an invoice.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewInvoiceLine {
    description: SingleLine<500>,
    /// Less than nothing where something is taken back.
    quantity: Units,
    unit_price: Price,
    /// Default: standard where there is a `tax_rate`, zero where that is 0; without one, as the firm charges.
    tax_category: Option<TaxCategory>,
    /// In percent; more than 0 for `standard` only. Default: the firm's.
    tax_rate: Option<Percent>,
    /// Why there is no tax, for whoever reads the invoice. Default: the usual words, for `exempt` and `reverse_charge`.
    tax_reason: Option<SingleLine<200>>,
    /// The time entry that it bills, at this quantity and price.
    pub(crate) time_entry: Option<TimeEntryId>,
}

impl NewInvoiceLine {
    fn line(self, default: Option<Percent>) -> Result<LineItem, Refusal> {
        let Self { description, quantity, unit_price, tax_category: category, tax_rate: rate, tax_reason: reason, time_entry } = self;
        let tax = LineTax::of(SaidTax { category, rate, reason }, default)?;
        Ok(LineItem { description, quantity, unit_price, tax, time_entry })
    }
}

/// The lines, taxed by `default`, the firm's rate, where they don't say it.
pub(crate) fn lines(new: Vec<JsonObject<NewInvoiceLine>>, default: Option<Percent>) -> Result<Vec<LineItem>, Refusal> {
    Refusal::each("line_items", new, |JsonObject(line)| line.line(default))
}

/// What is taken off as a whole: one of the two.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDiscount {
    /// A share of the subtotal, in percent.
    percent: Option<Percent>,
    /// In the invoice's currency.
    amount: Option<Price>,
}

/// The discount that a body says.
pub(crate) fn discount(JsonObject(new): JsonObject<NewDiscount>, currency: Currency) -> Result<Discount, Refusal> {
    match (new.percent, new.amount) {
        (Some(percent), None) => Ok(Discount::Percent(percent)),
        (None, Some(amount)) => Ok(Discount::Amount(Money::new("discount", amount, currency)?)),
        (None, None) | (Some(_), Some(_)) => Err(Refusal::rule("discount", "Either a percent or an amount.")),
    }
}
