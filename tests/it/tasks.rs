//! Tasks: what is to be done on a project, by whom, in which order.

use domain::access::Role;
use serde_json::{Value, json};
use tests::{Answer, Firm, TestApp};

use crate::{
    projects::project,
    steps::{column, results},
};

/// A task on `project`, set up as `settings` says.
pub(crate) async fn task(firm: &Firm<'_>, project: &str, settings: Value) -> Answer {
    let mut body = json!({"project": project, "title": "Interview importers"});
    body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    firm.owner.post("/api/projects/tasks/", body).await.expect(201)
}

#[tokio::test]
async fn a_task_is_the_projects_clients_and_comes_after_those_before_it() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let project = project(&firm, json!({})).await;
    let first = task(&firm, &project.id(), json!({})).await;
    app.clock.advance(chrono::TimeDelta::seconds(2));
    let second = task(&firm, &project.id(), json!({"assignee": firm.owner.id, "estimate_hours": 8, "due_date": "2027-02-26"})).await;
    assert_eq!((first.text("/client"), first.text("/status")), (project.text("/client"), "todo".into()));
    assert!(first.json["position"].as_i64() < second.json["position"].as_i64());
    let placed = task(&firm, &project.id(), json!({"position": -4})).await;
    assert_eq!(placed.json["position"], -4);

    let path = format!("/api/projects/projects/{}/tasks/?ordering=created", project.id());
    let below = firm.owner.get(path).await.expect(200);
    assert_eq!(column(&below, "id"), [first.id(), second.id(), placed.id()]);
    assert_eq!(results(&below)[1]["assignee"], json!(firm.owner.id));
    for (query, ids) in [
        (format!("assignee={}", firm.owner.id), vec![second.id()]),
        (format!("project={}&limit=1", project.id()), vec![placed.id()]),
        ("archived=true".to_owned(), vec![]),
    ] {
        assert_eq!(column(&firm.owner.get(format!("/api/projects/tasks/?{query}")).await.expect(200), "id"), ids, "{query}");
    }
    let both = format!("/api/projects/tasks/?assignee={}&project={}", firm.owner.id, project.id());
    firm.owner.get(both).await.expect(422);
}

#[tokio::test]
async fn a_task_goes_anywhere_but_to_where_it_is() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let id = task(&firm, &project(&firm, json!({})).await.id(), json!({"position": 5})).await.id();
    let path = format!("/api/projects/tasks/{id}/move/");
    for to in ["in_progress", "blocked", "review", "done", "todo", "done"] {
        assert_eq!(firm.owner.post(&path, json!({"to": to})).await.expect(200).text("/status"), to);
    }
    assert_eq!(firm.owner.post(&path, json!({"to": "done"})).await.expect(409).text("/detail"), "The task is there already.");
    assert_eq!(firm.owner.post(&path, json!({"to": "done", "position": 6})).await.expect(200).json["position"], 6);
    for (body, status) in [(json!({"to": "gone"}), 422), (json!({"to": "todo", "position": 2_147_483_648_i64}), 400), (json!({}), 400)] {
        firm.owner.post(&path, body).await.expect(status);
    }
}

#[tokio::test]
async fn a_tasks_people_and_rates_are_checked() {
    let app = TestApp::new().await;
    let (firm, other) = (app.firm().await, app.firm().await);
    let project = project(&firm, json!({})).await.id();
    let gone = firm.member(Role::Consultant).await;
    firm.owner.post(format!("/api/auth/users/{}/deactivate/", gone.id), json!({})).await.expect(200);
    let id = task(&firm, &project, json!({})).await.id();
    for (settings, field) in [
        (json!({"assignee": gone.id}), "assignee"),
        (json!({"assignee": other.owner.id}), "assignee"),
        (json!({"estimate_hours": "-1"}), "estimate_hours"),
        (json!({"due_date": "2200-01-01"}), "due_date"),
        (json!({"title": " "}), "title"),
    ] {
        let refused = firm.owner.patch(format!("/api/projects/tasks/{id}/"), settings.clone()).await.expect(422);
        assert_eq!(refused.fields(), [field]);
        let mut body = json!({"project": project, "title": "Interviews"});
        body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        assert_eq!(firm.owner.post("/api/projects/tasks/", body).await.expect(422).fields(), [field]);
    }
    let body = json!({"project": project, "title": "Interviews", "hourly_rate": "100.005"});
    assert_eq!(firm.owner.post("/api/projects/tasks/", body).await.expect(422).fields(), ["hourly_rate"]);
}

#[tokio::test]
async fn a_task_that_is_archived_keeps_its_time_and_takes_no_more() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let project = project(&firm, json!({})).await.id();
    let id = task(&firm, &project, json!({})).await.id();
    let body = json!({"project": project, "task": id, "hours": "1.25"});
    firm.owner.post("/api/projects/time-entries/", body.clone()).await.expect(201);
    let path = format!("/api/projects/tasks/{id}/");
    app.project().await;
    assert_eq!(firm.owner.get(&path).await.expect(200).text("/logged_hours"), "1.25");
    firm.owner.delete(&path).await.expect(204);
    assert_eq!(firm.owner.get(&path).await.expect(200).text("/logged_hours"), "1.25");
    firm.owner.patch(&path, json!({"title": "II"})).await.expect(409);
    assert_eq!(firm.owner.post("/api/projects/time-entries/", body).await.expect(422).fields(), ["task"]);
}
