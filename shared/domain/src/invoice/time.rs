//! How time that was logged is billed.

use rust_decimal::Decimal;

use super::{Event, Invoice, LineItem, LineNoted, Status};
use crate::{Money, Price, Refusal, SingleLine, Transition, Units, ids::TimeEntryId, tax::LineTax, time_entry::TimeEntry};

/// The field that names time entries.
const FIELD: &str = "time_entries";
/// How much of a description is kept where something has to be said beside it.
const SHORT: usize = 440;

impl LineItem {
    /// The line that bills `entry`, whose id is `id`: its hours at its rate, if that comes to what it costs; else once what
    /// it costs, since twenty minutes are no decimal number of hours, and of none nothing could be taken back. It is taxed
    /// by `tax`, unless it takes back what was charged: then as that was.
    pub fn of_time(id: TimeEntryId, entry: &TimeEntry, tax: LineTax) -> Result<Self, Refusal> {
        let tax = entry.reverses.as_ref().map_or(tax, |charged| charged.tax.clone());
        let told = entry.description.as_ref().map(|told| told.split_whitespace().collect::<Vec<_>>().join(" "));
        let told = told.unwrap_or_else(|| format!("Work on {}", entry.date.get()));
        let rate = entry.hourly_rate.map_or(Decimal::ZERO, Money::amount);
        let by_hour =
            Self { description: described(&told)?, quantity: entry.billed_units()?, unit_price: price(rate)?, tax, time_entry: Some(id) };
        if by_hour.quantity != Units::ZERO && by_hour.amount(entry.currency())? == entry.billed_amount {
            return Ok(by_hour);
        }
        let minutes = entry.billed_minutes();
        let told = shortened(&told, SHORT);
        Ok(Self {
            description: described(&format!("{told} ({minutes} min at {} an hour)", rate.normalize()))?,
            quantity: Units::new(entry.minutes.signum().into()).map_err(|bad| Refusal::rule(FIELD, bad.to_string()))?,
            unit_price: price(entry.billed_amount.amount().abs())?,
            ..by_hour
        })
    }
}

impl Invoice {
    /// The invoice once other time takes back `entry`, whose id is `id` and which a line of it bills, and the tax of that line.
    /// What the other time gives back is what `entry` costs, at that tax; so it may not where something else was charged, or
    /// was taken back before.
    pub fn reverse_time(&self, id: TimeEntryId, entry: &TimeEntry) -> Result<((Self, Event), LineTax), Refusal> {
        let instead = |why: &str| Err(Refusal::state(format!("{why}; issue a credit note of all that is left of that line instead.")));
        match self.status {
            Status::Sent | Status::Paid | Status::Uncollectible => {}
            Status::Draft => return Err(Refusal::state("The invoice is a draft; take the time off it.")),
            Status::Void => return Err(Refusal::state("The invoice is void; its time can be changed in a moment.")),
        }
        let line = self.line_items.iter().position(|line| line.time_entry == Some(id));
        let Some((place, line)) = line.and_then(|place| Some((place, self.line_items.get(place)?))) else {
            return Err(Refusal::state("The invoice doesn't bill it."));
        };
        if self.discount.is_some() || line.amount(self.currency)? != entry.billed_amount {
            return instead("Something else was charged than was logged");
        }
        if self.line_notes.get(place).is_some_and(|noted| !noted.amount.is_zero() || noted.quantity != Units::ZERO) {
            return instead("Some of it was taken back by a credit note");
        }
        let time_reversed = self.time_reversed.iter().copied().chain([id]).collect();
        Ok(((Self { time_reversed, ..self.clone() }, Event::TimeReversed), line.tax.clone()))
    }

    /// The invoice once no time takes back the entry `id` any more.
    pub fn reinstate_time(&self, id: TimeEntryId) -> Transition<Self> {
        if !self.time_reversed.contains(&id) {
            return Err(Refusal::state("Nothing takes back that time."));
        }
        let time_reversed = self.time_reversed.iter().copied().filter(|reversed| *reversed != id).collect();
        Ok((Self { time_reversed, ..self.clone() }, Event::TimeReinstated))
    }

    /// The time of its lines that credit notes took back as a whole: it isn't charged any more. Of a line that is free that goes
    /// by how many of it they took back.
    pub fn time_taken_back(&self) -> Result<Vec<TimeEntryId>, Refusal> {
        let nets = self.line_nets()?;
        let lines = self.line_items.iter().zip(nets).zip(&self.line_notes);
        let is_whole = |line: &LineItem, net: Money, noted: &LineNoted| match net.is_zero() {
            true => noted.quantity == line.quantity && noted.quantity != Units::ZERO,
            false => noted.amount == net,
        };
        let whole = lines.filter(|((line, net), noted)| is_whole(line, *net, noted));
        Ok(whole.filter_map(|((line, _), _)| line.time_entry).collect())
    }

    /// Whether credit notes took back time as a whole since it was `before`.
    pub fn lets_go_of_time_since(&self, before: &Self) -> Result<bool, Refusal> {
        Ok(self.time_taken_back()?.len() > before.time_taken_back()?.len())
    }

    /// That what gives back time in `edited` stays as it was charged.
    pub(super) fn keeps_what_takes_back_time(&self, edited: &Self) -> Result<(), Refusal> {
        let stays = |line: &LineItem| {
            let before = self.line_items.iter().find(|before| before.time_entry.is_some() && before.time_entry == line.time_entry);
            let Some(before) = before.filter(|before| before.takes_back_time() || line.takes_back_time()) else { return Ok(()) };
            let field = if before.quantity != line.quantity {
                "quantity"
            } else if before.unit_price != line.unit_price {
                "unit_price"
            } else if before.tax != line.tax {
                "tax_rate"
            } else {
                return Ok(());
            };
            Err(Refusal::rule(field, "What takes back time stays as it was charged; other time isn't less than nothing."))
        };
        Refusal::each("line_items", &edited.line_items, stays).map(drop)
    }
}

/// `text`, or as much of it as `most` characters have room for, with a sign that there was more.
fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

fn described(text: &str) -> Result<SingleLine<500>, Refusal> {
    SingleLine::new(&shortened(text, 500)).map_err(|bad| Refusal::rule(FIELD, bad.to_string()))
}

fn price(amount: Decimal) -> Result<Price, Refusal> {
    Price::new(amount).map_err(|bad| Refusal::rule(FIELD, bad.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Currency, MultiLine,
        invoice::{
            lines::check,
            tests::{id, now},
        },
        project::{Direction, Increment, Rounding},
        time_entry,
    };

    fn entry(minutes: i32, rate: &str, description: Option<&str>) -> TimeEntry {
        let rate = Money::new("x", rate.parse().unwrap(), Currency::USD).unwrap();
        let entry = TimeEntry {
            project: id(1),
            client: id(2),
            task: None,
            user: id(3),
            date: crate::TimeZone::UTC.day(now()),
            minutes,
            rounding: Rounding::NONE,
            billable: true,
            hourly_rate: Some(rate),
            billed_amount: rate,
            description: description.map(|told| MultiLine::new(told).unwrap()),
            needs_approval: false,
            progress: time_entry::Status::Open,
            rejection: None,
            invoice: None,
            reverses: None,
            reversed_by: None,
        };
        entry.priced(Currency::USD).unwrap()
    }

    #[test]
    fn a_line_comes_to_what_the_time_costs() {
        for (minutes, rate) in
            [(150, "200"), (20, "200"), (1, "0.01"), (7, "333.33"), (-150, "200"), (-20, "200"), (1439, "99.99"), (30, "0")]
        {
            let entry = entry(minutes, rate, Some("Interviews"));
            let line = LineItem::of_time(id(4), &entry, LineTax::by_default(None)).unwrap();
            assert_eq!(line.amount(Currency::USD).unwrap(), entry.billed_amount, "{minutes} min at {rate}");
        }
    }

    #[test]
    fn time_that_rounds_to_nothing_is_something_that_can_be_taken_back() {
        let rounding = Rounding { increment: Increment::new(15).unwrap(), direction: Direction::Nearest };
        for (minutes, quantity) in [(5, "1"), (-5, "-1")] {
            let entry = TimeEntry { rounding, ..entry(minutes, "200", None) }.priced(Currency::USD).unwrap();
            let line = LineItem::of_time(id(4), &entry, LineTax::by_default(None)).unwrap();
            assert_eq!((line.quantity, line.amount(Currency::USD).unwrap()), (quantity.parse().unwrap(), entry.billed_amount));
            assert!(entry.billed_amount.is_zero() && line.takes_back_time() == (minutes < 0));
            assert!(check(&[LineItem { quantity: Units::ZERO, ..line }]).is_err());
        }
    }

    #[test]
    fn a_line_says_what_was_done() {
        let told = |entry: &TimeEntry| LineItem::of_time(id(4), entry, LineTax::by_default(None)).unwrap().description.to_string();
        assert_eq!(told(&entry(150, "200", Some("Interviews,\n\tsecond round"))), "Interviews, second round");
        assert_eq!(told(&entry(20, "200", Some("A call"))), "A call (20 min at 200 an hour)");
        assert_eq!(told(&entry(60, "200", None)), "Work on 2026-11-22");
        let long = told(&entry(20, "200", Some(&"å".repeat(2000))));
        assert!(long.contains("å… (20 min") && long.chars().filter(|c| *c == 'å').count() == 439, "{long}");
    }
}
