//! Projects, as the firm's people see them.

use api::{Answer, Decimal, Listed, Problem, Shape, View};
use chrono::{DateTime, Utc};
use domain::{
    Currency, MultiLine, Quantity, Time,
    firm::Firm,
    ids::UserId,
    project::{Budget, Direction, Increment, Member, Project, sum},
};
use http::StatusCode;
use serde::Serialize;
use store::{Record, RunningTotals};
use utoipa::ToSchema;
use wire::{ProjectView, RateOut, price};

/// A project, in lists.
#[derive(Debug, Serialize, ToSchema, View)]
#[view(row = Project)]
pub(crate) struct ProjectSummary {
    #[serde(flatten)]
    #[view(Listed::listed(it, now))]
    view: ProjectView,
    /// What its time is billed in.
    currency: Currency,
    budget_hours: Option<Quantity>,
    /// In `currency`, as all amounts.
    #[view(it.budget_amount.map(Decimal::from))]
    budget_amount: Option<Decimal>,
    /// To how many minutes time is rounded for billing.
    #[view(it.rounding.increment)]
    billing_increment: Increment,
    #[view(it.rounding.direction)]
    billing_rounding: Direction,
    /// Whether its time has to be approved before it is billed.
    requires_approval: bool,
    /// Who answers for it.
    manager: Option<UserId>,
}

/// A project, without what others logged on it.
#[derive(Debug, Serialize, ToSchema, View)]
#[view(record = Project, path = "/api/projects/projects/")]
pub(crate) struct ProjectDetails {
    #[serde(flatten)]
    #[view(Listed::listed(&it.row(), now))]
    summary: ProjectSummary,
    description: Option<MultiLine<10000>>,
    /// What an hour on it costs, by the day from which on.
    #[view(RateOut::of(&it.rates, it.currency))]
    rates: Vec<RateOut>,
    #[view(it.members.iter().map(|member| MemberOut::new(member, it.currency)).collect())]
    members: Vec<MemberOut>,
    /// When it was archived.
    archived_at: Option<DateTime<Utc>>,
}

/// A project, and how it stands to its budget.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Project)]
pub(crate) struct ProjectOut {
    #[serde(flatten)]
    details: ProjectDetails,
    /// What an hour on it costs today, by the firm's day, where neither task nor person says otherwise.
    hourly_rate: Option<Decimal>,
    /// The hours that were worked on it.
    used_hours: Decimal,
    /// What these cost the client.
    used_amount: Decimal,
    /// The hours that are left of the budget; less than none where more were worked.
    left_hours: Option<Decimal>,
    /// What is left of the budget.
    left_amount: Option<Decimal>,
    /// The hours that it will have taken on its last day, if it goes on as it went.
    forecast_hours: Option<Decimal>,
}

/// Somebody who works on a project.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProjectMember)]
struct MemberOut {
    user: UserId,
    /// What their hour costs on it; the project's rates hold where there is none.
    rates: Vec<RateOut>,
}

impl MemberOut {
    fn new(Member { user, rates }: &Member, currency: Currency) -> Self {
        Self { user: *user, rates: RateOut::of(rates, currency) }
    }
}

impl ProjectOut {
    /// `record` with the sums beside it, as it stands at `now` where `firm` is.
    pub(crate) fn new(record: &Record<Project>, totals: &RunningTotals, firm: &Firm, now: Time) -> Self {
        let today = firm.time_zone.day(now);
        let budget = record.budget(totals.get(sum::MINUTES), totals.get(sum::BILLABLE), today);
        let Budget { used_hours, used_amount, left_hours, left_amount, forecast_hours } = budget;
        Self {
            details: ProjectDetails::shape(record, now),
            hourly_rate: record.rates.on(today).map(|rate| price(rate, record.currency)),
            used_hours: Decimal::hours(used_hours),
            used_amount: used_amount.into(),
            left_hours: left_hours.map(Decimal::hours),
            left_amount: left_amount.map(Into::into),
            forecast_hours: forecast_hours.map(Decimal::hours),
        }
    }

    /// 200 with `record`.
    pub(crate) fn answer(record: &Record<Project>, totals: &RunningTotals, firm: &Firm, now: Time) -> Result<Answer<Self>, Problem> {
        Ok(Answer::json(StatusCode::OK, &Self::new(record, totals, firm, now))?.version(record.version))
    }
}
