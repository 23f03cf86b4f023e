//! Money: exact decimals in a currency, never a float. Amounts have no more decimals than their currency
//! (ISO 4217) and are rounded half away from zero. What a body says is a [`Price`], a [`Quantity`] or a
//! [`Units`]; only sums and differences of ours can be negative money.

use std::{fmt, str::FromStr};

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Refusal;

/// The most that any one amount or sum may be, in major units: past it is a slip of the finger.
const MOST: Decimal = Decimal::from_parts(3_567_587_328, 232, 0, false, 0); // 1,000,000,000,000

/// A currency of ISO 4217.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// US dollars.
    pub const USD: Self = Self(iso_currency::Currency::USD);

    /// How many decimals its minor unit has: 2 for USD, 0 for JPY, 3 for KWD.
    pub fn decimals(self) -> u32 {
        self.0.exponent().map_or(2, u32::from)
    }

    /// Its three letters.
    pub fn code(self) -> &'static str {
        self.0.code()
    }
}

/// The text is no currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Not a currency of ISO 4217.")]
pub struct NotACurrency;

impl FromStr for Currency {
    type Err = NotACurrency;

    fn from_str(text: &str) -> Result<Self, NotACurrency> {
        // Codes without a minor unit (XAU, XXX, XTS …) are no money that an invoice can be in.
        iso_currency::Currency::from_code(text).filter(|c| c.exponent().is_some()).map(Self).ok_or(NotACurrency)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// An amount in a currency, at most a million million either way. Negative where something is taken back. Stored as
/// `EUR 500.00`: an invoice has nine of them, and each byte counts in a list of fifty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    amount: Decimal,
    currency: Currency,
}

impl Money {
    /// Nothing, in `currency`.
    pub fn zero(currency: Currency) -> Self {
        Self { amount: Decimal::ZERO, currency }
    }

    /// `price` as an amount in `currency`; `field` is what the caller calls it.
    pub fn new(field: &'static str, price: Price, currency: Currency) -> Result<Self, Refusal> {
        let amount = price.0.normalize();
        if amount.scale() > currency.decimals() {
            return Err(Refusal::rule(field, format!("{currency} has {} decimals.", currency.decimals())));
        }
        Ok(Self { amount, currency })
    }

    /// So many of the currency's minor units: 50000 of USD are 500.00.
    pub fn from_minor(field: &'static str, minor: i64, currency: Currency) -> Result<Self, Refusal> {
        Self::sum_of(minor, currency).bounded(field)
    }

    /// A sum of amounts, in the currency's minor units: it may be past what any one amount can be.
    pub fn sum_of(minor: i64, currency: Currency) -> Self {
        Self { amount: Decimal::new(minor, currency.decimals()), currency }
    }

    /// `quantity × price`, rounded half away from zero to the currency's minor unit.
    pub fn of(field: &'static str, quantity: Quantity, price: Price, currency: Currency) -> Result<Self, Refusal> {
        Self::product(field, quantity.0, price.0, currency)
    }

    /// `units × price`, rounded likewise; negative where the units are.
    pub fn of_units(field: &'static str, units: Units, price: Price, currency: Currency) -> Result<Self, Refusal> {
        Self::product(field, units.0, price.0, currency)
    }

    /// `percent` of it, rounded likewise.
    pub fn percent(self, field: &'static str, percent: Percent) -> Result<Self, Refusal> {
        Self::product(field, self.amount, percent.0 / Decimal::ONE_HUNDRED, self.currency)
    }

    fn product(field: &'static str, a: Decimal, b: Decimal, currency: Currency) -> Result<Self, Refusal> {
        let product = a.checked_mul(b).ok_or_else(|| too_much(field))?;
        let amount = product.round_dp_with_strategy(currency.decimals(), RoundingStrategy::MidpointAwayFromZero);
        Self { amount, currency }.bounded(field)
    }

    /// The sum of both, which must be in one currency.
    pub fn plus(self, field: &'static str, other: Self) -> Result<Self, Refusal> {
        if self.currency != other.currency {
            return Err(Refusal::rule(field, format!("{} and {} can't be added.", self.currency, other.currency)));
        }
        let amount = self.amount.checked_add(other.amount).ok_or_else(|| too_much(field))?;
        Self { amount, currency: self.currency }.bounded(field)
    }

    /// What is left of it without `other`, which must be in its currency.
    pub fn minus(self, field: &'static str, other: Self) -> Result<Self, Refusal> {
        self.plus(field, other.negated())
    }

    /// Both together: of amounts that one record holds, which are in its currency and whose sums are bounded there.
    pub(crate) fn and(self, other: Self) -> Self {
        Self::sum_of(self.minor() + other.minor(), self.currency)
    }

    /// It without `other`, likewise: less than nothing where that is more. Money is never cut off at nothing.
    pub(crate) fn without(self, other: Self) -> Self {
        Self::sum_of(self.minor() - other.minor(), self.currency)
    }

    /// Of it, what there is room for, likewise: how a sum is divided. Who takes a part of a sum sees to the rest of it.
    pub(crate) fn part_within(self, room: Self) -> Self {
        if room.minor() < self.minor() { room } else { self }
    }

    /// The same amount with the other sign.
    #[must_use]
    pub fn negated(self) -> Self {
        let amount = if self.amount.is_zero() { Decimal::ZERO } else { -self.amount };
        Self { amount, currency: self.currency }
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self.amount.is_zero()
    }

    /// Whether it is less than nothing.
    pub fn is_negative(self) -> bool {
        self.amount < Decimal::ZERO
    }

    /// The number of the currency's minor units: 50000 for 500.00 USD.
    pub fn minor(self) -> i64 {
        // The bound of a million million keeps it within an i64 for every currency.
        (self.amount * Decimal::from(10_u64.pow(self.currency.decimals()))).to_i64().unwrap_or_default()
    }

    /// The number alone, in major units.
    pub fn amount(self) -> Decimal {
        self.amount
    }

    /// The currency alone.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// The number with all decimals of its currency: `500.00`.
    pub fn to_decimal_string(self) -> String {
        format!("{:.*}", self.currency.decimals() as usize, self.amount)
    }

    fn bounded(self, field: &'static str) -> Result<Self, Refusal> {
        if self.amount.abs() > MOST { Err(too_much(field)) } else { Ok(self) }
    }
}

fn too_much(field: &'static str) -> Refusal {
    Refusal::rule(field, format!("At most {MOST}."))
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.currency, self.to_decimal_string())
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let (currency, amount) = text.split_once(' ').ok_or_else(|| de::Error::custom("not a currency and an amount"))?;
        Ok(Self { amount: amount.parse().map_err(de::Error::custom)?, currency: currency.parse().map_err(de::Error::custom)? })
    }
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident, $decimals:literal, $least:expr, $most:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        #[serde(transparent)]
        pub struct $name(Decimal);

        impl $name {
            /// None of it.
            pub const ZERO: Self = Self(Decimal::ZERO);

            /// `value`, if it is within the bounds.
            pub fn new(value: Decimal) -> Result<Self, BadNumber> {
                if value < $least {
                    Err(if $least.is_zero() { BadNumber::Negative } else { BadNumber::TooLittle($least) })
                } else if value > $most {
                    Err(BadNumber::TooMuch($most))
                } else if value.normalize().scale() > $decimals {
                    Err(BadNumber::Decimals($decimals))
                } else {
                    Ok(Self(value.normalize()))
                }
            }

            /// The number.
            pub fn get(self) -> Decimal {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = BadNumber;

            fn from_str(text: &str) -> Result<Self, BadNumber> {
                let value = decimal(text, $decimals, $most)?;
                if text.starts_with('-') && $least == Decimal::ZERO {
                    return Err(BadNumber::Negative);
                }
                Self::new(value)
            }
        }

        /// A decimal in a string, or a JSON number: its digits are read as they stand, never through a float.
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let raw = Box::<serde_json::value::RawValue>::deserialize(deserializer)?;
                let text = match raw.get() {
                    string if string.starts_with('"') => serde_json::from_str(string).map_err(de::Error::custom)?,
                    number if number.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => number.to_owned(),
                    _ => return Err(de::Error::custom("invalid type: expected a decimal number")),
                };
                text.parse().map_err(de::Error::custom)
            }
        }
    };
}

/// The number that `text` is, as everybody writes it: `-?(0|[1-9][0-9]*)(\.[0-9]+)?`. Not what `rust_decimal` reads besides
/// (`1_000`, `+5`, `5.`), nor exponents, which are a float's way to write. What it would have to round is refused too.
fn decimal(text: &str, decimals: u32, most: Decimal) -> Result<Decimal, BadNumber> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').map_or((unsigned, None), |(whole, fraction)| (whole, Some(fraction)));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || (whole.starts_with('0') && whole != "0") || !fraction.is_none_or(digits) {
        return Err(BadNumber::NotDecimal);
    }
    let kept = fraction.map_or(0, |fraction| fraction.trim_end_matches('0').len());
    // It is a number, so what doesn't fit is too long a one.
    let long = if kept > decimals as usize { BadNumber::Decimals(decimals) } else { BadNumber::TooMuch(most) };
    Decimal::from_str_exact(text).map_err(|_| long)
}

/// Why a number was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadNumber {
    /// Below zero.
    #[error("May not be negative.")]
    Negative,
    /// Past any sensible amount.
    #[error("At most {0}.")]
    TooMuch(Decimal),
    /// Past any sensible amount, downwards.
    #[error("At least {0}.")]
    TooLittle(Decimal),
    /// More decimals than it can have.
    #[error("At most {0} decimals.")]
    Decimals(u32),
    /// No decimal number at all.
    #[error("Not a decimal number.")]
    NotDecimal,
}

number!(
    /// A price per unit, or an amount whose currency is said elsewhere: not negative, at most 6 decimals.
    Price,
    6,
    Decimal::ZERO,
    MOST
);
number!(
    /// How much of something: not negative, at most 4 decimals.
    Quantity,
    4,
    Decimal::ZERO,
    MOST
);
number!(
    /// How much of something is charged, or with a minus taken back: at most 4 decimals.
    Units,
    4,
    -MOST,
    MOST
);
number!(
    /// A share in percent, 0 to 100: at most 4 decimals.
    Percent,
    4,
    Decimal::ZERO,
    Decimal::ONE_HUNDRED
);

#[cfg(test)]
mod tests;
