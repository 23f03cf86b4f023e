//! Ways to pay online.

use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::{Currency, names::names};

names! {
    /// A way to pay online, as Stripe calls it.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    #[cfg_attr(feature = "openapi", schema(as = OnlinePaymentMethod))]
    #[serde(rename_all = "snake_case")]
    pub enum PaymentMethod {
        /// Cards, and wallets that have cards in them.
        Card = "card",
        /// Stripe's own wallet.
        Link = "link",
        /// Debit within the Single Euro Payments Area.
        SepaDebit = "sepa_debit",
        /// Debit of an account in the United States (ACH).
        UsBankAccount = "us_bank_account",
        /// Debit of an account in Canada.
        AcssDebit = "acss_debit",
        /// Debit of an account in the United Kingdom.
        BacsDebit = "bacs_debit",
        /// Debit of an account in Australia.
        AuBecsDebit = "au_becs_debit",
        /// Transfer from a bank in the Netherlands.
        Ideal = "ideal",
        /// Cards of Belgian banks.
        Bancontact = "bancontact",
        /// Transfer from a bank in Austria.
        Eps = "eps",
        /// Transfer from a bank in Poland.
        P24 = "p24",
    }
}

impl PaymentMethod {
    /// Whether amounts in `currency` can be paid so (<https://docs.stripe.com/payments/payment-methods/payment-method-support>).
    pub fn takes(self, currency: Currency) -> bool {
        let takes: &[&str] = match self {
            Self::Card | Self::Link => return true,
            Self::SepaDebit | Self::Ideal | Self::Bancontact | Self::Eps => &["EUR"],
            Self::UsBankAccount => &["USD"],
            Self::AcssDebit => &["CAD", "USD"],
            Self::BacsDebit => &["GBP"],
            Self::AuBecsDebit => &["AUD"],
            Self::P24 => &["EUR", "PLN"],
        };
        takes.contains(&currency.code())
    }
}

/// Some ways to pay: one at least, and none twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct PaymentMethods(Vec<PaymentMethod>);

impl PaymentMethods {
    /// These.
    pub fn new(methods: Vec<PaymentMethod>) -> Result<Self, &'static str> {
        let is_twice = |(place, method): (usize, &PaymentMethod)| methods.iter().take(place).any(|before| before == method);
        if methods.is_empty() {
            return Err("One at least; null for all that fit.");
        }
        if methods.iter().enumerate().any(is_twice) { Err("Has a way to pay twice.") } else { Ok(Self(methods)) }
    }
}

impl Deref for PaymentMethods {
    type Target = [PaymentMethod];

    fn deref(&self) -> &[PaymentMethod] {
        &self.0
    }
}

impl<'de> Deserialize<'de> for PaymentMethods {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(Vec::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_least_and_none_twice() {
        let read =
            |text: &str| serde_json::from_str::<PaymentMethods>(text).map(|methods| methods.len()).map_err(|error| error.to_string());
        assert_eq!(read(r#"["card", "sepa_debit"]"#), Ok(2));
        assert!(read("[]").unwrap_err().starts_with("One at least"));
        assert!(read(r#"["card", "card"]"#).unwrap_err().starts_with("Has a way to pay twice"));
        assert!(read(r#"["cash"]"#).is_err());
    }

    #[test]
    fn their_names_are_those_that_they_are_read_by() {
        for method in PaymentMethod::ALL {
            assert_eq!(serde_json::to_value(method).unwrap(), method.as_str());
        }
    }
}
