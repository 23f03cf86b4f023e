//! Time entries, as the firm's people see them.

use api::{Decimal, View};
use chrono::{DateTime, Utc};
use domain::{
    Currency, Date, MultiLine,
    ids::{ClientId, InvoiceId, ProjectId, TaskId, TimeEntryId, UserId},
    project::hours,
    time_entry::{Status, TimeEntry},
};
use serde::Serialize;

use utoipa::ToSchema;

/// A time entry.
#[derive(Debug, Serialize, ToSchema, View)]
#[schema(as = TimeEntry)]
#[view(both = TimeEntry, path = "/api/projects/time-entries/")]
pub(crate) struct TimeEntryOut {
    id: TimeEntryId,
    project: ProjectId,
    client: ClientId,
    task: Option<TaskId>,
    /// Who worked.
    user: UserId,
    date: Date,
    /// How many minutes were worked; less than none where it takes back another entry.
    minutes: i32,
    /// The same in hours.
    #[view(Decimal::hours(hours(it.minutes.into())))]
    hours: Decimal,
    /// How many hours are billed: rounded as the project said when it was logged.
    #[view(Decimal::hours(hours(it.billed_minutes().into())))]
    billed_hours: Decimal,
    /// Whether the client pays for it.
    billable: bool,
    /// What an hour costs, copied when it was logged.
    #[view(it.hourly_rate.map(Decimal::from))]
    hourly_rate: Option<Decimal>,
    #[view(it.billed_amount.into())]
    billed_amount: Decimal,
    #[view(it.currency())]
    currency: Currency,
    /// What was done; the client reads it on the invoice.
    description: Option<MultiLine<2000>>,
    #[view(it.status())]
    status: Status,
    /// Whether it has to be approved before it is billed.
    needs_approval: bool,
    /// Why it was handed back.
    rejection: Option<MultiLine<1000>>,
    /// The invoice that bills it.
    invoice: Option<InvoiceId>,
    /// The entry that it takes back.
    #[view(it.reverses.as_ref().map(|charged| charged.entry))]
    reverses: Option<TimeEntryId>,
    /// The entry that takes it back.
    reversed_by: Option<TimeEntryId>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}
