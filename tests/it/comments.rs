//! What clients and the firm say to each other about tasks, and who is told of it.

use domain::access::Role;
use serde_json::{Value, json};
use tests::{Answer, Fate, Firm, NOTIFICATIONS_WAIT, PostOffice, TestApp, ministack};

/// A project with a task for the client of the firm's portal user: the project, the task.
async fn work(firm: &Firm<'_>) -> (String, String) {
    let body = json!({"client": firm.portal().await.client, "name": "Market study", "hourly_rate": "150"});
    let project = firm.owner.post("/api/projects/projects/", body).await.expect(201).id();
    let body = json!({"project": project, "title": "Interview ten importers"});
    let task = firm.owner.post("/api/projects/tasks/", body).await.expect(201).id();
    (project, task)
}

async fn say(user: &tests::User<'_>, task: &str, comment: &str) -> Answer {
    user.post("/api/clients/comments/", json!({"task": task, "comment": comment})).await
}

async fn mails(to: &str, words: &str) -> usize {
    let mails = ministack().mails().await.unwrap();
    mails.iter().filter(|mail| mail.to.iter().any(|address| address.contains(to)) && mail.text.contains(words)).count()
}

#[tokio::test]
async fn a_clients_comment_is_told_to_the_team_once_and_read_by_whoever_marks_it_first() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (project, task) = work(&firm).await;
    let (member, bystander) = (firm.member(Role::Consultant).await, firm.member(Role::Consultant).await);
    firm.owner.post(format!("/api/projects/projects/{project}/add-member/"), json!({"user": member.id})).await.expect(200);
    let portal = firm.portal().await;

    let comment = say(&portal.user, &task, "Please talk to Brunel & Sons <as well>.").await.expect(201);
    assert_eq!((comment.text("/client"), comment.text("/project")), (portal.client.clone(), project));
    assert_eq!(
        (comment.text("/author_type"), comment.text("/author"), comment.text("/author_name")),
        ("client".into(), portal.user.id.clone(), "Ann Lee".into())
    );
    assert_eq!((&comment.json["is_read_by_firm"], &comment.json["read_by"]), (&json!(false), &Value::Null));
    app.deliver().await;
    app.clock.advance(NOTIFICATIONS_WAIT);
    app.fire_timers().await;
    app.deliver().await;
    for (email, times) in [(&firm.owner.email, 1), (&member.email, 1), (&bystander.email, 0), (&portal.user.email, 0)] {
        assert_eq!(mails(email, "Brunel & Sons").await, times, "{email}");
    }

    let mark = format!("/api/clients/comments/{}/mark-read/", comment.id());
    let read = member.post(&mark, json!({})).await.expect(200);
    assert_eq!((&read.json["is_read_by_firm"], read.text("/read_by")), (&json!(true), member.id.clone()));
    assert_eq!(firm.owner.post(&mark, json!({})).await.expect(200).json, read.json);
    portal.user.post(&mark, json!({})).await.expect(403);
}

#[tokio::test]
async fn an_answer_of_the_firms_is_read_by_it_and_told_to_those_of_the_client_who_may_comment() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (_, task) = work(&firm).await;
    let portal = firm.portal().await;
    let silent = firm.colleague(&portal.client, json!({"see": true, "comment": false})).await;
    let answer = say(&firm.owner, &task, "We called them on Monday.").await.expect(201);
    assert_eq!((&answer.json["is_read_by_firm"], answer.text("/author_type")), (&json!(true), "staff".into()));
    app.deliver().await;
    app.clock.advance(NOTIFICATIONS_WAIT);
    app.fire_timers().await;
    app.deliver().await;
    for (email, times) in [(&portal.user.email, 1), (&silent.email, 0), (&firm.owner.email, 0)] {
        assert_eq!(mails(email, "on Monday").await, times, "{email}");
    }
    say(&silent, &task, "I may not.").await.expect(403);
    let seen = silent.get("/api/clients/comments/").await.expect(200);
    assert_eq!(seen.text("/results/0/id"), answer.id());
}

#[tokio::test]
async fn an_address_that_is_refused_keeps_a_comment_from_nobody_else() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let (_, task) = work(&firm).await;
    let portal = firm.portal().await;
    let mut colleagues = Vec::new();
    for _ in 0..3 {
        colleagues.push(firm.colleague(&portal.client, json!({"see": true, "comment": true})).await.email);
    }
    app.deliver_by(&post).await;
    let told = |email: &str| post.mails_to(email).iter().filter(|mail| mail.text.contains("on Monday")).count();
    // Whoever is asked first, and another.
    for refused in [&portal.user.email, &colleagues[1]] {
        post.decide(refused, Some(Fate::Refused));
    }
    post.decide(&colleagues[0], Some(Fate::NotNow));
    say(&firm.owner, &task, "We called them on Monday.").await.expect(201);
    app.deliver_by(&post).await;
    app.clock.advance(NOTIFICATIONS_WAIT);
    app.fire_timers().await;
    let outbox = app.outbox_of(&post);
    assert!(!app.deliver_to(&outbox).await);
    assert_eq!((told(&colleagues[0]), told(&colleagues[2])), (0, 1), "who can't be reached now holds up nobody either");
    post.decide(&colleagues[0], None);
    assert!(app.deliver_to(&outbox).await);
    assert_eq!(colleagues.iter().map(|email| told(email)).collect::<Vec<_>>(), [1, 0, 1]);

    let path = "/api/auth/firm/undelivered/";
    let undelivered = firm.owner.get(path).await.expect(200);
    let undelivered = undelivered.json["results"].as_array().unwrap();
    let mut addresses: Vec<_> = undelivered.iter().map(|item| item["to"].as_str().unwrap()).collect();
    addresses.sort_unstable();
    let mut expected = [portal.user.email.as_str(), &colleagues[1]];
    expected.sort_unstable();
    assert_eq!(addresses, expected);
    assert!(undelivered.iter().all(|item| item["event"] == "notification_batch.closed" && item["effect"] == "mail"), "{undelivered:#?}");
    for item in undelivered {
        post.decide(item["to"].as_str().unwrap(), None);
        firm.owner.post(format!("{path}{}/retry/", item["id"].as_str().unwrap()), json!({})).await.expect(200);
    }
    app.deliver_by(&post).await;
    assert_eq!([&portal.user.email, &colleagues[0], &colleagues[1], &colleagues[2]].map(|email| told(email)), [1; 4]);
}

#[tokio::test]
async fn another_clients_task_is_none_and_its_comments_are_not_there() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (_, task) = work(&firm).await;
    let comment = say(&firm.portal().await.user, &task, "Ours.").await.expect(201).id();
    let other = firm.another_client().await;
    let before = app.moment();
    let refused = say(&other.user, &task, "Not ours.").await.expect(422);
    assert_eq!(refused.fields(), ["task"]);
    assert_eq!(app.changed_since(&before), []);
    // As of a task or a client that isn't there.
    let nothing = other.user.get(format!("/api/clients/comments/?task={task}")).await.expect(200);
    assert_eq!(nothing.json["results"], json!([]));
    other.user.get(format!("/api/clients/comments/?client={}", firm.portal().await.client)).await.expect(404);
    other.user.get(format!("/api/clients/comments/{comment}/")).await.expect(404);
    for path in ["/api/clients/comments/".to_owned(), format!("/api/clients/comments/?client={}", other.client)] {
        assert_eq!(other.user.get(&path).await.expect(200).json["results"], json!([]), "{path}");
    }
    let staff = firm.owner.get(format!("/api/clients/comments/?task={task}")).await.expect(200);
    assert_eq!(staff.text("/results/0/id"), comment);
    firm.owner.get(format!("/api/clients/comments/?task={task}&client={}", other.client)).await.expect(422);
}

#[tokio::test]
async fn about_another_clients_task_a_client_learns_nothing_not_even_that_it_is_archived() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (_, task) = work(&firm).await;
    say(&firm.owner, &task, "For Acme's eyes only.").await.expect(201);
    let other = firm.another_client().await.user;
    let none = "task_01kanar9g00000000000000007";
    let list = async |task: &str| other.get(format!("/api/clients/comments/?task={task}")).await.expect(200).json;
    let tried = async |task: &str| say(&other, task, "Hello?").await.expect(422).json["errors"].clone();
    for _ in 0..2 {
        assert_eq!(list(&task).await, list(none).await);
        assert_eq!(tried(&task).await, tried(none).await);
        firm.owner.delete(format!("/api/projects/tasks/{task}/")).await;
    }
    // The client's own people are told.
    say(&firm.portal().await.user, &task, "Hello?").await.expect(422);
    assert_ne!(say(&firm.portal().await.user, &task, "Hello?").await.json["errors"], tried(none).await);
}
