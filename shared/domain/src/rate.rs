//! Rates: what an hour costs, from which day on.

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::{Currency, Date, Money, Price, Refusal};

/// Most rates that one card can have.
pub const MOST_RATES: usize = 20;

/// What an hour costs from a day on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// The first day on which it holds; from the beginning, if there is none.
    #[serde(default)]
    pub from: Option<Date>,
    /// What an hour costs.
    pub hourly_rate: Price,
}

/// The rates of a firm, a project or a person, by the day from which each holds: one at most for each day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct RateCard(Vec<Rate>);

/// Why some rates are no card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadRates {
    /// Over the bound.
    #[error("At most {MOST_RATES} rates.")]
    Many,
    /// Two from one day on.
    #[error("One rate at most from each day on.")]
    Twice,
}

impl RateCard {
    /// The card of these rates, in whatever order.
    pub fn new(mut rates: Vec<Rate>) -> Result<Self, BadRates> {
        if rates.len() > MOST_RATES {
            return Err(BadRates::Many);
        }
        rates.sort_by_key(|rate| rate.from);
        if rates.windows(2).any(|pair| matches!(pair, [a, b] if a.from == b.from)) {
            return Err(BadRates::Twice);
        }
        Ok(Self(rates))
    }

    /// One rate from the beginning.
    pub fn always(hourly_rate: Price) -> Self {
        Self(vec![Rate { from: None, hourly_rate }])
    }

    /// What an hour costs on `day`; nothing if no rate holds yet.
    pub fn on(&self, day: Date) -> Option<Price> {
        self.0.iter().rev().find(|rate| rate.from.is_none_or(|from| from <= day)).map(|rate| rate.hourly_rate)
    }

    /// That its rates are amounts in `currency`; `field` is what the caller calls them.
    pub fn fit(&self, field: &'static str, currency: Currency) -> Result<(), Refusal> {
        self.0.iter().try_for_each(|rate| Money::new(field, rate.hourly_rate, currency).map(drop))
    }

    /// Its rates, by their days.
    pub fn rates(&self) -> &[Rate] {
        &self.0
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'de> Deserialize<'de> for RateCard {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(Vec::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rate(from: Option<&str>, price: &str) -> Rate {
        Rate { from: from.map(|day| day.parse().unwrap()), hourly_rate: price.parse().unwrap() }
    }

    #[test]
    fn the_rate_of_a_day_is_the_last_that_began() {
        let card = RateCard::new(vec![rate(Some("2026-07-01"), "180"), rate(None, "150"), rate(Some("2026-01-01"), "165")]).unwrap();
        for (day, price) in
            [("2025-12-31", "150"), ("2026-01-01", "165"), ("2026-06-30", "165"), ("2026-07-01", "180"), ("2030-01-01", "180")]
        {
            assert_eq!(card.on(day.parse().unwrap()), Some(price.parse().unwrap()), "{day}");
        }
        let later = RateCard::new(vec![rate(Some("2026-07-01"), "180")]).unwrap();
        assert_eq!(later.on("2026-06-30".parse().unwrap()), None);
        assert_eq!(RateCard::default().on("2026-06-30".parse().unwrap()), None);
    }

    #[test]
    fn two_rates_of_one_day_and_too_many_are_refused() {
        assert_eq!(RateCard::new(vec![rate(None, "1"), rate(None, "2")]), Err(BadRates::Twice));
        let many =
            (0..=MOST_RATES as i64).map(|day| Rate { from: Some("2026-01-01".parse::<Date>().unwrap().plus_days(day)), ..rate(None, "1") });
        assert_eq!(RateCard::new(many.collect()), Err(BadRates::Many));
        let json = serde_json::json!([{"from": "2026-01-01", "hourly_rate": "1"}, {"from": "2026-01-01", "hourly_rate": "2"}]);
        assert!(serde_json::from_value::<RateCard>(json).is_err());
    }

    proptest! {
        #[test]
        fn the_order_in_which_rates_are_given_does_not_matter(days in prop::collection::hash_set(0_i64..500, 1..10), asked in 0_i64..500) {
            let first: Date = "2026-01-01".parse().unwrap();
            let rates: Vec<_> = days.iter().map(|day| Rate { from: Some(first.plus_days(*day)), hourly_rate: day.to_string().parse().unwrap() }).collect();
            let reversed = rates.iter().rev().copied().collect();
            let last = days.iter().filter(|day| **day <= asked).max().map(|day| day.to_string().parse().unwrap());
            prop_assert_eq!(RateCard::new(rates).unwrap().on(first.plus_days(asked)), last);
            prop_assert_eq!(RateCard::new(reversed).unwrap().on(first.plus_days(asked)), last);
        }
    }
}
