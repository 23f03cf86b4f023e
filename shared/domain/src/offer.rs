//! Offers: lines or a sum, in one currency. They live inside a proposal's record.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Currency, Money, Price, Quantity, Refusal, SingleLine};

/// Most lines that a proposal can have; they live inside its record.
pub const MOST_LINES: usize = 100;
/// Most bytes that the descriptions of all lines can have together, likewise.
const MOST_TEXT: usize = 50_000;

/// One line of an offer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LineItem {
    /// What it is.
    pub description: SingleLine<500>,
    /// How much of it.
    pub quantity: Quantity,
    /// What one costs, in the proposal's currency.
    pub unit_price: Price,
    /// Whether the client can leave it out.
    pub optional: bool,
    /// Whether it is in the total; always, unless it is optional.
    pub chosen: bool,
}

impl LineItem {
    /// What it comes to.
    pub fn amount(&self, currency: Currency) -> Result<Money, Refusal> {
        Money::of("line_items", self.quantity, self.unit_price, currency)
    }
}

/// What the client says yes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// The lines; none where only the sum is offered.
    pub line_items: Vec<LineItem>,
    /// The sum of the chosen lines, or what is offered without lines.
    pub total: Money,
}

impl Offer {
    /// An offer of `total` as a whole.
    pub fn of_total(total: Money) -> Self {
        Self { line_items: Vec::new(), total }
    }

    /// An offer of 1 to [`MOST_LINES`] lines.
    pub fn of_lines(line_items: Vec<LineItem>, currency: Currency) -> Result<Self, Refusal> {
        if !(1..=MOST_LINES).contains(&line_items.len()) {
            return Err(Refusal::rule("line_items", format!("1 to {MOST_LINES} lines.")));
        }
        if line_items.iter().map(|line| line.description.len()).sum::<usize>() > MOST_TEXT {
            return Err(Refusal::rule("line_items", format!("The descriptions may take {MOST_TEXT} bytes together.")));
        }
        let amounts = Refusal::each("line_items", &line_items, |line| line.amount(currency))?;
        let in_total = line_items.iter().zip(amounts).filter(|(line, _)| line.chosen || !line.optional);
        let total = in_total.map(|(_, amount)| amount).try_fold(Money::zero(currency), |sum, amount| sum.plus("line_items", amount))?;
        Ok(Self { line_items, total })
    }

    /// What is said: the sum or the lines; none where neither is. It may be both, as answers are, if the one is the sum of the
    /// others.
    pub fn said(total_value: Option<Price>, line_items: Option<Vec<LineItem>>, currency: Currency) -> Result<Option<Self>, Refusal> {
        let total = |price| Money::new("total_value", price, currency);
        match (total_value, line_items) {
            (None, None) => Ok(None),
            (Some(price), lines) if lines.as_ref().is_none_or(Vec::is_empty) => Ok(Some(Self::of_total(total(price)?))),
            (price, lines) => {
                let offer = Self::of_lines(lines.unwrap_or_default(), currency)?;
                match price.map(total).transpose()? {
                    Some(total) if total != offer.total => {
                        Err(Refusal::rule("total_value", format!("Is the sum of the line_items: {}.", offer.total)))
                    }
                    Some(_) | None => Ok(Some(offer)),
                }
            }
        }
    }

    /// The offer with just these of its optional lines, by their places from 0.
    pub fn choosing(&self, places: &[usize]) -> Result<Self, Refusal> {
        let mut chosen = BTreeSet::new();
        let is_option = |place: &usize| match self.line_items.get(*place) {
            Some(line) if line.optional && chosen.insert(*place) => Ok(()),
            Some(line) if line.optional => Err(Refusal::rule("chosen_options", format!("Line {place} comes twice."))),
            Some(_) => Err(Refusal::rule("chosen_options", format!("Line {place} isn't optional."))),
            None => Err(Refusal::rule("chosen_options", format!("There is no line {place}."))),
        };
        Refusal::each("chosen_options", places, is_option)?;
        if self.line_items.is_empty() {
            return Ok(self.clone());
        }
        let choose = |(place, line): (usize, &LineItem)| LineItem { chosen: !line.optional || places.contains(&place), ..line.clone() };
        Self::of_lines(self.line_items.iter().enumerate().map(choose).collect(), self.total.currency())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn line(quantity: &str, price: &str, optional: bool, chosen: bool) -> LineItem {
        LineItem {
            description: SingleLine::new("Work").unwrap(),
            quantity: quantity.parse().unwrap(),
            unit_price: price.parse().unwrap(),
            optional,
            chosen,
        }
    }

    #[test]
    fn lines_are_bounded_and_so_is_their_sum() {
        assert!(Offer::of_lines(vec![], Currency::USD).is_err());
        assert!(Offer::of_lines(vec![line("1", "1", false, false); MOST_LINES + 1], Currency::USD).is_err());
        assert!(Offer::of_lines(vec![line("1", "600000000000", false, false); 2], Currency::USD).is_err());
        let long = |description: &str| LineItem { description: SingleLine::new(description).unwrap(), ..line("1", "1", false, false) };
        assert!(Offer::of_lines(vec![long(&"a".repeat(500)); MOST_LINES], Currency::USD).is_ok());
        let crabs = long(&"🦀".repeat(500));
        assert!(Offer::of_lines(vec![crabs.clone(); 25], Currency::USD).is_ok());
        assert_eq!(Offer::of_lines(vec![crabs; 26], Currency::USD).unwrap_err().field.as_deref(), Some("line_items"));
    }

    #[test]
    fn a_total_beside_lines_is_their_sum() {
        let lines = || Some(vec![line("2.5", "200", false, false), line("1", "99.99", true, true)]);
        let said = |total: Option<&str>, lines| Offer::said(total.map(|total| total.parse().unwrap()), lines, Currency::USD);
        let total = |offer: Result<Option<Offer>, Refusal>| offer.unwrap().map(|offer| offer.total.to_string());
        assert_eq!(total(said(None, None)), None);
        assert_eq!(total(said(Some("7"), None)), Some("USD 7.00".to_owned()));
        assert_eq!(total(said(Some("7"), Some(vec![]))), Some("USD 7.00".to_owned()));
        for sum in [None, Some("599.99")] {
            assert_eq!(total(said(sum, lines())), Some("USD 599.99".to_owned()));
        }
        let refused = said(Some("600"), lines()).unwrap_err();
        assert_eq!(refused, Refusal::rule("total_value", "Is the sum of the line_items: USD 599.99."));
        assert_eq!(said(None, Some(vec![])).unwrap_err().field.as_deref(), Some("line_items"));
        assert_eq!(said(Some("0.001"), None).unwrap_err().field.as_deref(), Some("total_value"));
    }
}
