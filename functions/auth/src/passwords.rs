//! Passwords: Argon2id with 19 MiB, two passes, one lane, as OWASP's Password Storage Cheat Sheet says, of the password in
//! Unicode's normal form KC (NIST SP 800-63B, 3.1.1.2): keyboards write `é` in one character or in two, and full-width
//! letters or plain ones.

use std::borrow::Cow;

use api::Problem;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash::phc::PasswordHash};
use icu_normalizer::ComposingNormalizerBorrowed;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// The hash of no password: what an unknown login is checked against, so that it takes as long as a known one.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn argon2() -> Result<Argon2<'static>, Problem> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(Problem::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// `password` in normal form KC.
fn normal(password: &str) -> Cow<'_, str> {
    const KC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfkc();
    KC.normalize(password)
}

/// The hash of `password`, as a PHC string.
pub(crate) fn hash(password: &str) -> Result<String, Problem> {
    let hash: PasswordHash = argon2()?.hash_password(normal(password).as_bytes()).map_err(Problem::internal)?;
    Ok(hash.to_string())
}

/// Whether `password` is the one whose hash is `known`; never, if there is none.
pub(crate) fn verify(password: &str, known: Option<&str>) -> Result<bool, Problem> {
    let hash = PasswordHash::new(known.unwrap_or(NOBODY)).map_err(Problem::internal)?;
    Ok(argon2()?.verify_password(normal(password).as_bytes(), &hash).is_ok() && known.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_by_its_hash_and_nobody_has_any() {
        let known = hash("correct horse").unwrap();
        assert!(known.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{known}");
        assert!(verify("correct horse", Some(&known)).unwrap());
        assert!(!verify("correct horsf", Some(&known)).unwrap());
        assert!(!verify("correct horse", None).unwrap());
        assert_ne!(known, hash("correct horse").unwrap());
    }

    #[test]
    fn a_password_is_the_same_on_every_keyboard() {
        let known = hash("caf\u{e9} №1 ｐａｓｓ").unwrap();
        for same in ["cafe\u{301} №1 ｐａｓｓ", "caf\u{e9} No1 pass", "cafe\u{301}\u{a0}No1 pass"] {
            assert!(verify(same, Some(&known)).unwrap(), "{same}");
        }
        for other in ["cafe No1 pass", "Caf\u{e9} No1 pass", "caf\u{e9}  No1 pass"] {
            assert!(!verify(other, Some(&known)).unwrap(), "{other}");
        }
    }
}
