//! Stripe's signature: `t=1790000000,v1=…,v1=…`, each `v1` the HMAC-SHA256 over `{t}.{body}` in hexadecimal, keyed with
//! the endpoint's secret. While a secret is replaced, Stripe signs with both, and we take both.

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};
use domain::Time;
use secrets::EndpointSecrets;

/// The header that has it; HTTP doesn't care for its case.
pub(crate) const HEADER: &str = "stripe-signature";
/// How far the time of signing may be from ours, seconds, either way.
const TOLERANCE: u64 = 300;

/// Why a body is not taken for Stripe's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadSignature {
    /// There is none.
    #[error("Needed: the signature of the body.")]
    Missing,
    /// It doesn't look like one.
    #[error("Not a signature of Stripe's.")]
    Malformed,
    /// It was made with another secret, or for another body.
    #[error("Doesn't fit the body.")]
    Forged,
    /// It was made too long ago, or is from the future.
    #[error("Was not made just now.")]
    Stale,
}

/// Check the signature `header` of `body` at `now`.
pub(crate) fn check(header: Option<&str>, body: &[u8], secrets: &EndpointSecrets, now: Time) -> Result<(), BadSignature> {
    let header = header.ok_or(BadSignature::Missing)?;
    let (mut signed_at, mut signatures) = (None, Vec::new());
    for part in header.split(',') {
        match part.trim().split_once('=').ok_or(BadSignature::Malformed)? {
            ("t", time) => signed_at = Some(time),
            ("v1", signature) => signatures.extend(bytes(signature)),
            _ => {} // other schemes aren't safe
        }
    }
    let signed_at = signed_at.ok_or(BadSignature::Malformed)?;
    let seconds: i64 = signed_at.parse().map_err(|_| BadSignature::Malformed)?;
    if signatures.is_empty() {
        return Err(BadSignature::Malformed);
    }
    if !fits(&signatures, secrets.all().map(|secret| tag(secret, signed_at, body))) {
        return Err(BadSignature::Forged);
    }
    if seconds.abs_diff(now.timestamp()) > TOLERANCE { Err(BadSignature::Stale) } else { Ok(()) }
}

/// Whether one of `signatures` is one of `tags`, of which each is made once: that takes as long as the body, and how many
/// signatures there are is the caller's to choose.
fn fits(signatures: &[Vec<u8>], mut tags: impl Iterator<Item = hmac::Tag>) -> bool {
    tags.any(|tag| signatures.iter().any(|signature| verify_slices_are_equal(tag.as_ref(), signature).is_ok()))
}

/// What signs `body` at the time `signed_at` with `secret`.
fn tag(secret: &str, signed_at: &str, body: &[u8]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()));
    for part in [signed_at.as_bytes(), b".", body] {
        context.update(part);
    }
    context.sign()
}

/// The bytes that a hexadecimal text stands for.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    rest.is_empty().then_some(())?;
    pairs.iter().map(|[high, low]| Some(digit(*high)? * 16 + digit(*low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_790_000_000;
    const BODY: &[u8] = br#"{"id": "evt_1"}"#;
    /// What Stripe's own library makes with the secret `whsec_test`, of `BODY` at `NOW`.
    const SIGNED: &str = "t=1790000000,v1=b36f4c72cd593b9c0b21f15a9eadcc506bc56028839405b372888a01e8aa7aa1";

    fn secrets() -> EndpointSecrets {
        EndpointSecrets { current: "whsec_test".to_owned(), previous: Some("whsec_old".to_owned()) }
    }

    fn at(seconds: i64) -> Time {
        Time::from_timestamp(seconds, 0).unwrap()
    }

    /// A `v1` of `BODY`, signed at `seconds` with `secret`.
    fn v1(secret: &str, seconds: i64) -> String {
        format!("v1={}", tag(secret, &seconds.to_string(), BODY).as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    }

    #[test]
    fn what_stripes_library_signs_is_taken() {
        assert_eq!(check(Some(SIGNED), BODY, &secrets(), at(NOW)), Ok(()));
    }

    #[test]
    fn one_good_signature_among_others_is_enough_and_both_secrets_are_good() {
        let (good, old, bad) = (v1("whsec_test", NOW), v1("whsec_old", NOW), v1("whsec_other", NOW));
        for (header, expected) in [
            (format!("t={NOW},{bad},{good}"), Ok(())),
            (format!("t={NOW},{good},v0=00"), Ok(())),
            (format!(" {good} , t={NOW}"), Ok(())),
            (format!("t={NOW},{old}"), Ok(())),
            (format!("t={NOW},v1=zz,{old}"), Ok(())),
            (format!("t={NOW},{bad}"), Err(BadSignature::Forged)),
            (format!("t={},{good}", NOW + 1), Err(BadSignature::Forged)),
            (format!("t={NOW},v0={}", good.trim_start_matches("v1=")), Err(BadSignature::Malformed)),
        ] {
            assert_eq!(check(Some(&header), BODY, &secrets(), at(NOW)), expected, "{header}");
        }
        let after = EndpointSecrets { previous: None, ..secrets() };
        assert_eq!(check(Some(&format!("t={NOW},{old}")), BODY, &after, at(NOW)), Err(BadSignature::Forged));
    }

    #[test]
    fn the_body_is_hashed_once_for_each_secret_however_many_signatures_come_with_it() {
        let forged = vec![vec![0; 32]; 1_200];
        let mut hashed = 0;
        let tags = ["whsec_test", "whsec_old"].map(|secret| tag(secret, "1790000000", BODY));
        assert!(!fits(&forged, tags.into_iter().inspect(|_| hashed += 1)));
        assert_eq!(hashed, 2);
        let good = [forged, vec![tags[1].as_ref().to_vec()]].concat();
        assert!(fits(&good, tags.into_iter()));
        let header = |last: &str| format!("t={NOW}{},{last}", format!(",{}", v1("whsec_other", NOW)).repeat(1_200));
        assert_eq!(check(Some(&header(&v1("whsec_old", NOW))), BODY, &secrets(), at(NOW)), Ok(()));
        assert_eq!(check(Some(&header("v1=00")), BODY, &secrets(), at(NOW)), Err(BadSignature::Forged));
    }

    #[test]
    fn a_signature_is_good_for_five_minutes_either_way() {
        for (now, expected) in [(300, Ok(())), (-300, Ok(())), (301, Err(BadSignature::Stale)), (-301, Err(BadSignature::Stale))] {
            assert_eq!(check(Some(SIGNED), BODY, &secrets(), at(NOW + now)), expected, "{now}");
        }
    }

    #[test]
    fn what_is_no_signature_is_none() {
        let overflow = format!("t=99999999999999999999,{}", v1("whsec_test", NOW));
        for header in
            ["", "t", "t=,v1=00", "v1=00", "t=1790000000", "t=1790000000,v1=", "t=1790000000,v1=0", "a=b,c=d", "t=x,v1=00", &overflow]
        {
            let refused = check(Some(header), BODY, &secrets(), at(NOW));
            assert!(matches!(refused, Err(BadSignature::Malformed | BadSignature::Forged)), "{header}: {refused:?}");
        }
        assert_eq!(check(None, BODY, &secrets(), at(NOW)), Err(BadSignature::Missing));
    }
}
