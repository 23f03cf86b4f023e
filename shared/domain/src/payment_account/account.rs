//! What Stripe calls an account.

use std::{fmt, ops::Deref, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, de};

/// Stripe's name of an account: `acct_…`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct AccountId(String);

/// The text is no name of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Not an account of Stripe's.")]
pub struct NoAccount;

impl FromStr for AccountId {
    type Err = NoAccount;

    fn from_str(text: &str) -> Result<Self, NoAccount> {
        let name = text.strip_prefix("acct_").ok_or(NoAccount)?;
        let is_one = (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if is_one { Ok(Self(text.to_owned())) } else { Err(NoAccount) }
    }
}

impl Deref for AccountId {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for AccountId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_named_by_letters_and_digits() {
        for (text, good) in [("acct_1A", true), ("acct_", false), ("1A", false), ("acct_1/../x", false), ("acct_é", false)] {
            assert_eq!(text.parse::<AccountId>().is_ok(), good, "{text}");
        }
        assert!(format!("acct_{}", "1".repeat(65)).parse::<AccountId>().is_err());
    }
}
