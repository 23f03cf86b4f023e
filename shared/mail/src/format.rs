//! How mails write amounts, days and plain text.

use domain::{Currency, Date, Money, Percent, Price, Time, Units};

/// The most characters of a line of plain text, unless a word is longer.
const WIDTH: usize = 72;

/// An amount for people to read: `USD 12,500.00`, `USD −80.00`.
pub(crate) fn amount(money: Money) -> String {
    format!("{} {}", money.currency(), grouped(&money.to_decimal_string()))
}

/// A price per unit in `currency`, with the decimals of the currency or as many more as it has: `USD 0.005`.
pub(crate) fn price(price: Price, currency: Currency) -> String {
    let number = price.get().normalize();
    let decimals = number.scale().max(currency.decimals()) as usize;
    format!("{currency} {}", grouped(&format!("{number:.decimals$}")))
}

/// How much of something: `1,200`, `−2.5`.
pub(crate) fn units(units: Units) -> String {
    grouped(&units.get().normalize().to_string())
}

/// A share in percent: `7.75%`.
pub(crate) fn percent(percent: Percent) -> String {
    format!("{}%", percent.get().normalize())
}

/// So many days: `1 day`, `1,000 days`.
pub(crate) fn days(number: u64) -> String {
    format!("{} {}", grouped(&number.to_string()), if number == 1 { "day" } else { "days" })
}

/// The number `digits` with a comma before every third digit of its whole part, and with a true minus, which is read out
/// as one and doesn't break off, if it is negative.
pub(crate) fn grouped(digits: &str) -> String {
    if let Some(digits) = digits.strip_prefix('-') {
        return format!("−{}", grouped(digits));
    }
    let whole = digits.split('.').next().unwrap_or_default();
    let fraction = digits.strip_prefix(whole).unwrap_or_default();
    let mut written = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }
    written + fraction
}

/// A day: `31 December 2026`.
pub(crate) fn day(date: Date) -> String {
    date.get().format("%-d %B %Y").to_string()
}

/// A moment: `31 December 2026, 14:05 UTC`.
pub(crate) fn moment(time: Time) -> String {
    time.format("%-d %B %Y, %H:%M UTC").to_string()
}

/// Plain text with its long lines broken at spaces, their rest indented as their beginning is, past the `- ` of a list
/// too; and never more than one blank line in a row. A word that is too long, a link for instance, stays whole.
pub(crate) fn wrapped(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + text.len() / 16);
    let mut blanks = 1; // so that none comes first
    for line in text.lines().map(str::trim_end) {
        blanks = if line.is_empty() { blanks + 1 } else { 0 };
        if blanks < 2 {
            wrap_line(&mut written, line);
            written.push('\n');
        }
    }
    written.truncate(written.trim_end().len());
    written.push('\n');
    written
}

fn wrap_line(written: &mut String, line: &str) {
    let words = line.trim_start_matches(' ');
    let words = words.strip_prefix("- ").unwrap_or(words);
    let start = line.strip_suffix(words).unwrap_or_default();
    let indent = start.chars().count();
    written.push_str(start);
    let mut used = indent;
    for word in words.split_whitespace() {
        let length = word.chars().count();
        if used > indent && used + 1 + length > WIDTH {
            written.push('\n');
            written.extend(std::iter::repeat_n(' ', indent));
            used = indent;
        } else if used > indent {
            written.push(' ');
            used += 1;
        }
        written.push_str(word);
        used += length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(text: &str) -> Money {
        Money::new("amount", text.parse().unwrap(), Currency::USD).unwrap()
    }

    #[test]
    fn amounts_have_thousands_separators() {
        for (given, shown) in [
            ("0", "USD 0.00"),
            ("599.99", "USD 599.99"),
            ("999.5", "USD 999.50"),
            ("1000", "USD 1,000.00"),
            ("12500", "USD 12,500.00"),
            ("123456.7", "USD 123,456.70"),
            ("1000000000000", "USD 1,000,000,000,000.00"),
        ] {
            assert_eq!(amount(usd(given)), shown);
        }
        let yen = Money::new("amount", "12500".parse().unwrap(), "JPY".parse().unwrap()).unwrap();
        assert_eq!(amount(yen), "JPY 12,500");
    }

    #[test]
    fn what_is_taken_back_has_a_true_minus() {
        assert_eq!(amount(usd("1234.5").negated()), "USD −1,234.50");
        assert_eq!(amount(usd("100").negated()), "USD −100.00");
        assert_eq!(amount(usd("0").negated()), "USD 0.00");
        for (given, shown) in [("2.50", "2.5"), ("-0.25", "−0.25"), ("-1200", "−1,200"), ("100", "100"), ("0", "0")] {
            assert_eq!(units(given.parse().unwrap()), shown);
        }
    }

    #[test]
    fn rates_and_numbers_of_days() {
        assert_eq!(["25", "7.7500", "0", "100"].map(|rate| percent(rate.parse().unwrap())), ["25%", "7.75%", "0%", "100%"]);
        assert_eq!([0, 1, 14, 1000].map(days), ["0 days", "1 day", "14 days", "1,000 days"]);
    }

    #[test]
    fn a_price_shows_all_its_decimals() {
        for (given, code, shown) in [
            ("200", "USD", "USD 200.00"),
            ("0.005", "USD", "USD 0.005"),
            ("1234.123456", "USD", "USD 1,234.123456"),
            ("1000", "JPY", "JPY 1,000"),
            ("1.5", "KWD", "KWD 1.500"),
        ] {
            assert_eq!(price(given.parse().unwrap(), code.parse().unwrap()), shown);
        }
    }

    #[test]
    fn days_are_written_out() {
        assert_eq!(day("2026-12-31".parse().unwrap()), "31 December 2026");
        assert_eq!(day("2026-02-01".parse().unwrap()), "1 February 2026");
        assert_eq!(moment("2026-12-31T14:05:59Z".parse().unwrap()), "31 December 2026, 14:05 UTC");
    }

    #[test]
    fn text_is_wrapped_at_spaces_and_links_stay_whole() {
        let link = format!("https://app.example/activate?token={}", "x".repeat(100));
        let text = format!("\n\n  {0}\n- {0}\n\n\n\nAnswer  it: {link}  \n- {link}\n \n", "word ".repeat(20));
        let wrapped = wrapped(&text);
        let expected = [
            format!("  {}", ["word"; 14].join(" ")),
            format!("  {}", ["word"; 6].join(" ")),
            format!("- {}", ["word"; 14].join(" ")),
            format!("  {}", ["word"; 6].join(" ")),
            String::new(),
            "Answer it:".to_owned(),
            link.clone(),
            format!("- {link}"),
        ];
        assert_eq!(wrapped.lines().collect::<Vec<_>>(), expected);
    }
}
