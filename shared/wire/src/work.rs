//! Projects and tasks, as far as the client may see them: no rates, budgets, estimates or people.

use api::View;
use chrono::{DateTime, Utc};
use domain::{
    Date, SingleLine,
    ids::{ClientId, ContractId, ProjectId, TaskId},
    project::{self, Project},
    task::{self, Task},
};
use serde::Serialize;

use utoipa::ToSchema;

/// A project, in lists.
#[derive(Debug, Serialize, ToSchema, View)]
#[view(row = Project)]
pub struct ProjectView {
    id: ProjectId,
    client: ClientId,
    /// The contract that it carries out.
    contract: Option<ContractId>,
    name: SingleLine<200>,
    status: project::Status,
    start_date: Option<Date>,
    end_date: Option<Date>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A task; in lists without its description.
#[derive(Debug, Serialize, ToSchema, View)]
#[view(row = Task)]
pub struct TaskView {
    id: TaskId,
    project: ProjectId,
    client: ClientId,
    title: SingleLine<200>,
    status: task::Status,
    due_date: Option<Date>,
    /// Its place among the tasks of its status: the lowest comes first.
    position: i32,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}
