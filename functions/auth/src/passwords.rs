//! Passwords' hashes: Argon2id, two passes, one lane, with 19 MiB at the least that is deployed, as OWASP's Password Storage Cheat
//! Sheet says, of the password in normal form. A hash says what it was made with, so the memory can be raised at any time: who
//! signs in then gets another.

use std::sync::Arc;

use api::Problem;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash::phc::PasswordHash};
use domain::password::normal;

const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Makes hashes of passwords, and knows passwords by them.
#[derive(Debug, Clone)]
pub struct Passwords {
    params: Params,
    /// The hash of no password: what an unknown login is checked against, so that it takes as long as a known one.
    nobody: Arc<str>,
}

impl Passwords {
    /// Hashes that take so much memory, in KiB.
    pub fn new(memory_kib: u32) -> Result<Self, String> {
        let params = Params::new(memory_kib, PASSES, LANES, None).map_err(|error| error.to_string())?;
        let nobody = format!(
            "$argon2id$v=19$m={memory_kib},t={PASSES},p={LANES}$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        );
        Ok(Self { params, nobody: nobody.into() })
    }

    fn argon2(&self) -> Argon2<'static> {
        Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone())
    }

    /// The hash of `password`, as a PHC string.
    pub(crate) fn hash(&self, password: &str) -> Result<String, Problem> {
        let hash: PasswordHash = self.argon2().hash_password(normal(password).as_bytes()).map_err(Problem::internal)?;
        Ok(hash.to_string())
    }

    /// Whether `password` is the one whose hash is `known`; never, if there is none.
    pub(crate) fn verify(&self, password: &str, known: Option<&str>) -> Result<bool, Problem> {
        let hash = PasswordHash::new(known.unwrap_or(&self.nobody)).map_err(Problem::internal)?;
        Ok(self.argon2().verify_password(normal(password).as_bytes(), &hash).is_ok() && known.is_some())
    }

    /// The hash of `password`, whose hash `known` takes less memory than is asked for by now.
    pub(crate) fn renewed(&self, password: &str, known: &str) -> Result<Option<String>, Problem> {
        let hash = PasswordHash::new(known).map_err(Problem::internal)?;
        let params = Params::try_from(&hash).map_err(Problem::internal)?;
        (params.m_cost() < self.params.m_cost()).then(|| self.hash(password)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_by_its_hash_and_nobody_has_any() {
        let passwords = Passwords::new(19_456).unwrap();
        let known = passwords.hash("correct horse").unwrap();
        assert!(known.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{known}");
        assert!(passwords.verify("correct horse", Some(&known)).unwrap());
        assert!(!passwords.verify("correct horsf", Some(&known)).unwrap());
        assert!(!passwords.verify("correct horse", None).unwrap());
        assert_ne!(known, passwords.hash("correct horse").unwrap());
        assert!(Passwords::new(1).is_err());
    }

    #[test]
    fn a_hash_of_less_memory_is_known_and_renewed() {
        let (before, now) = (Passwords::new(64).unwrap(), Passwords::new(128).unwrap());
        let known = before.hash("correct horse").unwrap();
        assert!(now.verify("correct horse", Some(&known)).unwrap());
        let renewed = now.renewed("correct horse", &known).unwrap().unwrap();
        assert!(renewed.contains("m=128,") && now.verify("correct horse", Some(&renewed)).unwrap());
        assert!(now.renewed("correct horse", &renewed).unwrap().is_none() && before.renewed("correct horse", &renewed).unwrap().is_none());
    }

    #[test]
    fn a_password_is_the_same_on_every_keyboard() {
        let passwords = Passwords::new(64).unwrap();
        let known = passwords.hash("caf\u{e9} №1 ｐａｓｓ").unwrap();
        for same in ["cafe\u{301} №1 ｐａｓｓ", "caf\u{e9} No1 pass", "cafe\u{301}\u{a0}No1 pass"] {
            assert!(passwords.verify(same, Some(&known)).unwrap(), "{same}");
        }
        for other in ["cafe No1 pass", "Caf\u{e9} No1 pass", "caf\u{e9}  No1 pass"] {
            assert!(!passwords.verify(other, Some(&known)).unwrap(), "{other}");
        }
    }
}
