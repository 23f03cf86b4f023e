//! How the value types look in the API's document: their formats and bounds.

use std::borrow::Cow;

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat,
        schema::{SchemaType, Type},
    },
};

use crate::{
    BrandColor, Currency, Date, Email, Id, Kind, MultiLine, Percent, Price, Quantity, SingleLine, TimeZone, Units,
    access::{Permission, Right},
    address::{Country, VatId},
    mail::Topic,
    project::Increment,
};

fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

macro_rules! described {
    ([$($generics:tt)*] $type:ty, $name:expr, $schema:expr) => {
        impl<$($generics)*> PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                $schema.into()
            }
        }
        impl<$($generics)*> ToSchema for $type {
            fn name() -> Cow<'static, str> {
                $name.into()
            }
        }
    };
}

described!([const MAX: usize] SingleLine<MAX>, format!("SingleLine{MAX}"), string().min_length(Some(1)).max_length(Some(MAX)));
described!([const MAX: usize] MultiLine<MAX>, format!("MultiLine{MAX}"), string().min_length(Some(1)).max_length(Some(MAX)));
described!([] Email, "Email", string().format(Some(SchemaFormat::Custom("idn-email".to_owned()))).max_length(Some(254)));
described!([] BrandColor, "BrandColor", string().description(Some("Red, green and blue, in hexadecimal digits")).pattern(Some("^#[0-9A-Fa-f]{6}$")));
described!([] Country, "Country", string().description(Some("ISO 3166-1 alpha-2")).pattern(Some("^[A-Z]{2}$")));
described!([] VatId, "VatId", string()
    .description(Some("A number for value added tax, with the letters of its country before it"))
    .min_length(Some(4))
    .max_length(Some(30)));
described!([] Currency, "Currency", string().description(Some("ISO 4217")).pattern(Some("^[A-Z]{3}$")));
described!([] Date, "Date", string().format(Some(SchemaFormat::KnownFormat(KnownFormat::Date))));
described!([] TimeZone, "TimeZone", string()
    .description(Some("An IANA time zone"))
    .min_length(Some(1))
    .max_length(Some(64)));
described!([] Price, "Price", decimal(r"^(0|[1-9][0-9]{0,12})(\.[0-9]{1,6})?$"));
described!([] Quantity, "Quantity", decimal(r"^(0|[1-9][0-9]{0,12})(\.[0-9]{1,4})?$"));
described!([] Units, "Units", decimal(r"^-?(0|[1-9][0-9]{0,12})(\.[0-9]{1,4})?$").minimum(None::<i32>));
described!([] Percent, "Percent", decimal(r"^(0|[1-9][0-9]{0,2})(\.[0-9]{1,4})?$").maximum(Some(100)));
described!([] Increment, "Increment", ObjectBuilder::new()
    .schema_type(Type::Integer)
    .description(Some("Minutes"))
    .enum_values(Some(Increment::ALL)));
described!([] Permission, "Permission", string().enum_values(Some(Permission::ALL.map(Permission::as_str))));
described!([] Right, "Right", string().enum_values(Some(Right::ALL.map(Right::as_str))));
described!([] Topic, "MailedRecord", string()
    .description(Some("The id of a record that mails are about"))
    .pattern(Some(format!("^({})_[0-7][0-9a-hjkmnp-tv-z]{{25}}$", Topic::PREFIXES.join("|")))));
described!([K: Kind] Id<K>, format!("{}Id", pascal(K::NAME)), string()
    .description(Some(format!("The id of {}", K::one())))
    .pattern(Some(format!("^{}_[0-7][0-9a-hjkmnp-tv-z]{{25}}$", K::PREFIX))));

/// Taken as a string or a number; given as a string.
fn decimal(pattern: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Number]))
        .description(Some("A decimal, as a string or a number"))
        .pattern(Some(pattern))
        .minimum(Some(0))
}

fn pascal(snake: &str) -> String {
    snake.split('_').flat_map(|word| word.chars().take(1).map(|c| c.to_ascii_uppercase()).chain(word.chars().skip(1))).collect()
}
