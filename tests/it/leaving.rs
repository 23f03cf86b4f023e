//! Who leaves a firm or a portal, and what becomes of what they had still to do.

use domain::access::Role;
use http::Method;
use serde_json::{Value, json};
use tests::{Answer, Firm, TestApp, User};

use crate::steps::{column, login, refresh, together};

async fn task(firm: &Firm<'_>, project: &str, more: Value) -> String {
    let mut body = json!({"project": project, "title": "Interview importers"});
    body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
    firm.owner.post("/api/projects/tasks/", body).await.expect(201).id()
}

async fn project(firm: &Firm<'_>) -> String {
    let client = firm.owner.post("/api/clients/clients/", json!({"company_name": "Acme Corp"})).await.expect(201).id();
    firm.owner.post("/api/projects/projects/", json!({"client": client, "name": "Market study"})).await.expect(201).id()
}

/// What `user` has still to do, as their colleagues see it, by what is due first.
async fn open(firm: &Firm<'_>, user: &str) -> Vec<String> {
    let list = format!("/api/projects/users/{user}/open-tasks/?ordering=created");
    column(&firm.owner.get(list).await.expect(200), "id").into_iter().map(str::to_owned).collect()
}

async fn hand_over(firm: &Firm<'_>, from: &str, to: &str) -> Answer {
    firm.owner.post(format!("/api/auth/users/{from}/hand-over/"), json!({"to": to})).await
}

async fn leave(user: &User<'_>) -> Answer {
    user.post("/api/auth/me/leave/", json!({})).await
}

#[tokio::test]
async fn what_somebody_has_still_to_do_is_handed_over_in_one_call() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let [ann, bo, cy] = [firm.member(Role::Consultant).await, firm.member(Role::Consultant).await, firm.member(Role::Consultant).await];
    let project = project(&firm).await;
    let late = task(&firm, &project, json!({"assignee": ann.id, "due_date": "2027-03-05"})).await;
    let soon = task(&firm, &project, json!({"assignee": ann.id, "due_date": "2027-02-05"})).await;
    let never = task(&firm, &project, json!({"assignee": ann.id})).await;
    let [done, archived, others] = [
        task(&firm, &project, json!({"assignee": ann.id})).await,
        task(&firm, &project, json!({"assignee": ann.id})).await,
        task(&firm, &project, json!({"assignee": cy.id})).await,
    ];
    firm.owner.post(format!("/api/projects/tasks/{done}/move/"), json!({"to": "done"})).await.expect(200);
    firm.owner.delete(format!("/api/projects/tasks/{archived}/")).await.expect(204);
    assert_eq!(open(&firm, &ann.id).await, [soon.as_str(), &late, &never]);
    firm.owner.post(format!("/api/auth/users/{}/deactivate/", ann.id), json!({})).await.expect(200);
    assert_eq!(hand_over(&firm, &ann.id, &bo.id).await.expect(200).text("/handed_over_to"), bo.id);
    app.deliver().await;
    assert_eq!(open(&firm, &bo.id).await, [soon.as_str(), &late, &never]);
    assert_eq!((open(&firm, &ann.id).await, open(&firm, &cy.id).await), (vec![], vec![others]));
    for (task, assignee) in [(done, &ann.id), (archived, &ann.id)] {
        assert_eq!(firm.owner.get(format!("/api/projects/tasks/{task}/")).await.expect(200).text("/assignee"), *assignee);
    }
    let history = firm.owner.get(format!("/api/projects/tasks/{soon}/history/")).await.expect(200);
    assert_eq!(history.text("/results/0/event"), "task.updated");
    // What they get later is handed over by another call, and to nobody who is gone.
    assert!(hand_over(&firm, &bo.id, &ann.id).await.expect(422).json["errors"]["to"].is_array());
    hand_over(&firm, &bo.id, &bo.id).await.expect(422);
    hand_over(&firm, &bo.id, &app.firm().await.owner.id).await.expect(422);
    app.deliver().await;
    assert_eq!(open(&firm, &bo.id).await, [soon.as_str(), &late, &never]);
}

#[tokio::test]
async fn more_than_a_transaction_takes_is_handed_over_too() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let [ann, bo] = [firm.member(Role::Consultant).await, firm.member(Role::Consultant).await];
    let project = project(&firm).await;
    for _ in 0..90 {
        task(&firm, &project, json!({"assignee": ann.id})).await;
    }
    hand_over(&firm, &ann.id, &bo.id).await.expect(200);
    app.deliver().await;
    let count = async |user: &str| {
        let list = format!("/api/projects/users/{user}/open-tasks/?limit=100");
        column(&firm.owner.get(list).await.expect(200), "id").len()
    };
    assert_eq!((count(&ann.id).await, count(&bo.id).await), (0, 90));
}

#[tokio::test]
async fn who_is_gone_by_then_is_handed_nothing_and_the_firm_sees_that() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let [ann, bo] = [firm.member(Role::Consultant).await, firm.member(Role::Consultant).await];
    let project = project(&firm).await;
    let task = task(&firm, &project, json!({"assignee": ann.id})).await;
    hand_over(&firm, &ann.id, &bo.id).await.expect(200);
    firm.owner.post(format!("/api/auth/users/{}/deactivate/", bo.id), json!({})).await.expect(200);
    app.deliver().await;
    assert_eq!(open(&firm, &ann.id).await, [task]);
    let undelivered = firm.owner.get("/api/auth/firm/undelivered/").await.expect(200);
    assert!(undelivered.text("/results/0/reason").contains("deactivated"));
}

#[tokio::test]
async fn who_leaves_is_out_there_and_nowhere_else() {
    let app = TestApp::unlimited().await;
    let (north, south) = (app.firm().await, app.firm().await);
    let bo = north.member(Role::Manager).await;
    let body = json!({"name": "Bo", "email": bo.email, "role": "consultant"});
    let there = south.owner.post("/api/auth/users/", body).await.expect(201).id();
    let body = json!({"token": south.link(&there, &bo.email, 1), "password": tests::PASSWORD});
    app.post("/api/auth/activate/", body).send().await.expect(200);
    leave(&bo).await.expect(204);
    assert_eq!(bo.get("/api/crm/leads/").await.status, 401);
    refresh(&app, &bo.refresh).await.expect(401);
    let shown = north.owner.get(format!("/api/auth/users/{}/", bo.id)).await.expect(200);
    assert_eq!(shown.text("/status"), "deactivated");
    let elsewhere = login(&app, &bo.email).await.expect(200);
    assert_eq!((elsewhere.text("/memberships/0/firm"), elsewhere.json.pointer("/memberships/1")), (south.id.clone(), None));
    // An invitation lets them in again.
    north.owner.post(format!("/api/auth/users/{}/invite/", bo.id), json!({})).await.expect(200);
}

#[tokio::test]
async fn a_clients_person_leaves_the_portal() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let portal = firm.portal().await;
    leave(&portal.user).await.expect(204);
    portal.user.get("/api/auth/me/").await.expect(401);
    login(&app, &portal.user.email).await.expect(401);
}

#[tokio::test]
async fn an_owner_does_not_leave_also_when_they_become_one_at_that_moment() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    leave(&firm.owner).await.expect(409);
    let bo = firm.member(Role::Manager).await;
    let body = json!({"user": bo.id});
    let calls = vec![
        firm.owner.call(Method::POST, "/api/auth/firm/transfer-ownership/").json(body),
        bo.call(Method::POST, "/api/auth/me/leave/").json(json!({})),
    ];
    let [handed, left] = together(calls).await.try_into().ok().unwrap();
    // Whoever of them may still sign in sees one who does, and owns it.
    let by = if left.status == 204 { &firm.owner } else { &bo };
    let shown = by.anew().await.get("/api/auth/users/").await.expect(200);
    let owners: Vec<_> = shown.json["results"].as_array().unwrap().iter().filter(|user| user["role"] == "owner").collect();
    assert_eq!((owners.len(), &owners[0]["status"]), (1, &json!("active")), "{} {}", handed.status, left.status);
}
