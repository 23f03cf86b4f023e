//! What credit notes take back of an invoice's lines, and its tax.
//!
//! Of a line it is counted what was taken back of it, so that notes never take back more of it than it was. Their tax is that
//! on all that was taken back of a category and rate so far, less what was said of it before: so the taxes of all notes sum up
//! to the invoice's tax, whatever was rounded on the way.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Invoice;
use crate::{
    Currency, Money, Price, Quantity, Refusal, SingleLine, Units,
    tax::{LineTax, Tax, taxes},
};

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
        for (place, new) in said.unwrap_or_else(|| whole.collect()).into_iter().enumerate() {
            let is_there_twice = lines.iter().any(|line| line.line == new.line);
            let taken = match self.taken_line(new, &nets, &mut line_notes) {
                _ if is_there_twice => Err(Refusal::rule("line", format!("Line {} is there twice.", new.line))),
                Ok(None) if !all => Err(Refusal::rule(FIELD, format!("Nothing of line {} is taken back, or left.", new.line))),
                // What other time takes back stays out of a note on all that is left.
                Err(_) if all && self.is_reversed(new.line) => Ok(None),
                taken => taken,
            };
            lines.extend(taken.map_err(|refusal| refusal.of_item(FIELD, place))?);
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

impl Invoice {
    /// Whether other time takes back what the line `line` bills.
    fn is_reversed(&self, line: usize) -> bool {
        let entry = self.line_items.get(line).and_then(|item| item.time_entry);
        entry.is_some_and(|entry| self.time_reversed.contains(&entry))
    }

    /// What is taken back of the line that `new` names, which is added to what was taken back of each; nothing, if nothing of it
    /// is left, or said. What takes back time that another invoice charged is taken back as a whole: then it can be billed
    /// elsewhere, or be deleted.
    fn taken_line(&self, new: NewNoteLine, nets: &[Money], line_notes: &mut [LineNoted]) -> Result<Option<NoteLine>, Refusal> {
        let found = self.line_items.get(new.line).zip(nets.get(new.line)).zip(line_notes.get_mut(new.line));
        let Some(((item, net), noted)) = found else {
            return Err(Refusal::rule("line", format!("There is no line {}.", new.line)));
        };
        if self.is_reversed(new.line) {
            return Err(Refusal::rule("line", format!("Other time takes back what line {} bills.", new.line)));
        }
        if item.takes_back_time() && (new.quantity.is_some() || new.amount.is_some()) {
            let why = format!("Line {} takes back time that another invoice charged; take back all of it, or none.", new.line);
            return Err(Refusal::rule("line", why));
        }
        let taken = new.of(item.quantity, *net, *noted)?;
        if taken.amount.is_zero() && (taken.quantity == Units::ZERO || !net.is_zero()) {
            return Ok(None);
        }
        let quantity = Units::new(noted.quantity.get() + taken.quantity.get()).map_err(|bad| Refusal::rule(FIELD, bad.to_string()))?;
        *noted = LineNoted { quantity, amount: noted.amount.plus(FIELD, taken.amount)? };
        let quantity = Some(taken.quantity).filter(|quantity| *quantity != Units::ZERO);
        let (description, tax) = (item.description.clone(), item.tax.clone());
        Ok(Some(NoteLine { line: new.line, description, quantity, amount: taken.amount, tax }))
    }
}

impl NewNoteLine {
    /// What it takes back of a line of `quantity` that comes to `net`, of which `noted` was taken back before.
    fn of(self, quantity: Units, net: Money, noted: LineNoted) -> Result<LineNoted, Refusal> {
        let only = |field: &'static str, left: String| Err(Refusal::rule(field, format!("Only {left} of line {} is left.", self.line)));
        let sign = if quantity.get().is_sign_negative() { -Decimal::ONE } else { Decimal::ONE };
        let left = net.minus(FIELD, noted.amount)?;
        let units = |value: Decimal| Units::new(value).map_err(|bad| Refusal::rule("quantity", bad.to_string()));
        let quantity_left = quantity.get() - noted.quantity.get();
        let taken = match (self.quantity, self.amount) {
            (Some(_), Some(_)) => return Err(Refusal::rule("quantity", "Either a quantity or an amount.")),
            (None, None) => LineNoted { quantity: units(quantity_left)?, amount: left },
            (Some(many), None) => {
                if many.get() > quantity_left.abs() {
                    return only("quantity", quantity_left.abs().normalize().to_string());
                }
                let taken = sign * many.get();
                let until = |many: Decimal| share(net, many, quantity.get());
                let amount = until(noted.quantity.get() + taken)?.minus(FIELD, until(noted.quantity.get())?)?;
                LineNoted { quantity: units(taken)?, amount }
            }
            (None, Some(amount)) => {
                let amount = Money::new("amount", amount, net.currency())?;
                let amount = if net.is_negative() { amount.negated() } else { amount };
                LineNoted { quantity: Units::ZERO, amount }
            }
        };
        if taken.amount.minor().abs() > left.minor().abs() {
            return only(if self.quantity.is_some() { "quantity" } else { "amount" }, left.to_string());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        MultiLine,
        credit_note::{CreditNote, Ids, Issued, NewCreditNote},
        invoice::{
            Discount, LineItem, SentBy,
            lines::tests::line,
            tests::{draft, firm, id, now, today, usd},
        },
    };

    fn note(invoice: &Invoice, lines: Option<Vec<NewNoteLine>>) -> Result<Issued, Refusal> {
        let new = NewCreditNote { lines, refunded: None, out_of_band: None, reason: MultiLine::new("x").unwrap() };
        CreditNote::issue(1, invoice, new, Ids { invoice: id(9), note: id(4), credit: id(3) }, today())
    }

    fn of(line: usize, quantity: Option<&str>, amount: Option<&str>) -> NewNoteLine {
        NewNoteLine { line, quantity: quantity.map(|q| q.parse().unwrap()), amount: amount.map(|a| a.parse().unwrap()) }
    }

    #[test]
    fn what_is_free_is_taken_back_by_how_many_and_what_takes_back_time_as_a_whole() {
        let of_time = |quantity, price, entry| LineItem { time_entry: Some(id(entry)), ..line(quantity, price, None) };
        let lines = vec![of_time("2", "0", 1), of_time("-1", "50", 2), line("1", "80", None)];
        let invoice = draft(lines).send(1, SentBy::Mail, &firm(), now()).unwrap().0;
        let noted = |invoice: &Invoice, lines| {
            let issued = note(invoice, lines).unwrap();
            (issued.note.amount, issued.invoice.0.time_taken_back().unwrap(), issued.invoice.0)
        };
        let (amount, time, half) = noted(&invoice, Some(vec![of(0, Some("1"), None), of(2, None, Some("1"))]));
        assert_eq!((amount, time), (usd(100), vec![]));
        let (amount, time, _) = noted(&half, Some(vec![of(0, None, None)]));
        assert_eq!((amount, time), (usd(0), vec![id(1)]));
        let (amount, time, whole) = noted(&half, None);
        assert_eq!((amount, time), (usd(2_900), vec![id(1), id(2)]));
        assert!(whole.lets_go_of_time_since(&half).unwrap() && !half.lets_go_of_time_since(&invoice).unwrap());
        // Of a line of none nothing is taken back, whatever is of the others.
        let none = draft(vec![line("0", "100", None), line("1", "80", None)]).send(1, SentBy::Mail, &firm(), now()).unwrap().0;
        for (invoice, lines, field) in [
            (&none, Some(vec![of(0, None, None)]), "lines[0]"),
            (&invoice, Some(vec![of(0, Some("1"), None)]), "lines"),
            (&invoice, Some(vec![of(1, Some("1"), None)]), "lines[0].line"),
            (&invoice, Some(vec![of(1, None, None)]), "lines"),
            (&invoice, Some(vec![of(0, None, Some("1"))]), "lines[0].amount"),
            (&whole, Some(vec![of(0, None, None)]), "lines[0]"),
            (&whole, None, "lines"),
        ] {
            assert_eq!(note(invoice, lines).unwrap_err().field.as_deref(), Some(field));
        }
    }

    #[test]
    fn a_credit_note_names_lines_and_has_their_tax_and_all_of_them_sum_up_to_the_invoice() {
        let discount = Some(Discount::Amount(usd(1_000)));
        let lines = vec![line("3", "100", Some("20")), line("1", "33.33", Some("7")), line("1", "0.50", Some("7"))];
        let invoice = Invoice { discount, ..draft(lines) }.checked(today()).unwrap().send(1, SentBy::Mail, &firm(), now()).unwrap().0;
        // A third of 291.01, of which the discount is taken off, and of its tax.
        let third = note(&invoice, Some(vec![of(0, Some("1"), None)])).unwrap();
        assert_eq!(third.note.lines[0].amount, usd(9_700));
        assert_eq!((third.note.tax, third.note.amount), (usd(1_940), usd(11_640)));
        let next = note(&third.invoice.0, Some(vec![of(0, Some("1"), None), of(1, None, Some("10"))])).unwrap();
        assert_eq!(next.note.lines[0].amount.minor() + third.note.lines[0].amount.minor(), 19_401);
        assert_eq!(next.note.taxes.len(), 2);
        for (lines, told) in [
            (vec![of(0, Some("1.0001"), None)], ("lines[0].quantity", "Only 1 of line 0 is left.")),
            (vec![of(1, None, Some("22.50"))], ("lines[0].amount", "left")),
            (vec![of(3, None, None)], ("lines[0].line", "There is no line 3.")),
            (vec![of(1, Some("1"), Some("1"))], ("lines[0].quantity", "Either")),
            (vec![of(1, None, Some("1")), of(1, None, Some("1"))], ("lines[1].line", "twice")),
            (vec![of(1, None, Some("1")), of(2, None, Some("0"))], ("lines[1]", "Nothing")),
        ] {
            let refused = note(&next.invoice.0, Some(lines)).unwrap_err();
            assert!(refused.field.as_deref() == Some(told.0) && refused.message.contains(told.1), "{refused:?}");
        }
        let rest = note(&next.invoice.0, None).unwrap();
        let all = [&third.note, &next.note, &rest.note];
        let sum = |of: fn(&CreditNote) -> Money| all.iter().map(|note| of(note).minor()).sum::<i64>();
        assert_eq!((sum(|note| note.amount), sum(|note| note.tax)), (invoice.totals.total.minor(), invoice.totals.tax.minor()));
        for tax in &invoice.taxes {
            let noted = all.iter().filter_map(|note| tax.among(&note.taxes)).map(|tax| tax.amount.minor()).sum::<i64>();
            assert_eq!(noted, tax.amount.minor());
        }
        assert_eq!(note(&rest.invoice.0, None).unwrap_err().field.as_deref(), Some("lines"));
    }
}
