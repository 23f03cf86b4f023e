//! Lines and discounts in bodies.

use api::JsonObject;
use domain::{
    Currency, Money, Percent, Price, Refusal, SingleLine, Units,
    invoice::{Discount, LineItem},
    time_entry::TimeEntryId,
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
    /// In hundredths. Default: the firm's.
    tax_rate: Option<Percent>,
    /// The time entry that it bills, at this quantity and price.
    pub(crate) time_entry: Option<TimeEntryId>,
}

impl NewInvoiceLine {
    fn line(self, tax: Option<Percent>) -> LineItem {
        let Self { description, quantity, unit_price, tax_rate, time_entry } = self;
        LineItem { description, quantity, unit_price, tax_rate: tax_rate.or(tax), time_entry }
    }
}

/// The lines, taxed by `tax` where they don't say it.
pub(crate) fn lines(new: Vec<JsonObject<NewInvoiceLine>>, tax: Option<Percent>) -> Vec<LineItem> {
    new.into_iter().map(|JsonObject(line)| line.line(tax)).collect()
}

/// What is taken off as a whole: one of the two.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDiscount {
    /// A share of the subtotal, in hundredths.
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
