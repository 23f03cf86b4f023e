//! `/api/clients/projects/`, for the client's people: what the firm does for them, task by task.

use api::{Answer, App, Cx, ListQuery, Listed, NoFilter, Page, Path, Portal, Problem, Routes, View, get, right, routes};
use domain::{MultiLine, ids::ProjectId, project::Project, task::Task};
use serde::Serialize;
use store::ListScope;
use utoipa::ToSchema;
use wire::{ProjectView, TaskView};

pub(crate) fn routes<R: Routes<State = App>>() -> R {
    R::default().routes(routes!(list_portal_projects)).routes(routes!(show_portal_project)).routes(routes!(list_portal_project_tasks))
}

/// A project, in a portal.
#[derive(Debug, Serialize, ToSchema, View)]
#[view(record = Project, path = "/api/clients/projects/")]
struct PortalProject {
    #[serde(flatten)]
    #[view(Listed::listed(&it.row(), now))]
    view: ProjectView,
    description: Option<MultiLine<10000>>,
}

/// List the client's projects.
///
/// Newest first, at every status, without those that the firm archived. Rates, budgets and people are the firm's own, and
/// aren't shown. There is no filter: 400.
#[get("/api/clients/projects/", tag = "portal")]
async fn list_portal_projects(
    cx: Cx,
    portal: Portal<right::See>,
    query: ListQuery<NoFilter>,
) -> Result<Answer<Page<ProjectView>>, Problem> {
    cx.list(&portal, ListScope::Parent(portal.client.into()), &query).await
}

/// Show a project of the client's.
///
/// With its description, which lists leave out; an archived one is shown too. Rates, budgets and people are the firm's own,
/// and aren't shown.
#[get("/api/clients/projects/{id}/", tag = "portal")]
async fn show_portal_project(cx: Cx, portal: Portal<right::See>, Path(id): Path<ProjectId>) -> Result<Answer<PortalProject>, Problem> {
    cx.ok(&portal.own(cx.store.get(portal.firm(), id).await?)?)
}

/// List the tasks of a project of the client's.
///
/// Newest first, whatever their places, without those that the firm archived. Who does them, estimates and rates are the
/// firm's own, and aren't shown. There is no filter: 400.
#[get("/api/clients/projects/{id}/tasks/", tag = "portal")]
async fn list_portal_project_tasks(
    cx: Cx,
    portal: Portal<right::See>,
    Path(id): Path<ProjectId>,
    query: ListQuery<NoFilter>,
) -> Result<Answer<Page<TaskView>>, Problem> {
    let page = cx.store.list::<Task>(portal.firm(), &ListScope::Parent(id.into()), &query.page).await?;
    // All of a project's tasks are of one client; of a project without any, the project tells whose it is.
    match page.items.first() {
        Some(task) => portal.owns(task.client)?,
        None => portal.owns(cx.store.get(portal.firm(), id).await?.client)?,
    }
    cx.json(&query.page(&page, |task| TaskView::listed(task, cx.now)))
}
