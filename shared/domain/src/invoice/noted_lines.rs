//! What credit notes take back of an invoice's lines, and its tax.
//!
//! Of a line it is counted what was taken back of it, so that notes never take back more of it than it was. Their tax is that
//! on all that was taken back of a category and rate so far, less what was said of it before: so the taxes of all notes sum up
//! to the invoice's tax, whatever was rounded on the way.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Invoice, LineTax, Tax, tax::taxes};
use crate::{Currency, Money, Price, Quantity, Refusal, SingleLine, Units};

/// The field that lines are called by.
const FIELD: &str = "lines";

/// How much of a line credit notes took back; less than nothing, where the line is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LineNoted {
    /// How many of it.
    pub quantity: Units,
    /// What that comes to, without tax.
    pub amount: Money,
}

/// What is to be taken back of a line: so many of it, or so much; all that is left, where neither is said.
#[derive(Debug, Clone, Copy)]
pub struct NewNoteLine {
    /// Its place among the invoice's lines, from 0.
    pub line: usize,
    /// How many.
    pub quantity: Option<Quantity>,
    /// How much, without tax, discounts taken off.
    pub amount: Option<Price>,
}

/// What a credit note takes back of a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NoteLine {
    /// Its place among the invoice's lines, from 0.
    pub line: usize,
    /// What it is.
    pub description: SingleLine<500>,
    /// How many of it; none where an amount was said.
    pub quantity: Option<Units>,
    /// What that comes to, without tax.
    pub amount: Money,
    /// The tax on it.
    pub tax: LineTax,
}

/// What is taken back.
#[derive(Debug, Clone)]
pub(super) struct TakenLines {
    /// Of which lines.
    pub(super) lines: Vec<NoteLine>,
    /// The taxes on it.
    pub(super) taxes: Vec<Tax>,
    /// How much of each line is taken back now.
    pub(super) line_notes: Vec<LineNoted>,
    /// What is taken back now, by its tax.
    pub(super) taxes_noted: Vec<Tax>,
}

impl TakenLines {
    /// How much it is, with tax.
    pub(super) fn total(&self, currency: Currency) -> Result<Money, Refusal> {
        let mut parts = self.taxes.iter().flat_map(|tax| [tax.base, tax.amount]);
        parts.try_fold(Money::zero(currency), |sum, part| sum.plus(FIELD, part))
    }
}

impl Invoice {
    /// What is taken back where `said` is said; all that is left, where nothing is.
    pub(super) fn taken_lines(&self, said: Option<Vec<NewNoteLine>>) -> Result<TakenLines, Refusal> {
        let nets = self.line_nets()?;
        let whole = (0..nets.len()).map(|line| NewNoteLine { line, quantity: None, amount: None });
        let nothing = LineNoted { quantity: Units::ZERO, amount: Money::zero(self.currency) };
        let mut line_notes = if self.line_notes.is_empty() { vec![nothing; nets.len()] } else { self.line_notes.clone() };
        let mut lines: Vec<NoteLine> = Vec::new();
        let all = said.is_none();
        for new in said.unwrap_or_else(|| whole.collect()) {
            let found = self.line_items.get(new.line).zip(nets.get(new.line)).zip(line_notes.get_mut(new.line));
            let Some(((item, net), noted)) = found else {
                return Err(Refusal::rule(FIELD, format!("There is no line {}.", new.line)));
            };
            if lines.iter().any(|line| line.line == new.line) {
                return Err(Refusal::rule(FIELD, format!("Line {} is there twice.", new.line)));
            }
            let taken = new.of(item.quantity, *net, *noted)?;
            if taken.amount.is_zero() && (all || new.amount.is_some() || !net.is_zero()) {
                if all {
                    continue;
                }
                return Err(Refusal::rule(FIELD, format!("Nothing of line {} is taken back, or left.", new.line)));
            }
            let quantity = Units::new(noted.quantity.get() + taken.quantity.get()).map_err(|bad| Refusal::rule(FIELD, bad.to_string()))?;
            *noted = LineNoted { quantity, amount: noted.amount.plus(FIELD, taken.amount)? };
            let quantity = Some(taken.quantity).filter(|quantity| *quantity != Units::ZERO);
            let (description, tax) = (item.description.clone(), item.tax.clone());
            lines.push(NoteLine { line: new.line, description, quantity, amount: taken.amount, tax });
        }
        let nets = line_notes.iter().map(|noted| noted.amount);
        let taxes_noted = taxes(self.line_items.iter().map(|item| &item.tax).zip(nets), self.currency)?;
        let since = |tax: &Tax| match tax.among(&self.taxes_noted) {
            Some(before) => Tax { base: tax.base.without(before.base), amount: tax.amount.without(before.amount), ..tax.clone() },
            None => tax.clone(),
        };
        let of_note = |tax: &Tax| lines.iter().any(|line| line.tax.category == tax.of.category && line.tax.rate == tax.of.rate);
        let taxes = taxes_noted.iter().map(since).filter(of_note).collect();
        Ok(TakenLines { lines, taxes, line_notes, taxes_noted })
    }
}

impl NewNoteLine {
    /// What it takes back of a line of `quantity` that comes to `net`, of which `noted` was taken back before.
    fn of(self, quantity: Units, net: Money, noted: LineNoted) -> Result<LineNoted, Refusal> {
        let refused = |message: String| Err(Refusal::rule(FIELD, message));
        let sign = if quantity.get().is_sign_negative() { -Decimal::ONE } else { Decimal::ONE };
        let left = net.minus(FIELD, noted.amount)?;
        let units = |value: Decimal| Units::new(value).map_err(|bad| Refusal::rule(FIELD, bad.to_string()));
        let quantity_left = quantity.get() - noted.quantity.get();
        let taken = match (self.quantity, self.amount) {
            (Some(_), Some(_)) => return refused(format!("Line {}: either a quantity or an amount.", self.line)),
            (None, None) => LineNoted { quantity: units(quantity_left)?, amount: left },
            (Some(many), None) => {
                if many.get() > quantity_left.abs() {
                    return refused(format!("Line {}: only {} is left.", self.line, quantity_left.abs().normalize()));
                }
                let taken = sign * many.get();
                let until = |many: Decimal| share(net, many, quantity.get());
                let amount = until(noted.quantity.get() + taken)?.minus(FIELD, until(noted.quantity.get())?)?;
                LineNoted { quantity: units(taken)?, amount }
            }
            (None, Some(amount)) => {
                let amount = Money::new(FIELD, amount, net.currency())?;
                let amount = if net.is_negative() { amount.negated() } else { amount };
                LineNoted { quantity: Units::ZERO, amount }
            }
        };
        if taken.amount.minor().abs() > left.minor().abs() {
            return refused(format!("Line {}: only {left} is left.", self.line));
        }
        Ok(taken)
    }
}

/// `net × part / whole`, rounded half away from zero to the minor unit.
fn share(net: Money, part: Decimal, whole: Decimal) -> Result<Money, Refusal> {
    let too_much = || Refusal::rule(FIELD, "Is beyond any sensible amount.");
    let scaled = |value: Decimal| -> Result<i128, Refusal> {
        let mut value = value;
        value.rescale(4);
        Ok(value.mantissa())
    };
    let (part, whole) = (scaled(part)?, scaled(whole)?);
    if whole == 0 {
        return Ok(Money::zero(net.currency()));
    }
    let product = i128::from(net.minor()).checked_mul(part).and_then(|product| product.checked_mul(2)).ok_or_else(too_much)?;
    let (product, whole) = if whole < 0 { (-product, -whole) } else { (product, whole) };
    let rounded = (product + whole * product.signum()) / (2 * whole);
    Money::from_minor(FIELD, i64::try_from(rounded).map_err(|_| too_much())?, net.currency())
}
