//! Amounts as Stripe counts them: in the smallest unit that Stripe has for a currency, which isn't always ISO 4217's.

use domain::{Currency, Money};

use crate::PaymentError;

/// The currencies of which Stripe knows whole units only. MGA has hundredths by ISO 4217.
const WHOLE: [&str; 15] = ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"];
/// Without decimals by ISO 4217, and yet sent in hundredths, which are always zero.
const HUNDREDTHS_OF_WHOLE: [&str; 2] = ["ISK", "UGX"];
/// With three decimals, of which the last is always zero.
const THOUSANDTHS: [&str; 5] = ["BHD", "JOD", "KWD", "OMR", "TND"];

/// How Stripe counts a currency.
struct Counted {
    /// How many decimals its amounts have at Stripe.
    decimals: u32,
    /// What every amount is a multiple of.
    step: i64,
    /// The largest amount that Stripe takes.
    most: i64,
}

/// The largest amount of the currency `code` that Stripe takes: twelve digits of IDR, eight of all others
/// (<https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts>).
fn most(code: &str) -> i64 {
    if code == "IDR" { 999_999_999_999 } else { 99_999_999 }
}

/// How Stripe counts `currency`; none if it doesn't.
fn counted(currency: Currency) -> Option<Counted> {
    let (code, decimals) = (currency.code(), currency.decimals());
    let (decimals, step) = if WHOLE.contains(&code) {
        (0, 1)
    } else if HUNDREDTHS_OF_WHOLE.contains(&code) {
        (2, 100)
    } else if THOUSANDTHS.contains(&code) {
        (3, 10)
    } else if decimals == 2 {
        (2, 1)
    } else {
        return None;
    };
    Some(Counted { decimals, step, most: most(code) })
}

/// `money` as Stripe is told it.
pub(crate) fn to_stripe(money: Money) -> Result<i64, PaymentError> {
    let currency = money.currency();
    let refused = |why: String| PaymentError::Refused(why);
    let counted = counted(currency).ok_or_else(|| refused(format!("Payments in {currency} can't be taken by card.")))?;
    if money.is_zero() || money.is_negative() {
        return Err(refused(format!("There is nothing to pay: {money}.")));
    }
    let scaled = rescaled(money.minor(), currency.decimals(), counted.decimals).filter(|amount| amount % counted.step == 0);
    match scaled {
        None => Err(refused(format!("Payments in {currency} can't be as exact as {money}."))),
        Some(amount) if amount > counted.most => Err(refused(format!("{money} is more than can be paid online at once."))),
        Some(amount) => Ok(amount),
    }
}

/// No more than `fee` as Stripe is told it: what is finer than Stripe counts isn't taken.
pub(crate) fn fee_to_stripe(fee: Money) -> Option<i64> {
    let counted = counted(fee.currency())?;
    let (from, to) = (fee.currency().decimals(), counted.decimals);
    let scaled =
        if to >= from { fee.minor().checked_mul(10_i64.checked_pow(to - from)?)? } else { fee.minor() / 10_i64.checked_pow(from - to)? };
    Some(scaled - scaled % counted.step).filter(|amount| *amount > 0)
}

/// The money that Stripe means by `amount` in `currency`, as it writes it: `usd`.
pub(crate) fn from_stripe(amount: i64, currency: &str) -> Result<Money, String> {
    let currency: Currency = currency.to_ascii_uppercase().parse().map_err(|_| format!("{currency} is no currency"))?;
    let counted = counted(currency).ok_or_else(|| format!("Stripe takes no {currency}"))?;
    let minor =
        rescaled(amount, counted.decimals, currency.decimals()).ok_or_else(|| format!("{amount} {currency} is between two units"))?;
    Money::from_minor("amount", minor, currency).map_err(|refusal| refusal.message)
}

/// `amount`, which has `from` decimals, with `to` decimals; none if that loses any.
fn rescaled(amount: i64, from: u32, to: u32) -> Option<i64> {
    if to >= from {
        amount.checked_mul(10_i64.checked_pow(to - from)?)
    } else {
        let factor = 10_i64.checked_pow(from - to)?;
        (amount % factor == 0).then_some(amount / factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(amount: &str, currency: &str) -> Money {
        Money::new("amount", amount.parse().unwrap(), currency.parse().unwrap()).unwrap()
    }

    #[test]
    fn amounts_go_to_stripe_and_come_back_the_same() {
        for (amount, currency, stripe) in [
            ("500.00", "USD", 50_000),
            ("0.01", "EUR", 1),
            ("500", "JPY", 500),
            ("1", "KRW", 1),
            ("500", "ISK", 50_000),
            ("2000", "UGX", 200_000),
            ("5", "MGA", 5),
            ("1.230", "KWD", 1_230),
            ("1.25", "HUF", 125),
            ("9.99", "TWD", 999),
            ("999999.99", "USD", 99_999_999),
            ("1000000", "IDR", 100_000_000),
            ("9999999999.99", "IDR", 999_999_999_999),
        ] {
            let money = money(amount, currency);
            assert_eq!(to_stripe(money), Ok(stripe), "{amount} {currency}");
            assert_eq!(from_stripe(stripe, &currency.to_ascii_lowercase()), Ok(money), "{stripe} {currency}");
        }
    }

    #[test]
    fn what_stripe_can_not_take_is_refused_in_words() {
        for (amount, currency, why) in [
            ("1.234", "KWD", "Payments in KWD can't be as exact as KWD 1.234."),
            ("1.20", "MGA", "Payments in MGA can't be as exact as MGA 1.20."),
            ("1", "IQD", "Payments in IQD can't be taken by card."),
            ("1", "CLF", "Payments in CLF can't be taken by card."),
            ("0", "USD", "There is nothing to pay: USD 0.00."),
            ("1000000", "USD", "USD 1000000.00 is more than can be paid online at once."),
            ("10000000000", "IDR", "IDR 10000000000.00 is more than can be paid online at once."),
        ] {
            assert_eq!(to_stripe(money(amount, currency)), Err(PaymentError::Refused(why.to_owned())));
        }
        let negative = money("1", "USD").negated();
        assert!(to_stripe(negative).is_err());
    }

    #[test]
    fn of_a_fee_no_more_is_taken_than_stripe_can_count() {
        for (fee, currency, stripe) in [
            ("1.85", "USD", Some(185)),
            ("0.009", "KWD", None),
            ("1.239", "KWD", Some(1_230)),
            ("1.99", "MGA", Some(1)),
            ("5", "ISK", Some(500)),
        ] {
            assert_eq!(fee_to_stripe(money(fee, currency)), stripe, "{fee} {currency}");
        }
    }

    #[test]
    fn what_stripe_can_not_mean_is_not_read() {
        assert!(from_stripe(50, "isk").is_err(), "half a krona");
        assert!(from_stripe(1, "zzz").is_err());
        assert!(from_stripe(1, "lyd").is_err());
        assert!(from_stripe(i64::MAX, "usd").is_err());
    }
}
