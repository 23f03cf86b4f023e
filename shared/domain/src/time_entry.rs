//! Time entries: who worked how long on what, and what that costs the client.
//!
//! open → submitted → approved → invoiced. The minutes that were worked stay as they are; what is billed of them is
//! rounded as the project said when they were logged, at the rate that held then: both are copied, so no later change of
//! a rate changes what was logged. What is on an invoice is corrected by a reversal and a new entry.

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use serde::{Deserialize, Serialize};

use crate::{
    Currency, Date, Money, MultiLine, Price, Quantity, Refusal, Transition, Units,
    client::OfClient,
    firm::Firm,
    ids::{ClientId, InvoiceId, ProjectId, TaskId, TimeEntryId, UserId},
    project::{Project, Rounding, hours, sum},
    task::Task,
    tax::LineTax,
};

/// How many days back time can be logged.
const MOST_DAYS: i64 = 3 * 366;
/// The most that one entry can be: a day.
const MOST_MINUTES: i32 = 24 * 60;

crate::events! {
    TimeEntry {
        /// Logged.
        Created = "time_entry.created" is Creation,
        /// Its fields were changed.
        Updated = "time_entry.updated" is Edit,
        /// Handed to somebody who may approve it.
        Submitted = "time_entry.submitted" is Change,
        /// Is as it should be.
        Approved = "time_entry.approved" is Change,
        /// Handed back.
        Rejected = "time_entry.rejected" is Change,
        /// Is on an invoice.
        Invoiced = "time_entry.invoiced" is Change,
        /// Is on no invoice any more.
        Released = "time_entry.released" is Change,
        /// Another entry takes it back.
        Reversed = "time_entry.reversed" is Change,
        /// The other entry that took it back is deleted.
        Reinstated = "time_entry.reinstated" is Change,
        /// Thrown away.
        Deleted = "time_entry.deleted" is Deletion,
    }
}

/// Where a time entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = TimeEntryStatus))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Being written.
    Open,
    /// Waits for somebody who may approve it.
    Submitted,
    /// Is as it should be.
    Approved,
    /// Is on an invoice. Never stored: it follows from the invoice that it names.
    Invoiced,
}

impl Status {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Submitted => "submitted",
            Self::Approved => "approved",
            Self::Invoiced => "invoiced",
        }
    }
}

/// Time that was charged, and is taken back by other time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charged {
    /// The entry.
    pub entry: TimeEntryId,
    /// The invoice that charged it, and goes on to.
    pub invoice: InvoiceId,
    /// At which tax.
    pub tax: LineTax,
}

/// Who worked how long on what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TimeEntry {
    /// On which project.
    pub project: ProjectId,
    /// The project's client.
    pub client: ClientId,
    /// On which of its tasks.
    pub task: Option<TaskId>,
    /// Who.
    pub user: UserId,
    /// On which day.
    pub date: Date,
    /// How many minutes; less than none where it takes back another entry.
    pub minutes: i32,
    /// How they are rounded for billing: the project's way when they were logged.
    pub rounding: Rounding,
    /// Whether the client pays for them.
    pub billable: bool,
    /// What an hour costs.
    pub hourly_rate: Option<Money>,
    /// What it costs the client: the billed hours at the rate, or nothing.
    pub billed_amount: Money,
    /// What was done; the client reads it on the invoice.
    pub description: Option<MultiLine<2000>>,
    /// Whether it has to be approved before it is billed: the project's way when it was logged.
    pub needs_approval: bool,
    /// How far it got; see [`TimeEntry::status`].
    #[serde(rename = "status")]
    pub progress: Status,
    /// Why it was handed back.
    pub rejection: Option<MultiLine<1000>>,
    /// The invoice that bills it.
    pub invoice: Option<InvoiceId>,
    /// What it takes back.
    pub reverses: Option<Charged>,
    /// The entry that takes it back.
    pub reversed_by: Option<TimeEntryId>,
}

impl OfClient for TimeEntry {
    fn client(&self) -> ClientId {
        self.client
    }
}

/// So many hours in minutes, to the nearest.
pub fn minutes(hours: Quantity) -> Result<i32, Refusal> {
    let minutes = (hours.get() * Decimal::from(60)).round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    match minutes.to_i32() {
        Some(0) => Err(Refusal::rule("hours", "A minute at least.")),
        Some(minutes) if hours.get() <= Decimal::from(24) && minutes <= MOST_MINUTES => Ok(minutes),
        Some(_) | None => Err(Refusal::rule("hours", "A day has 24.")),
    }
}

/// How many minutes a day has: what one person can have worked on it in all.
pub const DAY: i64 = MOST_MINUTES as i64;

/// That somebody can't have worked so many minutes on `date`; `field` is what would make it so.
pub fn too_long_a_day(field: &'static str, date: Date, minutes: i64) -> Refusal {
    Refusal::rule(field, format!("That would be {:.2} hours on {}; a day has 24.", hours(minutes), date.get()))
}

/// `day`, if time can be logged on it on `today`, the firm's: it isn't in the future, and not years ago.
pub fn day(day: Date, today: Date) -> Result<Date, Refusal> {
    if day < today.plus_days(-MOST_DAYS) {
        return Err(Refusal::rule("date", "Is more than three years back."));
    }
    day.not_after("date", today)
}

/// What an hour costs that `user` worked on `date`, where nobody says: what the task does, the person on the project, the
/// project or the firm, whichever comes first; the firm's rates are in its own currency alone.
pub fn rate(task: Option<&Task>, project: &Project, firm: &Firm, user: UserId, date: Date) -> Option<Price> {
    let firms = || firm.hourly_rates.on(date).filter(|_| firm.currency == project.currency);
    task.and_then(|task| task.hourly_rate).or_else(|| project.rate(user, date)).or_else(firms)
}

impl TimeEntry {
    /// The entry with what it costs, in `currency`: at its rate, which it needs if the client pays for it.
    pub fn priced(self, currency: Currency) -> Result<Self, Refusal> {
        let billed_amount = match (self.billable, self.hourly_rate) {
            (false, _) => Money::zero(currency),
            (true, None) => {
                return Err(Refusal::rule(
                    "hourly_rate",
                    "Is required where the client pays for it: none was said, and neither task, person, project nor firm had one for that day.",
                ));
            }
            (true, Some(rate)) => {
                let price = Price::new(rate.amount()).map_err(|bad| Refusal::rule("hourly_rate", bad.to_string()))?;
                let exact = Decimal::from(self.billed_minutes()).checked_mul(price.get()).map(|product| product / Decimal::from(60));
                let exact = exact.ok_or_else(|| Refusal::rule("hourly_rate", "Is beyond any sensible amount."))?;
                let rounded = exact.round_dp_with_strategy(currency.decimals(), RoundingStrategy::MidpointAwayFromZero);
                let amount = Price::new(rounded.abs()).map_err(|bad| Refusal::rule("hourly_rate", bad.to_string()))?;
                let amount = Money::new("hourly_rate", amount, currency)?;
                if rounded.is_sign_negative() { amount.negated() } else { amount }
            }
        };
        Ok(Self { billed_amount, ..self })
    }

    /// How many of its minutes are billed.
    pub fn billed_minutes(&self) -> i32 {
        if self.billable { self.rounding.billed(self.minutes) } else { 0 }
    }

    /// What it is in.
    pub fn currency(&self) -> Currency {
        self.billed_amount.currency()
    }

    /// The billed hours as an invoice's line has them.
    pub fn billed_units(&self) -> Result<Units, Refusal> {
        let hours =
            (Decimal::from(self.billed_minutes()) / Decimal::from(60)).round_dp_with_strategy(4, RoundingStrategy::MidpointAwayFromZero);
        Units::new(hours).map_err(|bad| Refusal::rule("hours", bad.to_string()))
    }

    /// Whether the client is to pay for it, and no invoice says so yet.
    pub fn is_unbilled(&self) -> bool {
        self.billable && self.invoice.is_none()
    }

    /// Where it stands.
    pub fn status(&self) -> Status {
        if self.invoice.is_some() { Status::Invoiced } else { self.progress }
    }

    /// What it adds to the sums beside its project.
    pub fn sums(&self) -> [(&'static str, i64); 2] {
        [(sum::MINUTES, self.minutes.into()), (sum::BILLABLE, self.billed_amount.minor())]
    }

    /// The entry with other fields; one that was submitted has to be submitted again.
    pub fn edit(&self, edited: Self) -> Transition<Self> {
        self.unlocked()?;
        let progress = if edited == *self { self.progress } else { Status::Open };
        Ok((Self { progress, ..edited }.priced(self.currency())?, Event::Updated))
    }

    /// Whether it can be thrown away. What takes back other time can, as long as no invoice has it: that is as before then.
    pub fn delete(&self) -> Result<Event, Refusal> {
        if self.reverses.is_none() || self.invoice.is_some() {
            self.unlocked()?;
        }
        Ok(Event::Deleted)
    }

    /// The entry handed to somebody who may approve it.
    pub fn submit(&self) -> Transition<Self> {
        match self.status() {
            Status::Open => Ok((Self { progress: Status::Submitted, rejection: None, ..self.clone() }, Event::Submitted)),
            Status::Submitted | Status::Approved | Status::Invoiced => self.past(),
        }
    }

    /// The entry once somebody found it as it should be.
    pub fn approve(&self) -> Transition<Self> {
        match self.status() {
            Status::Submitted => Ok((Self { progress: Status::Approved, ..self.clone() }, Event::Approved)),
            Status::Open => Err(Refusal::state("The time isn't submitted for approval.")),
            Status::Approved | Status::Invoiced => self.past(),
        }
    }

    /// The entry handed back, and why: it can be changed again.
    pub fn reject(&self, reason: MultiLine<1000>) -> Transition<Self> {
        match self.status() {
            Status::Submitted | Status::Approved if self.reverses.is_none() && self.reversed_by.is_none() => {
                Ok((Self { progress: Status::Open, rejection: Some(reason), ..self.clone() }, Event::Rejected))
            }
            Status::Submitted | Status::Approved => {
                Err(Refusal::state("The time takes back other time, or is taken back; it stays as it is."))
            }
            Status::Open => Err(Refusal::state("The time isn't submitted for approval.")),
            Status::Invoiced => self.past(),
        }
    }

    /// The entry once `invoice` bills it.
    pub fn bill(&self, invoice: InvoiceId) -> Transition<Self> {
        if !self.billable {
            return Err(Refusal::rule("time_entries", "The client doesn't pay for this time."));
        }
        match self.status() {
            Status::Approved => {}
            Status::Open | Status::Submitted if !self.needs_approval => {}
            Status::Open | Status::Submitted => return Err(Refusal::state("The time isn't approved yet; its project asks for that.")),
            Status::Invoiced => return self.past(),
        }
        Ok((Self { invoice: Some(invoice), ..self.clone() }, Event::Invoiced))
    }

    /// The entry once the one that took it back, `reversal`, is deleted.
    pub fn reinstate(&self, reversal: TimeEntryId) -> Transition<Self> {
        if self.reversed_by != Some(reversal) {
            return Err(Refusal::state("That time doesn't take it back."));
        }
        Ok((Self { reversed_by: None, ..self.clone() }, Event::Reinstated))
    }

    /// Whether `edited` says something else of what was worked and has to be paid: only where time can be logged.
    pub fn differs_in_work_from(&self, edited: &Self) -> bool {
        (self.minutes, self.date, self.billable) != (edited.minutes, edited.date, edited.billable)
    }

    /// The entry once no invoice bills it any more.
    pub fn release(&self) -> Transition<Self> {
        match self.invoice {
            Some(_) if self.reversed_by.is_some() => Err(Refusal::state("The time was taken back by other time; it stays on its invoice.")),
            Some(_) => Ok((Self { invoice: None, ..self.clone() }, Event::Released)),
            None => Err(Refusal::state("The time is on no invoice.")),
        }
    }

    /// The invoice that bills it, if what it bills can be taken back: what is on none can be changed.
    pub fn reversible(&self) -> Result<InvoiceId, Refusal> {
        match self.invoice {
            Some(_) if self.reverses.is_some() => Err(Refusal::state("The time takes back other time; log it anew instead.")),
            Some(_) if self.reversed_by.is_some() => Err(Refusal::state("The time was taken back already.")),
            Some(invoice) => Ok(invoice),
            None => Err(Refusal::state("The time isn't on an invoice; change or delete it.")),
        }
    }

    /// This entry, whose id is `id` and which was charged at `tax`, once another, whose id is to be `reversal`, takes it back;
    /// and that one, which can go on the next invoice.
    pub fn reverse(&self, id: TimeEntryId, reversal: TimeEntryId, tax: LineTax) -> Result<((Self, Event), Self), Refusal> {
        let charged = Charged { entry: id, invoice: self.reversible()?, tax };
        let back = Self {
            minutes: -self.minutes,
            billed_amount: self.billed_amount.negated(),
            progress: Status::Approved,
            invoice: None,
            reverses: Some(charged),
            ..self.clone()
        };
        Ok(((Self { reversed_by: Some(reversal), ..self.clone() }, Event::Reversed), back))
    }

    fn unlocked(&self) -> Result<(), Refusal> {
        match self.status() {
            Status::Open | Status::Submitted => Ok(()),
            Status::Approved if self.reverses.is_some() => Err(Refusal::state("The time takes back other time; it stays as it is.")),
            Status::Approved => Err(Refusal::state("The time is approved; it has to be handed back before it can be changed.")),
            Status::Invoiced => self.past(),
        }
    }

    fn past<T>(&self) -> Result<T, Refusal> {
        Err(Refusal::state(match (self.invoice, self.progress) {
            (Some(invoice), _) if self.reverses.is_some() => {
                format!("The time takes back other time on the invoice {invoice}: take it off a draft; where it was sent, void that.")
            }
            (Some(invoice), _) => format!(
                "The time is on the invoice {invoice}: take it off a draft; where it was sent, reverse the time, or issue a credit note."
            ),
            (None, progress) => format!("The time is {} already.", progress.as_str()),
        }))
    }
}

#[cfg(test)]
mod tests;
