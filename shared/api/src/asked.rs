//! What a request asks, as it is kept under its idempotency key to tell it from another request under the same key.
//!
//! A hash of a password is as good as the password to who can guess it, so what is short enough to be guessed is left
//! out of what is hashed. A handler that takes a secret proves it anew before it answers the same again.

use std::collections::BTreeMap;

use domain::Digest;
use http::{Method, Uri};
use serde_json::value::RawValue;

/// The fields of bodies that are short enough to be guessed from their hash.
pub const SECRETS: [&str; 4] = ["code", "current_password", "new_password", "password"];

/// The hash of what is asked by `method` at `uri` with `body`. A body that isn't a JSON object asks nothing: no handler
/// takes it.
pub(crate) fn digest(method: &Method, uri: &Uri, body: &[u8]) -> Digest {
    let mut fields: BTreeMap<String, &RawValue> = serde_json::from_slice(body).unwrap_or_default();
    fields.retain(|name, _| !SECRETS.contains(&name.as_str()));
    let body = serde_json::to_vec(&fields).unwrap_or_default();
    Digest::of(&[method.as_str().as_bytes(), b" ", uri.path().as_bytes(), b"\n", &body])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(body: &str) -> Digest {
        digest(&Method::POST, &Uri::from_static("/api/auth/register/"), body.as_bytes())
    }

    #[test]
    fn what_is_asked_is_all_of_it_but_its_secrets() {
        let first = asked(r#"{"email": "ann@north.example", "password": "correct horse"}"#);
        for same in [
            r#"{"email": "ann@north.example", "password": "another one"}"#,
            r#"{"email": "ann@north.example", "p\u0061ssword": "x"}"#,
            r#" {"password": {"a": [1]}, "email":"ann@north.example", "code": "123456"}"#,
        ] {
            assert_eq!(asked(same), first, "{same}");
        }
        for other in [
            r#"{"email": "bob@north.example", "password": "correct horse"}"#,
            r#"{"email": "ann@north.example", "amount": 0.1}"#,
            "{}",
            "[]",
        ] {
            assert_ne!(asked(other), first, "{other}");
        }
        // Amounts are told apart however long they are.
        assert_ne!(asked(r#"{"amount": 12345678901234567.89}"#), asked(r#"{"amount": 12345678901234567.88}"#));
    }
}
