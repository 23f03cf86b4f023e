//! How much of a project's budget is used, is left, and will be used by its end if it goes on as it went.

use rust_decimal::{Decimal, RoundingStrategy};

use super::Project;
use crate::{Date, Money};

/// What is summed up beside a project, by name.
pub mod sum {
    /// All time, raw, in minutes.
    pub const MINUTES: &str = "minutes";
    /// What billable time comes to, in minor units of the project's currency.
    pub const BILLABLE: &str = "billable";
}

/// How a project stands to its budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// The hours that were worked.
    pub used_hours: Decimal,
    /// What they cost the client.
    pub used_amount: Money,
    /// The hours that are left, less than none where more were worked; nothing without a budget of hours.
    pub left_hours: Option<Decimal>,
    /// The money that is left; nothing without a budget of money.
    pub left_amount: Option<Money>,
    /// The hours that it will have taken on its last day, if it goes on as it went since its first; nothing where these
    /// days aren't known or it hasn't begun.
    pub forecast_hours: Option<Decimal>,
}

/// So many minutes as hours, with two decimals.
pub fn hours(minutes: i64) -> Decimal {
    (Decimal::from(minutes) / Decimal::from(60)).round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

impl Project {
    /// How it stands on the day `today` with so many `minutes` worked, which come to so many minor units.
    pub fn budget(&self, minutes: i64, billable: i64, today: Date) -> Budget {
        let used_hours = hours(minutes);
        let used_amount = Money::sum_of(billable, self.currency);
        let left_hours = self.budget_hours.map(|budget| budget.get() - used_hours);
        let left_amount = self.budget_amount.map(|budget| Money::sum_of(budget.minor().saturating_sub(billable), self.currency));
        let forecast_hours = self.elapsed(today).map(|(elapsed, whole)| {
            let forecast = Decimal::from(minutes) * Decimal::from(whole) / Decimal::from(elapsed) / Decimal::from(60);
            forecast.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
        });
        Budget { used_hours, used_amount, left_hours, left_amount, forecast_hours }
    }

    /// How many of its days are over on the day `today`, that one among them, and how many there are.
    fn elapsed(&self, today: Date) -> Option<(i64, i64)> {
        let (first, last) = (self.start_date?.get(), self.end_date?.get());
        let elapsed = (today.get().min(last) - first).num_days() + 1;
        (elapsed > 0).then_some((elapsed, (last - first).num_days() + 1))
    }
}
