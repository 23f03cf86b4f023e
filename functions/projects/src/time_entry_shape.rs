//! Time entries, as the firm's people see them.

use api::Shape;
use chrono::{DateTime, Utc};
use domain::{
    Currency, Date, Money, MultiLine, Time,
    client::ClientId,
    invoice::InvoiceId,
    project::{ProjectId, hours},
    task::TaskId,
    time_entry::{Status, TimeEntry, TimeEntryId},
    user::UserId,
};
use serde::Serialize;
use store::Record;
use utoipa::ToSchema;

/// A time entry.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TimeEntry)]
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
    /// The same in hours: a decimal, as all hours and amounts.
    hours: String,
    /// How many hours are billed: rounded as the project said when it was logged.
    billed_hours: String,
    /// Whether the client pays for it.
    billable: bool,
    /// What an hour costs, copied when it was logged.
    hourly_rate: Option<String>,
    billed_amount: String,
    currency: Currency,
    /// What was done; the client reads it on the invoice.
    description: Option<MultiLine<2000>>,
    status: Status,
    /// Whether it has to be approved before it is billed.
    needs_approval: bool,
    /// Why it was handed back.
    rejection: Option<MultiLine<1000>>,
    /// The invoice that bills it.
    invoice: Option<InvoiceId>,
    /// The entry that it takes back.
    reverses: Option<TimeEntryId>,
    /// The entry that takes it back.
    reversed_by: Option<TimeEntryId>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl Shape for TimeEntryOut {
    type Of = TimeEntry;
    const PATH: &'static str = "/api/projects/time-entries/";

    fn shape(record: &Record<TimeEntry>, _: Time) -> Self {
        Self {
            id: record.id,
            project: record.project,
            client: record.client,
            task: record.task,
            user: record.user,
            date: record.date,
            minutes: record.minutes,
            hours: format!("{:.2}", hours(record.minutes.into())),
            billed_hours: format!("{:.2}", hours(record.billed_minutes().into())),
            billable: record.billable,
            hourly_rate: record.hourly_rate.map(Money::to_decimal_string),
            billed_amount: record.billed_amount.to_decimal_string(),
            currency: record.currency(),
            description: record.description.clone(),
            status: record.status(),
            needs_approval: record.needs_approval,
            rejection: record.rejection.clone(),
            invoice: record.invoice,
            reverses: record.reverses,
            reversed_by: record.reversed_by,
            created_at: record.created_at,
            updated_at: record.updated_at,
        }
    }
}
