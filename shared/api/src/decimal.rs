//! Decimals in answers. Bodies may send a number or a string; what we send is always a string, with all its places.

use std::borrow::Cow;

use domain::{Money, Percent, Price, Quantity, Units};
use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, SchemaFormat, Type},
};

/// An amount, a rate, hours: a decimal as text, so that no client reads it as a binary float.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Decimal(String);

impl Decimal {
    /// So many hours, to the hundredth.
    pub fn hours(hours: impl std::fmt::Display) -> Self {
        Self(format!("{hours:.2}"))
    }
}

impl From<Money> for Decimal {
    fn from(money: Money) -> Self {
        Self(money.to_decimal_string())
    }
}

macro_rules! from_numbers {
    ($($number:ty),*) => {
        $(
            impl From<$number> for Decimal {
                fn from(number: $number) -> Self {
                    Self(number.get().to_string())
                }
            }
        )*
    };
}
from_numbers!(Price, Quantity, Units, Percent);

impl From<String> for Decimal {
    fn from(decimal: String) -> Self {
        Self(decimal)
    }
}

impl PartialSchema for Decimal {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::Custom("decimal".to_owned())))
            .description(Some("A decimal, exact"))
            .pattern(Some(r"^-?\d+(\.\d+)?$"))
            .into()
    }
}

impl ToSchema for Decimal {
    fn name() -> Cow<'static, str> {
        "Decimal".into()
    }
}
