//! `/api/clients/projects/`, for the client's people: what the firm does for them, task by task.

use api::{
    Answer, App, Cx, ListQuery, NoFilter, Page, PageParams, Path, Portal, Problem, Routes, Shape, right, routes,
    shapes::{ProjectView, TaskView},
};
use domain::{
    MultiLine, Time,
    project::{Project, ProjectId},
    task::Task,
};
use http::StatusCode;
use serde::Serialize;
use store::{ListScope, Record};
use utoipa::ToSchema;

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(list_portal_projects)).routes(routes!(show_portal_project)).routes(routes!(list_portal_project_tasks))
}

/// A project, in the lists of a portal.
#[derive(Debug, Serialize, ToSchema)]
struct PortalProjectSummary {
    #[serde(flatten)]
    view: ProjectView,
}

/// A project, in a portal.
#[derive(Debug, Serialize, ToSchema)]
struct PortalProject {
    #[serde(flatten)]
    view: ProjectView,
    description: Option<MultiLine<10000>>,
}

/// A task, in a portal.
#[derive(Debug, Serialize, ToSchema)]
struct PortalTask {
    #[serde(flatten)]
    view: TaskView,
}

impl Shape for PortalProjectSummary {
    type Of = Project;
    const PATH: &'static str = "/api/clients/projects/";

    fn shape(record: &Record<Project>, _: Time) -> Self {
        Self { view: record.into() }
    }
}

impl Shape for PortalProject {
    type Of = Project;
    const PATH: &'static str = PortalProjectSummary::PATH;

    fn shape(record: &Record<Project>, _: Time) -> Self {
        Self { view: record.into(), description: record.description.clone() }
    }
}

/// List the client's projects.
#[utoipa::path(get, path = "/api/clients/projects/", tag = "portal", params(PageParams), security(("portal" = ["see"])),
    responses((status = 200, description = "A page of projects", body = Page<PortalProjectSummary>)))]
async fn list_portal_projects(cx: Cx, portal: Portal<right::See>, query: ListQuery<NoFilter>) -> Result<Answer, Problem> {
    cx.list::<PortalProjectSummary, _>(&portal, ListScope::Parent(portal.client.into()), &query).await
}

/// Show a project of the client's.
#[utoipa::path(get, path = "/api/clients/projects/{id}/", tag = "portal", params(("id" = ProjectId, Path)), security(("portal" = ["see"])),
    responses((status = 200, description = "The project", body = PortalProject)))]
async fn show_portal_project(cx: Cx, portal: Portal<right::See>, Path(id): Path<ProjectId>) -> Result<Answer, Problem> {
    cx.ok::<PortalProject>(&portal.own(cx.store.get(portal.firm(), id).await?)?)
}

/// List the tasks of a project of the client's.
#[utoipa::path(get, path = "/api/clients/projects/{id}/tasks/", tag = "portal", params(("id" = ProjectId, Path), PageParams),
    security(("portal" = ["see"])), responses((status = 200, description = "A page of tasks", body = Page<PortalTask>)))]
async fn list_portal_project_tasks(
    cx: Cx,
    portal: Portal<right::See>,
    Path(id): Path<ProjectId>,
    query: ListQuery<NoFilter>,
) -> Result<Answer, Problem> {
    let page = cx.store.list::<Task>(portal.firm(), &ListScope::Parent(id.into()), &query.page).await?;
    // All of a project's tasks are of one client; of a project without any, the project tells whose it is.
    match page.items.first().cloned() {
        Some(task) => drop(portal.own(task)?),
        None => drop(portal.own(cx.store.get(portal.firm(), id).await?)?),
    }
    Answer::json(StatusCode::OK, &query.page(&page, |task| PortalTask { view: task.into() }))
}
