//! Projects and tasks, as far as the client may see them: no rates, budgets, estimates or people.

use chrono::{DateTime, Utc};
use domain::{
    Date, SingleLine,
    client::ClientId,
    contract::ContractId,
    project::{self, Project, ProjectId},
    task::{self, Task, TaskId},
};
use serde::Serialize;
use store::Record;
use utoipa::ToSchema;

/// A project, in lists.
#[derive(Debug, Serialize, ToSchema)]
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
#[derive(Debug, Serialize, ToSchema)]
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

impl From<&Record<Project>> for ProjectView {
    fn from(record: &Record<Project>) -> Self {
        Self {
            id: record.id,
            client: record.client,
            contract: record.contract,
            name: record.name.clone(),
            status: record.status,
            start_date: record.start_date,
            end_date: record.end_date,
            created_at: record.created_at,
            updated_at: record.updated_at,
        }
    }
}

impl From<&Record<Task>> for TaskView {
    fn from(record: &Record<Task>) -> Self {
        Self {
            id: record.id,
            project: record.project,
            client: record.client,
            title: record.title.clone(),
            status: record.status,
            due_date: record.due_date,
            position: record.position,
            created_at: record.created_at,
            updated_at: record.updated_at,
        }
    }
}
