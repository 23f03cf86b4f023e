//! What an hour costs, as callers see it and say it.

use domain::{
    Currency, Date, Money, Price, Refusal,
    rate::{Rate, RateCard},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use api::{Decimal, JsonObject, Patch};

/// What an hour costs from a day on.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Rate)]
pub struct RateOut {
    /// The first day on which it holds; from the beginning, if there is none.
    from: Option<Date>,
    hourly_rate: Decimal,
}

/// What an hour costs from a day on.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRate {
    /// The first day on which it holds; from the beginning, if there is none.
    from: Option<Date>,
    hourly_rate: Price,
}

impl RateOut {
    /// The rates of `card`, which is in `currency`.
    pub fn of(card: &RateCard, currency: Currency) -> Vec<Self> {
        let out = |rate: &Rate| Self { from: rate.from, hourly_rate: price(rate.hourly_rate, currency) };
        card.rates().iter().map(out).collect()
    }
}

/// `price` with all decimals of `currency`.
pub fn price(price: Price, currency: Currency) -> Decimal {
    Money::new("price", price, currency).map_or_else(|_| price.into(), Decimal::from)
}

/// The card that a body gives in `field`, in `currency`.
pub fn rate_card(field: &'static str, rates: Vec<JsonObject<NewRate>>, currency: Currency) -> Result<RateCard, Refusal> {
    let rate = |JsonObject(NewRate { from, hourly_rate })| {
        Money::new("hourly_rate", hourly_rate, currency)?;
        Ok(Rate { from, hourly_rate })
    };
    RateCard::new(Refusal::each(field, rates, rate)?).map_err(|bad| Refusal::rule(field, bad.to_string()))
}

/// The card that was `before`, after a patch of its one `hourly_rate` or its `rates`, in `currency`. Where the first is null and
/// the second isn't said there is none, whether its rates hold already or are still to come.
pub fn patch_rates(
    before: RateCard,
    hourly_rate: Patch<Price>,
    said: Option<Vec<JsonObject<NewRate>>>,
    currency: Currency,
) -> Result<RateCard, Refusal> {
    match (hourly_rate, said) {
        (Patch::Clear, None) => Ok(RateCard::default()),
        (hourly_rate, said) => Ok(rates(hourly_rate.over(None), said, currency)?.unwrap_or(before)),
    }
}

/// The card that a body gives as one `hourly_rate` or as `rates`, in `currency`; none where it gives neither. It may give both,
/// as answers do, if the one is among the others.
pub fn rates(hourly_rate: Option<Price>, rates: Option<Vec<JsonObject<NewRate>>>, currency: Currency) -> Result<Option<RateCard>, Refusal> {
    match (hourly_rate, rates) {
        (None, None) => Ok(None),
        (Some(price), Some(rates)) if !rates.iter().any(|JsonObject(rate)| rate.hourly_rate == price) => {
            Err(Refusal::rule("hourly_rate", "Isn't one of the rates; send either."))
        }
        (_, Some(rates)) => rate_card("rates", rates, currency).map(Some),
        (Some(price), None) => {
            let card = RateCard::always(price);
            card.fit("hourly_rate", currency)?;
            Ok(Some(card))
        }
    }
}
