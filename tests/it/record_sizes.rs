//! Records as large as they can be: what is accepted once can be changed, sent and archived ever after, and what would be
//! too large is refused when it is written, by the field that is too long.

use std::collections::BTreeSet;

use chrono::Days;
use serde_json::{Value, json};
use tests::{Document, Firm, TestApp, email};

use crate::steps::{link, results};

/// `length` letters of four bytes each, the largest that there are.
fn crabs(length: usize) -> String {
    "🦀".repeat(length)
}

/// `value` with other letters of the same size.
fn other(value: &Value) -> Value {
    serde_json::from_str(&value.to_string().replace('🦀', "🦞")).unwrap()
}

/// Lines whose descriptions come to 50,000 bytes, which is most.
fn lines() -> Value {
    let line = json!({"description": crabs(500), "quantity": "123456.789", "unit_price": "1234.56"});
    vec![line; 25].into()
}

/// The most of every field of what can be created at `path`.
struct Largest {
    path: &'static str,
    body: Value,
    /// What a PATCH can change of it.
    fields: &'static [&'static str],
    /// What can be done to it afterwards, in this order.
    actions: Vec<(&'static str, Value)>,
}

/// Every record that can be changed.
async fn largest(firm: &Firm<'_>) -> Vec<Largest> {
    let client =
        firm.owner.post("/api/clients/clients/", json!({"company_name": "Acme Corp", "email": email("ann")})).await.expect(201).id();
    let project = json!({"client": client, "name": "Study", "hourly_rate": "200.00", "requires_approval": true});
    let project = firm.owner.post("/api/projects/projects/", project).await.expect(201).id();
    let prospect = json!({"company_name": crabs(200), "contact_name": crabs(200), "email": email("ann"), "phone": crabs(40)});
    let prospect = firm.owner.post("/api/crm/prospects/", prospect).await.expect(201).id();
    let due = (firm.app.clock.now().date_naive() + Days::new(30)).to_string();
    vec![
        Largest {
            path: "/api/crm/campaigns/",
            body: json!({"name": crabs(200), "notes": crabs(10_000)}),
            fields: &["name", "notes"],
            actions: vec![("move", json!({"to": "active"}))],
        },
        Largest {
            path: "/api/crm/leads/",
            body: json!({
                "company_name": crabs(200), "contact_name": crabs(200), "phone": crabs(40), "source": crabs(60), "notes": crabs(10_000),
            }),
            fields: &["company_name", "contact_name", "phone", "source", "notes"],
            actions: vec![("move", json!({"to": "unqualified", "reason": crabs(500)}))],
        },
        Largest {
            path: "/api/crm/prospects/",
            body: json!({"company_name": crabs(200), "contact_name": crabs(200), "phone": crabs(40), "notes": crabs(10_000)}),
            fields: &["company_name", "contact_name", "phone", "notes"],
            actions: vec![("move", json!({"to": "lost", "reason": crabs(500)}))],
        },
        Largest {
            path: "/api/crm/proposals/",
            body: json!({"prospect": prospect, "title": crabs(200), "line_items": lines(), "terms": crabs(20_000)}),
            fields: &["title", "line_items", "terms"],
            actions: vec![("send", json!({})), ("accept", json!({"accepted_by": crabs(200), "note": crabs(2_000)}))],
        },
        Largest {
            path: "/api/crm/contracts/",
            body: json!({"client": client, "title": crabs(200), "terms": crabs(44_500)}),
            fields: &["title", "terms"],
            actions: vec![
                ("sign", json!({"signed_by": crabs(200)})),
                ("activate", json!({})),
                ("terminate", json!({"reason": crabs(500)})),
            ],
        },
        Largest {
            path: "/api/clients/clients/",
            body: json!({
                "company_name": crabs(200), "contact_name": crabs(200), "phone": crabs(40), "industry": crabs(100), "address": {"line1": crabs(200), "city": crabs(100), "country": "SE"},
                "cc": (0..5).map(|n| format!("{}@{n}.example", "a".repeat(64))).collect::<Vec<_>>(),
            }),
            fields: &["company_name", "contact_name", "phone", "industry", "address"],
            actions: vec![],
        },
        Largest {
            path: "/api/clients/portal-users/",
            body: json!({"client": client, "name": crabs(200), "email": email("ann")}),
            fields: &["name"],
            actions: vec![("deactivate", json!({}))],
        },
        Largest {
            path: "/api/auth/users/",
            body: json!({"name": crabs(200), "email": email("bo"), "role": "consultant"}),
            fields: &["name"],
            actions: vec![("deactivate", json!({}))],
        },
        Largest {
            path: "/api/clients/engagements/",
            body: json!({"client": client, "title": crabs(200), "notes": crabs(10_000)}),
            fields: &["title", "notes"],
            actions: vec![("complete", json!({}))],
        },
        Largest {
            path: "/api/projects/projects/",
            body: json!({"client": client, "name": crabs(200), "description": crabs(10_000)}),
            fields: &["name", "description"],
            actions: vec![("move", json!({"to": "completed"}))],
        },
        Largest {
            path: "/api/projects/tasks/",
            body: json!({"project": project, "title": crabs(200), "description": crabs(10_000)}),
            fields: &["title", "description"],
            actions: vec![("move", json!({"to": "in_progress"}))],
        },
        Largest {
            path: "/api/projects/time-entries/",
            body: json!({"project": project, "hours": "0.1", "description": crabs(2_000)}),
            fields: &["description"],
            actions: vec![
                ("submit", json!({})),
                ("reject", json!({"reason": crabs(1_000)})),
                ("submit", json!({})),
                ("approve", json!({})),
            ],
        },
        Largest {
            path: "/api/finance/invoices/",
            body: json!({
                "client": client, "address": {"line1": crabs(200), "city": crabs(100), "country": "SE"}, "reference": crabs(100), "memo": crabs(2_000), "notes": crabs(5_000),
                "line_items": lines(), "due_date": due,
            }),
            fields: &["address", "reference", "memo", "notes", "line_items"],
            actions: vec![
                ("send", json!({})),
                ("record-payment", json!({"amount": "1.00", "method": "other", "reference": crabs(100)})),
                ("mark-uncollectible", json!({"reason": crabs(2_000)})),
            ],
        },
    ]
}

/// The sequences of all events of the record at `path`, from its first on; how many pages they take.
async fn history(firm: &Firm<'_>, path: &str) -> (Vec<u64>, usize) {
    let (mut sequences, mut pages, mut at) = (Vec::new(), 0, Some(format!("{path}history/?limit=100&ordering=created")));
    while let Some(address) = at {
        let page = firm.owner.get(address).await.expect(200);
        sequences.extend(results(&page).iter().map(|event| event["sequence"].as_u64().unwrap()));
        (at, pages) = (link(&page, "next"), pages + 1);
    }
    (sequences, pages)
}

#[tokio::test]
async fn the_largest_record_of_each_kind_can_be_changed_in_every_field_and_lived_with() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (mut longest, all) = (0, largest(&firm).await);
    let swept: BTreeSet<&str> = all.iter().map(|largest| largest.path).collect();
    assert_eq!(swept, Document::of_routers().lists_of_what_can_be_changed(), "every record that can be changed is here");
    for Largest { path, body, fields, actions } in all {
        // Under a key, so that the answer is kept too.
        let create = firm.owner.call(http::Method::POST, path).json(body.clone()).header("idempotency-key", path);
        let path = format!("{path}{}/", create.send().await.expect(201).id());
        let mut events = 1;
        for field in fields {
            firm.owner.patch(&path, json!({*field: other(&body[field])})).await.expect(200);
            events += 1;
        }
        let all: Value = fields.iter().map(|field| ((*field).to_owned(), body[field].clone())).collect::<serde_json::Map<_, _>>().into();
        for all in [all.clone(), other(&all)] {
            firm.owner.patch(&path, all).await.expect(200);
            events += 1;
        }
        for (action, body) in &actions {
            let act = firm.owner.call(http::Method::POST, format!("{path}{action}/")).json(body.clone());
            act.header("idempotency-key", &format!("{path}{action}{events}")).send().await.expect(200);
            events += 1;
        }
        let (sequences, pages) = history(&firm, &path).await;
        assert_eq!(sequences, (1..=events).collect::<Vec<_>>(), "{path}");
        longest = longest.max(pages);
    }
    app.deliver().await;
    assert!(longest > 1, "some history is longer than a page");
    crate::event_log::assert_all_chains_hold(&app).await;
    // DynamoDB takes items of 409,600 bytes; no item comes near.
    let size = |item: &Value| item.to_string().len();
    let largest = app.records().into_iter().max_by_key(|(_, item)| size(item)).unwrap();
    assert!(size(&largest.1) < 390_000, "{:?} takes {} bytes", largest.0, size(&largest.1));
}

#[tokio::test]
async fn what_is_too_large_to_be_changed_once_more_is_refused_by_its_longest_field() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (client, prospect) = (firm.time().await.0, firm.prospect().await);
    let line = |description: String| json!({"description": description, "quantity": "1", "unit_price": "10.00"});
    let lines = |count: usize, description: String| Value::from(vec![line(description); count]);
    for (path, body, field) in [
        (
            "/api/crm/proposals/",
            json!({"prospect": prospect, "line_items": lines(100, crabs(500)), "terms": "a".repeat(20_000)}),
            "line_items",
        ),
        // As JSON each of these letters takes two bytes.
        (
            "/api/crm/proposals/",
            json!({"prospect": prospect, "line_items": lines(100, "\"".repeat(500)), "terms": crabs(20_000)}),
            "line_items",
        ),
        ("/api/crm/proposals/", json!({"prospect": prospect, "line_items": lines(26, crabs(500))}), "line_items"),
        ("/api/crm/contracts/", json!({"client": client, "title": "Audit", "terms": crabs(50_000)}), "terms"),
        ("/api/finance/invoices/", json!({"client": client, "line_items": lines(200, crabs(500))}), "line_items"),
        ("/api/finance/invoices/", json!({"client": client, "line_items": lines(101, "a".repeat(500))}), "line_items"),
    ] {
        let before = app.moment();
        let refused = firm.owner.post(path, body).await.expect(422);
        assert_eq!(refused.fields(), [field], "{path}");
        assert_eq!(app.changed_since(&before), []);
    }
    // A contract that is as long as it may be in letters of three bytes is taken.
    let contract = firm.owner.post("/api/crm/contracts/", json!({"client": client, "title": "Audit", "terms": "契".repeat(50_000)})).await;
    let path = format!("/api/crm/contracts/{}/", contract.expect(201).id());
    // It can't grow past what can be replaced, and stays as it is then.
    let refused = firm.owner.patch(&path, json!({"terms": crabs(50_000)})).await.expect(422);
    assert_eq!(refused.fields(), ["terms"]);
    firm.owner.patch(&path, json!({"terms": "約".repeat(50_000)})).await.expect(200);
    firm.owner.delete(&path).await.expect(204);
}

#[tokio::test]
async fn comments_and_credit_notes_take_their_longest_texts() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let client = firm.portal().await.client.clone();
    let project = firm.owner.post("/api/projects/projects/", json!({"client": client, "name": "Study"})).await.expect(201).id();
    let task = firm.owner.post("/api/projects/tasks/", json!({"project": project, "title": "Interviews"})).await.expect(201).id();
    let body = json!({"task": task, "comment": crabs(5_000)});
    let comment = firm.portal().await.user.post("/api/clients/comments/", body).await.expect(201).id();
    firm.owner.post(format!("/api/clients/comments/{comment}/mark-read/"), json!({})).await.expect(200);

    let invoice = firm.owner.post("/api/finance/invoices/", json!({"client": client, "line_items": lines()})).await.expect(201).id();
    firm.owner.post(format!("/api/finance/invoices/{invoice}/send/"), json!({})).await.expect(200);
    let note = json!({"invoice": invoice, "lines": [{"line": 0, "amount": "1.00"}], "reason": crabs(2_000)});
    let note = firm.owner.post("/api/finance/credit-notes/", note).await.expect(201).id();
    assert_eq!(history(&firm, &format!("/api/finance/credit-notes/{note}/")).await.0, [1]);
}

#[tokio::test]
async fn an_invoice_has_room_for_the_most_payments_that_it_can_have() {
    const FEW: usize = 10;
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let Some(Largest { path, body, .. }) = largest(&firm).await.pop() else { panic!("no invoice") };
    let id = firm.owner.post(path, body).await.expect(201).id();
    firm.owner.post(format!("{path}{id}/send/"), json!({})).await.expect(200);
    let size = || app.records().iter().find(|((pk, sk), _)| pk.ends_with(&id) && sk == "@").unwrap().1.to_string().len();
    let before = size();
    for _ in 0..FEW {
        let body = json!({"amount": "1.00", "method": "other", "reference": crabs(100)});
        firm.owner.post(format!("{path}{id}/record-payment/"), body).await.expect(200);
    }
    let payments = (size() - before) / FEW * domain::invoice::MOST_PAYMENTS;
    // As an item is written here it is larger than it is stored; pages to pay on take some 25,000 bytes.
    assert!(before + payments + 25_000 < 390_000, "{before} and {payments}");
    assert!(2 * payments < 390_000, "an event has them before and after");
}

#[tokio::test]
async fn a_firm_with_all_its_mail_texts_at_their_longest_writes_each_anew() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let text = json!({"subject": crabs(150), "opening": crabs(1000)});
    let listed = firm.owner.get("/api/auth/firm/mail-texts/").await.expect(200);
    let kinds = listed.json.as_object().unwrap().keys();
    let paths: Vec<String> =
        kinds.flat_map(|kind| ["en", "de"].map(|language| format!("/api/auth/firm/mail-texts/{kind}/{language}/"))).collect();
    assert_eq!(paths.len(), 10);
    for text in [text.clone(), other(&text), text] {
        for path in &paths {
            firm.owner.call(http::Method::PUT, path).json(text.clone()).send().await.expect(200);
        }
    }
    let (sequences, _) = history(&firm, "/api/auth/firm/mail-texts/").await;
    assert_eq!(sequences, (1..=30).collect::<Vec<_>>());
    app.deliver().await;
    crate::event_log::assert_all_chains_hold(&app).await;
}
