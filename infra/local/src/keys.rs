//! The keys of the local stack: the pair that signs tokens, the key of the links in mails, and those of Stripe.
//!
//! They are made at the first start and kept with the data, so that tokens outlive a restart. They protect nothing
//! but one machine's made-up data; the cloud's are made by hand and never come near this code.

use aws_lc_rs::{
    digest, rand,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{fs, io::Write, os::unix::fs::OpenOptionsExt, path::Path};

use crate::{
    error::{Doing, Result},
    stripe::Account,
};

/// The keys, in the forms in which functions take them.
#[derive(Clone, Serialize, Deserialize)]
pub struct Keys {
    kid: String,
    public: String,
    pkcs8: String,
    link: String,
    /// Not kept: the environment says at each start which Stripe it is.
    #[serde(skip)]
    stripe: Account,
}

impl Keys {
    /// New ones.
    pub fn generate() -> Result<Self> {
        let sentence = "the local keys can't be made";
        let random = rand::SystemRandom::new();
        let pkcs8 = Ed25519KeyPair::generate_pkcs8v1(&random).doing(sentence)?;
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).doing(sentence)?;
        let public = pair.public_key().as_ref();
        let mut link = [0_u8; 32];
        rand::fill(&mut link).doing(sentence)?;
        let fingerprint = digest::digest(&digest::SHA256, public);
        Ok(Self {
            kid: URL_SAFE_NO_PAD.encode(fingerprint.as_ref().iter().take(12).copied().collect::<Vec<_>>()),
            public: URL_SAFE_NO_PAD.encode(public),
            pkcs8: STANDARD.encode(pkcs8.as_ref()),
            link: STANDARD.encode(link),
            stripe: Account::default(),
        })
    }

    /// The same with the keys of another Stripe.
    pub(crate) fn with_stripe(self, stripe: Account) -> Self {
        Self { stripe, ..self }
    }

    /// Those kept in `folder`, made if there are none.
    pub(crate) fn kept(folder: &Path) -> Result<Self> {
        let file = folder.join("keys.json");
        if let Ok(kept) = fs::read(&file) {
            return serde_json::from_slice(&kept).doing(format!("{} can't be read: start with --fresh", file.display()));
        }
        let keys = Self::generate()?;
        let sentence = format!("{} can't be written", file.display());
        let text = serde_json::to_vec_pretty(&keys).doing(&sentence)?;
        let mut file = fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(&file).doing(&sentence)?;
        file.write_all(&text).doing(&sentence)?;
        Ok(keys)
    }

    /// What `TOKEN_PUBLIC_KEYS` holds: the JWKS that verifies tokens.
    pub fn public_keys(&self) -> String {
        let key = json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": self.kid, "x": self.public });
        json!({ "keys": [key] }).to_string()
    }

    /// What the secret named by `SIGNING_SECRET` holds.
    pub fn signing_secret(&self) -> String {
        json!({ "kid": self.kid, "pkcs8": self.pkcs8 }).to_string()
    }

    /// What the secret named by `LINK_SECRET` holds.
    pub fn link_secret(&self) -> String {
        json!({ "key": self.link }).to_string()
    }

    /// The secrets, by the environment variables that name them.
    pub(crate) fn secrets(&self) -> [(&'static str, String); 4] {
        [
            ("SIGNING_SECRET", self.signing_secret()),
            ("LINK_SECRET", self.link_secret()),
            ("STRIPE_SECRET", self.stripe.key_secret()),
            ("WEBHOOK_SECRET", self.stripe.webhook_secret()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_keys_are_the_same_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let first = Keys::kept(folder.path()).unwrap();
        let second = Keys::kept(folder.path()).unwrap();
        assert_eq!(first.signing_secret(), second.signing_secret());
        assert_eq!(first.link_secret(), second.link_secret());
        assert_ne!(first.public_keys(), Keys::generate().unwrap().public_keys());
    }

    #[test]
    fn the_public_key_belongs_to_the_signing_secret() {
        let keys = Keys::generate().unwrap();
        let secret: serde_json::Value = serde_json::from_str(&keys.signing_secret()).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(&STANDARD.decode(secret["pkcs8"].as_str().unwrap()).unwrap()).unwrap();
        let jwks: serde_json::Value = serde_json::from_str(&keys.public_keys()).unwrap();
        assert_eq!(jwks["keys"][0]["x"], URL_SAFE_NO_PAD.encode(pair.public_key().as_ref()));
        assert_eq!(jwks["keys"][0]["kid"], secret["kid"]);
    }
}
