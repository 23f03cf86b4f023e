//! An app that makes codes (TOTP), as somebody has it on their phone.

use chrono::{DateTime, Utc};
use totp_rs::{Builder, Secret, Totp};

use crate::error::{Error, Result};

/// An app that has a secret.
pub struct Authenticator(Totp);

impl Authenticator {
    /// With the secret that `base32` is.
    pub fn new(base32: &str) -> Result<Self> {
        let secret = Secret::try_from_base32(base32).map_err(|_| Error::new("the secret isn't base32"))?;
        Builder::new().with_secret(secret).build().map(Self).map_err(|_| Error::new("the secret is too short"))
    }

    /// What it shows at `now`.
    pub fn code(&self, now: DateTime<Utc>) -> String {
        self.0.generate(u64::try_from(now.timestamp()).unwrap_or_default()).to_string()
    }
}
