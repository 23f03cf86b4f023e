//! How mails write amounts, days and plain text.

use chrono::Datelike;
use domain::{Currency, Date, Language, Money, Percent, Price, Time, Units};

use crate::content::say;

/// The most characters of a line of plain text, unless a word is longer.
const WIDTH: usize = 72;

/// The space inside of an amount or a day in German, at which a line isn't broken.
const FIXED: char = '\u{a0}';
/// The months in German.
const MONATE: [&str; 12] =
    ["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"];

/// An amount for people to read: `USD 12,500.00`, `USD −80.00`; `12.500,00 €`, `−80,00 USD`.
pub(crate) fn amount(language: Language, money: Money) -> String {
    in_currency(language, &money.to_decimal_string(), money.currency())
}

fn in_currency(language: Language, digits: &str, currency: Currency) -> String {
    let number = grouped(language, digits);
    match language {
        Language::En => format!("{currency} {number}"),
        // Others' signs are those of several currencies.
        Language::De if currency.to_string() == "EUR" => format!("{number}{FIXED}€"),
        Language::De => format!("{number}{FIXED}{currency}"),
    }
}

/// A price per unit in `currency`, with the decimals of the currency or as many more as it has: `USD 0.005`,
/// `0,005 USD`.
pub(crate) fn price(language: Language, price: Price, currency: Currency) -> String {
    let number = price.get().normalize();
    let decimals = number.scale().max(currency.decimals()) as usize;
    in_currency(language, &format!("{number:.decimals$}"), currency)
}

/// How much of something: `1,200`, `−2.5`; `1.200`, `−2,5`.
pub(crate) fn units(language: Language, units: Units) -> String {
    grouped(language, &units.get().normalize().to_string())
}

/// A share in percent: `7.75%`; `7,75 %`.
pub(crate) fn percent(language: Language, percent: Percent) -> String {
    let number = grouped(language, &percent.get().normalize().to_string());
    say!(language, "{number}%", "{number}{FIXED}%")
}

/// So many days, after "in" or "since": `1 day`, `1,000 days`; `1 Tag`, `1.000 Tagen`.
pub(crate) fn days(language: Language, days: u64) -> String {
    let number = grouped(language, &days.to_string());
    match days {
        1 => say!(language, "{number} day", "{number} Tag"),
        _ => say!(language, "{number} days", "{number} Tagen"),
    }
}

/// The number `digits`, which has a point before its decimals if any, as it is written in `language`: with a mark before every third
/// digit of its whole part, and with a true minus, which is read out as one and doesn't break off, if it is negative.
pub(crate) fn grouped(language: Language, digits: &str) -> String {
    if let Some(digits) = digits.strip_prefix('-') {
        return format!("−{}", grouped(language, digits));
    }
    let (mark, point) = match language {
        Language::En => (',', "."),
        Language::De => ('.', ","),
    };
    let whole = digits.split('.').next().unwrap_or_default();
    let fraction = digits.strip_prefix(whole).unwrap_or_default();
    let mut written = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            written.push(mark);
        }
        written.push(digit);
    }
    written + &fraction.replace('.', point)
}

/// A day: `31 December 2026`; `31. Dezember 2026`.
pub(crate) fn day(language: Language, date: Date) -> String {
    written_out(language, &date.get())
}

fn written_out(language: Language, date: &chrono::NaiveDate) -> String {
    let month = MONATE.get(date.month0() as usize).copied().unwrap_or_default();
    match language {
        Language::En => date.format("%-d %B %Y").to_string(),
        Language::De => format!("{}.{FIXED}{month} {}", date.day(), date.year()),
    }
}

/// A moment: `31 December 2026, 14:05 UTC`; `31. Dezember 2026, 14:05 Uhr (UTC)`.
pub(crate) fn moment(language: Language, time: Time) -> String {
    let (day, clock) = (written_out(language, &time.date_naive()), time.format("%H:%M").to_string());
    say!(language, "{day}, {clock} UTC", "{day}, {clock} Uhr (UTC)")
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
    for word in words.split(|c: char| c.is_whitespace() && c != FIXED).filter(|word| !word.is_empty()) {
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
    use Language::{De, En};

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
            assert_eq!(amount(En, usd(given)), shown);
        }
        let yen = Money::new("amount", "12500".parse().unwrap(), "JPY".parse().unwrap()).unwrap();
        assert_eq!(amount(En, yen), "JPY 12,500");
        assert_eq!(amount(De, yen), "12.500\u{a0}JPY");
    }

    #[test]
    fn in_german_amounts_have_a_comma_and_the_currency_comes_last() {
        let euro = |text: &str| Money::new("amount", text.parse().unwrap(), "EUR".parse().unwrap()).unwrap();
        assert_eq!(amount(De, euro("1234.5")), "1.234,50\u{a0}€");
        assert_eq!(amount(De, euro("1234.5").negated()), "−1.234,50\u{a0}€");
        assert_eq!(amount(De, usd("12500000")), "12.500.000,00\u{a0}USD");
        assert_eq!(price(De, "1234.123456".parse().unwrap(), "EUR".parse().unwrap()), "1.234,123456\u{a0}€");
        assert_eq!(units(De, "-1200.5".parse().unwrap()), "−1.200,5");
        assert_eq!(percent(De, "7.7500".parse().unwrap()), "7,75\u{a0}%");
        assert_eq!([0, 1, 1000].map(|number| days(De, number)), ["0 Tagen", "1 Tag", "1.000 Tagen"]);
    }

    #[test]
    fn what_is_taken_back_has_a_true_minus() {
        assert_eq!(amount(En, usd("1234.5").negated()), "USD −1,234.50");
        assert_eq!(amount(En, usd("100").negated()), "USD −100.00");
        assert_eq!(amount(En, usd("0").negated()), "USD 0.00");
        for (given, shown) in [("2.50", "2.5"), ("-0.25", "−0.25"), ("-1200", "−1,200"), ("100", "100"), ("0", "0")] {
            assert_eq!(units(En, given.parse().unwrap()), shown);
        }
    }

    #[test]
    fn rates_and_numbers_of_days() {
        assert_eq!(["25", "7.7500", "0", "100"].map(|rate| percent(En, rate.parse().unwrap())), ["25%", "7.75%", "0%", "100%"]);
        assert_eq!([0, 1, 14, 1000].map(|number| days(En, number)), ["0 days", "1 day", "14 days", "1,000 days"]);
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
            assert_eq!(price(En, given.parse().unwrap(), code.parse().unwrap()), shown);
        }
    }

    #[test]
    fn days_are_written_out() {
        assert_eq!(day(En, "2026-12-31".parse().unwrap()), "31 December 2026");
        assert_eq!(day(En, "2026-02-01".parse().unwrap()), "1 February 2026");
        assert_eq!(moment(En, "2026-12-31T14:05:59Z".parse().unwrap()), "31 December 2026, 14:05 UTC");
        assert_eq!(day(De, "2026-12-31".parse().unwrap()), "31.\u{a0}Dezember 2026");
        assert_eq!(day(De, "2026-03-01".parse().unwrap()), "1.\u{a0}März 2026");
        assert_eq!(moment(De, "2026-12-31T14:05:59Z".parse().unwrap()), "31.\u{a0}Dezember 2026, 14:05 Uhr (UTC)");
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
