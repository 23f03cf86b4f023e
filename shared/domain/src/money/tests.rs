use super::*;
use proptest::prelude::*;

fn price(text: &str) -> Price {
    text.parse().unwrap()
}

fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

#[test]
fn an_amount_has_all_decimals_of_its_currency_and_no_more() {
    for (code, given, shown) in [
        ("USD", "500", Some("500.00")),
        ("USD", "0.005", None),
        ("JPY", "500", Some("500")),
        ("JPY", "0.5", None),
        ("KWD", "1.2345", None),
        ("KWD", "1.234", Some("1.234")),
        ("USD", "1.500000", Some("1.50")),
    ] {
        let money = Money::new("value", price(given), currency(code));
        assert_eq!(money.ok().map(Money::to_decimal_string).as_deref(), shown, "{code} {given}");
    }
}

#[test]
fn an_amount_is_stored_as_it_is_shown() {
    for (code, minor, stored) in [("USD", 50_000, "USD 500.00"), ("JPY", 0, "JPY 0"), ("KWD", -1234, "KWD -1.234")] {
        let money = Money::from_minor("value", minor, currency(code)).unwrap();
        let value = serde_json::to_value(money).unwrap();
        assert_eq!(value, stored);
        assert_eq!(serde_json::from_value::<Money>(value).unwrap(), money);
    }
}

#[test]
fn a_line_is_rounded_half_away_from_zero() {
    for (quantity, unit, total) in [("2.5", "200", "500.00"), ("1", "0.005", "0.01"), ("3", "0.335", "1.01"), ("0.3333", "1", "0.33")] {
        let money = Money::of("line_items", quantity.parse().unwrap(), price(unit), Currency::USD).unwrap();
        assert_eq!(money.to_decimal_string(), total);
    }
}

#[test]
fn minor_units_and_back() {
    for (code, minor, shown) in [("USD", 50_000, "500.00"), ("JPY", 500, "500"), ("KWD", -1_234, "-1.234"), ("USD", 0, "0.00")] {
        let money = Money::from_minor("value", minor, currency(code)).unwrap();
        assert_eq!((money.to_decimal_string().as_str(), money.minor()), (shown, minor));
    }
    let most = Money::new("value", price("1000000000000"), currency("CLF")).unwrap();
    assert_eq!(most.minor(), 10_000_000_000_000_000);
    assert!(Money::from_minor("value", i64::MAX, Currency::USD).is_err());
}

#[test]
fn what_is_taken_back_is_rounded_away_from_zero_too() {
    let money = Money::of_units("line_items", "-1".parse().unwrap(), price("0.005"), Currency::USD).unwrap();
    assert_eq!(money.to_decimal_string(), "-0.01");
    assert_eq!("-1.00001".parse::<Units>(), Err(BadNumber::Decimals(4)));
    assert_eq!("100.0001".parse::<Percent>(), Err(BadNumber::TooMuch(Decimal::ONE_HUNDRED)));
    let tax = Money::from_minor("tax", 1_010, Currency::USD).unwrap().percent("tax", "25".parse().unwrap()).unwrap();
    assert_eq!(tax.to_decimal_string(), "2.53");
}

#[test]
fn absurd_amounts_and_what_is_no_number_are_refused() {
    assert_eq!("1000000000000.000001".parse::<Price>(), Err(BadNumber::TooMuch(MOST)));
    assert!("1000000000000".parse::<Price>().is_ok());
    assert_eq!("9".repeat(40).parse::<Price>(), Err(BadNumber::TooMuch(MOST)));
    assert_eq!(format!("0.{}1", "0".repeat(40)).parse::<Price>(), Err(BadNumber::Decimals(6)));
    assert_eq!("-0.01".parse::<Price>(), Err(BadNumber::Negative));
    assert_eq!("-0".parse::<Price>(), Err(BadNumber::Negative), "as its schema says");
    assert_eq!("0.0000001".parse::<Price>(), Err(BadNumber::Decimals(6)));
}

#[test]
fn a_number_is_written_in_one_way() {
    let bad = [
        "",
        "-",
        ".",
        "1e3",
        "1E3",
        "NaN",
        "inf",
        "1,5",
        "0x10",
        "--1",
        "1 000",
        "1_000",
        "1_0.5",
        "+5",
        "5.",
        ".5",
        "-.5",
        " 5",
        "5 ",
        "5\n",
        "007",
        "00",
        "-01",
        "1.2.3",
        "1.-5",
        "２",
        "٣",
        "1.٣",
        "½",
        "1\u{200b}",
    ];
    for bad in bad {
        assert_eq!(bad.parse::<Units>(), Err(BadNumber::NotDecimal), "{bad:?}");
        assert_eq!(bad.parse::<Price>(), Err(BadNumber::NotDecimal), "{bad:?}");
        assert!(serde_json::from_value::<Percent>(bad.into()).is_err(), "{bad:?}");
    }
    for (good, shown) in [("0", "0"), ("-0", "0"), ("0.5", "0.5"), ("-0.50", "-0.5"), ("10", "10"), ("1.0000", "1")] {
        assert_eq!(good.parse::<Units>().map(|units| units.get().to_string()).as_deref(), Ok(shown), "{good}");
    }
}

#[test]
fn a_body_may_say_a_number_or_a_string_and_no_digit_is_lost() {
    for json in ["\"0.1\"", "0.1", "0.10", r#""\u0030.1""#] {
        assert_eq!(serde_json::from_str::<Price>(json).unwrap(), price("0.1"));
    }
    assert_eq!(serde_json::from_str::<Price>("123456789012.123456").unwrap(), price("123456789012.123456"));
    for bad in ["1e2", "1E2", "1.0e0", "true", "[]", "{}", "null", "-1", "\"-1\""] {
        assert!(serde_json::from_str::<Price>(bad).is_err(), "{bad}");
    }
}

#[test]
fn currencies_without_a_minor_unit_are_no_money() {
    for bad in ["XAU", "XXX", "usd", "US", "ZZZ", ""] {
        assert!(bad.parse::<Currency>().is_err(), "{bad}");
    }
}

proptest! {
    #[test]
    fn adding_loses_no_cent(a in 0u64..1_000_000_000, b in 0u64..1_000_000_000) {
        let cents = |n: u64| Money::new("x", Price::new(Decimal::new(n as i64, 2)).unwrap(), Currency::USD).unwrap();
        prop_assert_eq!(cents(a).plus("x", cents(b)).unwrap(), cents(a + b));
    }
}
