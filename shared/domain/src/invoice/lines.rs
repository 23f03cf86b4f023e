//! What an invoice charges, and what it comes to. A discount is spread over the lines before tax, so that no cent of it is
//! lost; for the tax see [`crate::tax`].

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Invoice;
use crate::{
    Currency, Money, Percent, Price, Refusal, SingleLine, Units,
    ids::TimeEntryId,
    tax::{LineTax, Tax, taxes},
};

/// Most lines that an invoice can have; they live inside its record.
pub const MOST_LINES: usize = 200;
/// Most bytes that the descriptions of all lines can have together, likewise.
const MOST_TEXT: usize = 50_000;

/// One line of an invoice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LineItem {
    /// What it is.
    pub description: SingleLine<500>,
    /// How much of it; less than nothing where something is taken back.
    pub quantity: Units,
    /// What one costs, in the invoice's currency.
    pub unit_price: Price,
    /// The tax on it.
    pub tax: LineTax,
    /// The time entry that it bills.
    pub time_entry: Option<TimeEntryId>,
}

impl LineItem {
    /// Whether it gives back time that another invoice charged.
    pub fn takes_back_time(&self) -> bool {
        self.time_entry.is_some() && self.quantity.get().is_sign_negative()
    }

    /// What it comes to, before discount and tax.
    pub fn amount(&self, currency: Currency) -> Result<Money, Refusal> {
        Money::of_units("line_items", self.quantity, self.unit_price, currency)
    }
}

/// What is taken off an invoice as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Discount {
    /// A share of what the lines come to.
    Percent(Percent),
    /// An amount.
    Amount(Money),
}

impl Discount {
    /// How much it is of `subtotal`; not more than that.
    fn of(self, subtotal: Money) -> Result<Money, Refusal> {
        match self {
            Self::Percent(percent) => subtotal.percent("discount", percent),
            Self::Amount(amount) if subtotal.minus("discount", amount)?.is_negative() => {
                Err(Refusal::rule("discount", format!("Is more than the lines come to: {subtotal}.")))
            }
            Self::Amount(amount) => Ok(amount),
        }
    }
}

/// What an invoice comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// The sum of the lines.
    pub subtotal: Money,
    /// What is taken off it.
    pub discount_amount: Money,
    /// The tax on what is left.
    pub tax: Money,
    /// What is to be paid.
    pub total: Money,
}

impl Totals {
    /// Of no lines.
    pub fn nothing(currency: Currency) -> Self {
        let nothing = Money::zero(currency);
        Self { subtotal: nothing, discount_amount: nothing, tax: nothing, total: nothing }
    }

    /// Of `lines`, with `discount` taken off; and the taxes on them.
    pub fn of(lines: &[LineItem], discount: Option<Discount>, currency: Currency) -> Result<(Self, Vec<Tax>), Refusal> {
        const FIELD: &str = "line_items";
        let sum = |sum: Money, more: Money| sum.plus(FIELD, more);
        let nothing = Money::zero(currency);
        let amounts = Refusal::each(FIELD, lines, |line| line.amount(currency))?;
        let subtotal = amounts.iter().copied().try_fold(nothing, sum)?;
        if subtotal.is_negative() {
            return Err(Refusal::rule(FIELD, format!("Come to less than nothing: {subtotal}; add what is charged.")));
        }
        let discount_amount = discount.map_or(Ok(nothing), |discount| discount.of(subtotal))?;
        let taxes = taxes(lines.iter().map(|line| &line.tax).zip(without(discount_amount, &amounts)?), currency)?;
        let tax = taxes.iter().map(|tax| tax.amount).try_fold(nothing, sum)?;
        let total = sum(subtotal.minus(FIELD, discount_amount)?, tax)?;
        if total.is_negative() {
            return Err(Refusal::rule(FIELD, format!("Come to less than nothing with tax: {total}; add what is charged.")));
        }
        Ok((Self { subtotal, discount_amount, tax, total }, taxes))
    }
}

/// `amounts`, of each its share of `discount` taken off.
fn without(discount: Money, amounts: &[Money]) -> Result<Vec<Money>, Refusal> {
    let shares = spread(discount, amounts)?;
    amounts.iter().zip(shares).map(|(amount, share)| amount.minus("line_items", share)).collect()
}

impl Invoice {
    /// What each of its lines comes to, its share of the discount taken off: what tax is on.
    pub fn line_nets(&self) -> Result<Vec<Money>, Refusal> {
        let amounts = self.line_items.iter().map(|line| line.amount(self.currency)).collect::<Result<Vec<_>, _>>()?;
        without(self.totals.discount_amount, &amounts)
    }
}

/// That there are not too many lines, and what bills time can be taken back: it is some of it, and billed once.
pub(super) fn check(lines: &[LineItem]) -> Result<(), Refusal> {
    let refused = |message: String| Err(Refusal::rule("line_items", message));
    if lines.len() > MOST_LINES {
        return refused(format!("At most {MOST_LINES} lines."));
    }
    if lines.iter().map(|line| line.description.len()).sum::<usize>() > MOST_TEXT {
        return refused(format!("The descriptions may take {MOST_TEXT} bytes together."));
    }
    let mut billed = BTreeSet::new();
    let bills = |line: &LineItem| match line.time_entry {
        Some(entry) if !billed.insert(entry) => Err(Refusal::rule("time_entry", "Is billed by another line already.")),
        // Of none, no credit note could take back the time.
        Some(_) if line.quantity == Units::ZERO => {
            Err(Refusal::rule("quantity", "Not 0 of what bills time; a price of 0 charges nothing."))
        }
        Some(_) | None => Ok(()),
    };
    Refusal::each("line_items", lines, bills).map(drop)
}

/// `whole`, spread over `amounts` in proportion: each share is rounded down, and the minor units that are left go to
/// those that lost the most by it, so that the shares sum exactly.
pub(super) fn spread(whole: Money, amounts: &[Money]) -> Result<Vec<Money>, Refusal> {
    let currency = whole.currency();
    let sum: i128 = amounts.iter().map(|amount| i128::from(amount.minor())).sum();
    if whole.is_zero() || sum <= 0 {
        return Ok(vec![Money::zero(currency); amounts.len()]);
    }
    let product = |amount: &Money| i128::from(whole.minor()) * i128::from(amount.minor());
    let down: Vec<i128> = amounts.iter().map(|amount| product(amount).div_euclid(sum)).collect();
    let left = i128::from(whole.minor()) - down.iter().sum::<i128>();
    let mut losers: Vec<usize> = (0..amounts.len()).collect();
    losers.sort_by_key(|place| std::cmp::Reverse(amounts.get(*place).map(|amount| product(amount).rem_euclid(sum))));
    losers.truncate(usize::try_from(left).unwrap_or_default());
    let share = |(place, down): (usize, i128)| {
        let minor = i64::try_from(down + i128::from(losers.contains(&place)));
        let minor = minor.map_err(|_| Refusal::rule("discount", "Is beyond any sensible amount."))?;
        Money::from_minor("discount", minor, currency)
    };
    down.into_iter().enumerate().map(share).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn line(quantity: &str, price: &str, tax: Option<&str>) -> LineItem {
        LineItem {
            description: SingleLine::new("Work").unwrap(),
            quantity: quantity.parse().unwrap(),
            unit_price: price.parse().unwrap(),
            tax: LineTax::by_default(tax.map(|rate| rate.parse().unwrap())),
            time_entry: None,
        }
    }

    fn usd(minor: i64) -> Money {
        Money::from_minor("x", minor, Currency::USD).unwrap()
    }

    fn totals(lines: &[LineItem], discount: Option<Discount>) -> [i64; 4] {
        let (Totals { subtotal, discount_amount, tax, total }, _) = Totals::of(lines, discount, Currency::USD).unwrap();
        [subtotal, discount_amount, tax, total].map(Money::minor)
    }

    #[test]
    fn the_lines_of_a_rate_are_summed_and_then_their_tax_is_rounded() {
        // 0.125 twice is 0.25, not 0.13 twice; with another rate between them too.
        assert_eq!(totals(&[line("1", "0.50", Some("25")), line("1", "0.50", Some("25"))], None), [100, 0, 25, 125]);
        let between = [line("1", "0.50", Some("25")), line("1", "0.10", Some("5")), line("1", "0.50", Some("25"))];
        assert_eq!(totals(&between, None), [110, 0, 26, 136]);
        assert_eq!(totals(&[line("2.5", "200", Some("19")), line("1", "99.99", None)], None), [59_999, 0, 9_500, 69_499]);
        assert_eq!(totals(&[line("-1", "0.50", Some("25")), line("1", "10", Some("25"))], None), [950, 0, 238, 1_188]);
        assert_eq!(totals(&[], None), [0, 0, 0, 0]);
    }

    #[test]
    fn a_discount_comes_off_before_tax() {
        let ten = Some(Discount::Percent("10".parse().unwrap()));
        assert_eq!(totals(&[line("1", "100", Some("20")), line("1", "50", None)], ten), [15_000, 1_500, 1_800, 15_300]);
        assert_eq!(totals(&[line("1", "100", Some("20"))], Some(Discount::Amount(usd(10_000)))), [10_000, 10_000, 0, 0]);
        let too_much = Totals::of(&[line("1", "100", None)], Some(Discount::Amount(usd(10_001))), Currency::USD);
        assert_eq!(too_much.unwrap_err().field.as_deref(), Some("discount"));
        let other = Discount::Amount(Money::zero("EUR".parse().unwrap()));
        assert_eq!(Totals::of(&[], Some(other), Currency::USD).unwrap_err().field.as_deref(), Some("discount"));
    }

    #[test]
    fn lines_that_come_to_less_than_nothing_or_too_much_are_refused() {
        for (lines, field) in [
            (vec![line("-1", "1", None)], "line_items"),
            (vec![line("1", "100", None), line("-1", "99", Some("100")), line("-1", "1", None)], "line_items"),
            (vec![line("1", "600000000000", None); 2], "line_items"),
            (vec![line("1", "1", None), line("1000000000000", "1000000000000", None)], "line_items[1]"),
            (vec![line("1", "900000000000", Some("20"))], "line_items"),
        ] {
            assert_eq!(Totals::of(&lines, None, Currency::USD).unwrap_err().field.as_deref(), Some(field), "{lines:?}");
        }
    }

    #[test]
    fn there_are_not_too_many_lines_nor_too_long_ones() {
        assert!(check(&vec![line("1", "1", None); MOST_LINES]).is_ok());
        assert!(check(&vec![line("1", "1", None); MOST_LINES + 1]).is_err());
        let long = LineItem { description: SingleLine::new(&"å".repeat(500)).unwrap(), ..line("1", "1", None) };
        assert!(check(&vec![long.clone(); 50]).is_ok());
        assert!(check(&vec![long; 51]).is_err());
    }

    #[test]
    fn what_is_left_over_goes_to_those_who_lost_the_most() {
        let shares = |whole, amounts: &[i64]| -> Vec<i64> {
            spread(usd(whole), &amounts.iter().copied().map(usd).collect::<Vec<_>>()).unwrap().into_iter().map(Money::minor).collect()
        };
        assert_eq!(shares(100, &[1, 1, 1]), [34, 33, 33]);
        assert_eq!(shares(5, &[1, 2, 3]), [1, 2, 2]);
        assert_eq!(shares(10, &[200, -100]), [20, -10]);
        assert_eq!(shares(10, &[0, 7, 0]), [0, 10, 0]);
        assert_eq!(shares(0, &[3, -3]), [0, 0]);
    }

    proptest! {
        #[test]
        fn no_cent_is_lost_in_spreading(amounts in prop::collection::vec(-100_000i64..1_000_000_000, 1..60), percent in 0i64..=100) {
            let sum: i64 = amounts.iter().sum();
            prop_assume!(sum > 0);
            let whole = usd(sum * percent / 100);
            let amounts: Vec<_> = amounts.into_iter().map(usd).collect();
            let shares = spread(whole, &amounts).unwrap();
            prop_assert_eq!(shares.iter().map(|share| share.minor()).sum::<i64>(), whole.minor());
            for (share, amount) in shares.iter().zip(&amounts) {
                let exact = amount.minor() as f64 * whole.minor() as f64 / sum as f64;
                prop_assert!((share.minor() as f64 - exact).abs() <= 1.000_001, "{share} of {amount}");
                prop_assert!(share.minor().abs() <= amount.minor().abs(), "{share} is more than {amount}");
            }
        }

        #[test]
        fn the_parts_of_a_total_sum_up(
            lines in prop::collection::vec((-50i64..500, 0i64..1_000_000, prop::option::of(0i64..=2_500)), 0..20),
            percent in prop::option::of(0i64..=10_000),
        ) {
            use rust_decimal::Decimal;
            let lines: Vec<_> = lines.into_iter().map(|(quantity, price, tax)| LineItem {
                description: SingleLine::new("Work").unwrap(),
                quantity: crate::Units::new(Decimal::new(quantity, 2)).unwrap(),
                unit_price: Price::new(Decimal::new(price, 2)).unwrap(),
                tax: LineTax::by_default(tax.map(|tax| Percent::new(Decimal::new(tax, 2)).unwrap())),
                time_entry: None,
            }).collect();
            let discount = percent.map(|percent| Discount::Percent(Percent::new(Decimal::new(percent, 2)).unwrap()));
            if let Ok((Totals { subtotal, discount_amount, tax, total }, taxes)) = Totals::of(&lines, discount, Currency::USD) {
                let sum = |of: fn(&Tax) -> Money| taxes.iter().map(of).map(Money::minor).sum::<i64>();
                prop_assert_eq!((sum(|tax| tax.amount), sum(|tax| tax.base)), (tax.minor(), subtotal.minor() - discount_amount.minor()));
                prop_assert_eq!(total.minor(), subtotal.minor() - discount_amount.minor() + tax.minor());
                prop_assert!(!total.is_negative() && discount_amount.minor() <= subtotal.minor());
            }
        }
    }
}
