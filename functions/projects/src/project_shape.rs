//! Projects, as the firm's people see them.

use api::{
    Answer, Problem, Shape,
    shapes::{ProjectView, RateOut, price},
};
use chrono::{DateTime, Utc};
use domain::{
    Currency, Date, Money, MultiLine, Quantity, Time,
    project::{Budget, Direction, Increment, Member, Project, sum},
    user::UserId,
};
use http::StatusCode;
use serde::Serialize;
use store::{Record, RunningTotals};
use utoipa::ToSchema;

/// A project, in lists.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProjectSummary {
    #[serde(flatten)]
    view: ProjectView,
    /// What its time is billed in.
    currency: Currency,
    budget_hours: Option<Quantity>,
    /// A decimal, in `currency`, as all amounts.
    budget_amount: Option<String>,
    /// To how many minutes time is rounded for billing.
    billing_increment: Increment,
    billing_rounding: Direction,
    /// Whether its time has to be approved before it is billed.
    requires_approval: bool,
    /// Who answers for it.
    manager: Option<UserId>,
}

/// A project.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Project)]
pub(crate) struct ProjectOut {
    #[serde(flatten)]
    summary: ProjectSummary,
    description: Option<MultiLine<10000>>,
    /// What an hour on it costs today, where neither task nor person says otherwise.
    hourly_rate: Option<String>,
    /// What an hour on it costs, by the day from which on.
    rates: Vec<RateOut>,
    members: Vec<MemberOut>,
    /// The hours that were worked on it.
    used_hours: String,
    /// What these cost the client.
    used_amount: String,
    /// The hours that are left of the budget; less than none where more were worked.
    left_hours: Option<String>,
    /// What is left of the budget.
    left_amount: Option<String>,
    /// The hours that it will have taken on its last day, if it goes on as it went.
    forecast_hours: Option<String>,
    /// When it was archived.
    archived_at: Option<DateTime<Utc>>,
}

/// Somebody who works on a project.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProjectMember)]
struct MemberOut {
    user: UserId,
    /// What their hour costs on it; the project's rates hold where there is none.
    rates: Vec<RateOut>,
}

impl Shape for ProjectSummary {
    type Of = Project;
    const PATH: &'static str = "/api/projects/projects/";

    fn shape(record: &Record<Project>, _: Time) -> Self {
        Self {
            view: record.into(),
            currency: record.currency,
            budget_hours: record.budget_hours,
            budget_amount: record.budget_amount.map(Money::to_decimal_string),
            billing_increment: record.rounding.increment,
            billing_rounding: record.rounding.direction,
            requires_approval: record.requires_approval,
            manager: record.manager,
        }
    }
}

impl ProjectOut {
    /// `record` with the sums beside it, as it stands at `now`.
    pub(crate) fn new(record: &Record<Project>, totals: &RunningTotals, now: Time) -> Self {
        let today = Date::today(now);
        let budget = record.budget(totals.get(sum::MINUTES), totals.get(sum::BILLABLE), today);
        let Budget { used_hours, used_amount, left_hours, left_amount, forecast_hours } = budget;
        let member = |Member { user, rates }: &Member| MemberOut { user: *user, rates: RateOut::of(rates, record.currency) };
        Self {
            summary: ProjectSummary::shape(record, now),
            description: record.description.clone(),
            hourly_rate: record.rates.on(today).map(|rate| price(rate, record.currency)),
            rates: RateOut::of(&record.rates, record.currency),
            members: record.members.iter().map(member).collect(),
            used_hours: format!("{used_hours:.2}"),
            used_amount: used_amount.to_decimal_string(),
            left_hours: left_hours.map(|hours| format!("{hours:.2}")),
            left_amount: left_amount.map(Money::to_decimal_string),
            forecast_hours: forecast_hours.map(|hours| format!("{hours:.2}")),
            archived_at: record.archived_at,
        }
    }

    /// 200 with `record`.
    pub(crate) fn answer(record: &Record<Project>, totals: &RunningTotals, now: Time) -> Result<Answer, Problem> {
        Ok(Answer::json(StatusCode::OK, &Self::new(record, &totals, now))?.version(record.version))
    }
}
