//! Where somebody is, as authorities and envelopes want it, and by which numbers tax offices know them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::SingleLine;

/// The codes of ISO 3166-1 alpha-2.
const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD \
     CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN \
     GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS \
     LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK \
     PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO \
     TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

/// A country, by its two letters of ISO 3166-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Country([u8; 2]);

/// The text is no country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Not a country of ISO 3166-1, by two letters.")]
pub struct NotACountry;

impl FromStr for Country {
    type Err = NotACountry;

    fn from_str(text: &str) -> Result<Self, NotACountry> {
        let known = COUNTRIES.split_ascii_whitespace().any(|code| code == text);
        <[u8; 2]>::try_from(text.as_bytes()).ok().filter(|_| known).map(Self).ok_or(NotACountry)
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([first, second]) = *self;
        write!(f, "{}{}", char::from(first), char::from(second))
    }
}

impl Serialize for Country {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Where somebody is. Its parts are those of EN 16931 (BG-5, BG-8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// The street and the number, or a post office box.
    pub line1: SingleLine<200>,
    /// What else belongs to that.
    #[serde(default)]
    pub line2: Option<SingleLine<200>>,
    /// The postal code, where there is one.
    #[serde(default)]
    pub postal_code: Option<SingleLine<20>>,
    /// The city, town or village.
    pub city: SingleLine<100>,
    /// The state, province or county.
    #[serde(default)]
    pub region: Option<SingleLine<100>>,
    /// The country.
    pub country: Country,
}

/// A number under which somebody pays value added tax: it begins with the letters of a country (`EL` for Greece, `XI` for
/// Northern Ireland). Spaces, dots and hyphens are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct VatId(String);

/// The text is no such number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Two letters of a country and 2 to 13 letters or digits, as DE123456789.")]
pub struct NotAVatId;

impl FromStr for VatId {
    type Err = NotAVatId;

    fn from_str(text: &str) -> Result<Self, NotAVatId> {
        let text: String = text.trim().chars().filter(|c| !matches!(c, ' ' | '.' | '-')).map(|c| c.to_ascii_uppercase()).collect();
        let country = text.get(..2).is_some_and(|prefix| matches!(prefix, "EL" | "XI") || prefix.parse::<Country>().is_ok());
        let number = text.get(2..).unwrap_or_default();
        // `+` and `*` are in Irish ones.
        let good = (2..=13).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'*'));
        if country && good { Ok(Self(text)) } else { Err(NotAVatId) }
    }
}

impl fmt::Display for VatId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for VatId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Who sells or buys, as an invoice names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Party {
    /// What it is called.
    pub name: SingleLine<200>,
    /// Where it is.
    pub address: Option<Address>,
    /// The number under which its tax office knows it.
    pub tax_number: Option<SingleLine<40>>,
    /// The number under which it pays value added tax.
    pub vat_id: Option<VatId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_countries_are_countries() {
        assert_eq!(COUNTRIES.split_ascii_whitespace().count(), 249);
        for (code, good) in
            [("SE", true), ("US", true), ("ZW", true), ("se", false), ("XX", false), ("SWE", false), ("", false), ("D ", false)]
        {
            assert_eq!(code.parse::<Country>().is_ok(), good, "{code}");
        }
    }

    #[test]
    fn numbers_for_value_added_tax_are_read_as_people_write_them() {
        for (text, read) in
            [("de 123.456.789", "DE123456789"), ("EL094014201", "EL094014201"), ("IE1234567+", "IE1234567+"), ("XI 123", "XI123")]
        {
            assert_eq!(text.parse::<VatId>().map(|id| id.to_string()).as_deref(), Ok(read));
        }
        for bad in ["", "DE", "DE1", "ZZ123456789", "123456789", "DE12345678901234", "DE12\u{e5}456"] {
            assert!(bad.parse::<VatId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_address_needs_a_street_a_city_and_a_country() {
        let whole = serde_json::json!({"line1": "Storgatan 1", "city": "Stockholm", "country": "SE"});
        let address: Address = serde_json::from_value(whole.clone()).unwrap();
        assert_eq!(serde_json::from_value::<Address>(serde_json::to_value(&address).unwrap()).unwrap(), address);
        for field in ["line1", "city", "country"] {
            let mut part = whole.clone();
            part.as_object_mut().unwrap().remove(field);
            assert!(serde_json::from_value::<Address>(part).is_err(), "{field}");
        }
    }
}
