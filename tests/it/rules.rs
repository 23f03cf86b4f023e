//! A rule that holds when something is created holds when it is changed: by the same field, for every resource that can
//! be changed.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::{Document, TestApp};

fn long(most: usize) -> String {
    "å".repeat(most + 1)
}

/// `base` with the fields of `more`.
fn with(base: &Value, more: &Value) -> Value {
    let mut body = base.clone();
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[tokio::test]
async fn what_is_refused_when_something_is_created_is_refused_when_it_is_changed() {
    let app = TestApp::unlimited().await;
    let (firm, other) = (app.firm().await, app.firm().await);
    let owner = &firm.owner;
    let client = owner.post("/api/clients/clients/", json!({"company_name": "Acme Corp"})).await.expect(201).id();
    let another = owner.post("/api/clients/clients/", json!({"company_name": "Beta Ltd"})).await.expect(201).id();
    let contract = owner.post("/api/crm/contracts/", json!({"client": another, "title": "Audit"})).await.expect(201).id();
    let prospect = firm.prospect().await;
    let project = json!({"client": client, "name": "Market study", "currency": "EUR", "hourly_rate": "200"});
    let project = owner.post("/api/projects/projects/", project).await.expect(201).id();
    let in_yen = json!({"client": client, "name": "Yen", "currency": "JPY", "hourly_rate": "200"});
    let in_yen = owner.post("/api/projects/projects/", in_yen).await.expect(201).id();
    let foreign_task = owner.post("/api/projects/tasks/", json!({"project": in_yen, "title": "Translate"})).await.expect(201).id();
    let gone = firm.member(domain::access::Role::Consultant).await.id;
    owner.post(format!("/api/auth/users/{gone}/deactivate/"), json!({})).await.expect(200);

    let backwards = json!({"start_date": "2027-02-01", "end_date": "2027-01-31"});
    let tomorrow = (app.clock.now().date_naive() + chrono::Days::new(1)).to_string();
    let line = |more: Value| json!({"line_items": [with(&json!({"description": "Work", "quantity": "1", "unit_price": "1"}), &more)]});
    let card = |rate: &str| json!([{"hourly_rate": rate}]);
    let twice = json!([{"from": "2027-01-01", "hourly_rate": "1"}, {"from": "2027-01-01", "hourly_rate": "2"}]);
    let contact = [
        (json!({"company_name": long(200)}), "company_name"),
        (json!({"contact_name": long(200)}), "contact_name"),
        (json!({"phone": long(40)}), "phone"),
        (json!({"email": "ann"}), "email"),
        (json!({"language": "fr"}), "language"),
    ];
    let contact_and = |more: Vec<(Value, &'static str)>| contact.iter().cloned().chain(more).collect::<Vec<_>>();
    let copies: Vec<String> = (0..6).map(|n| format!("{n}@acme.example")).collect();
    let unknown = "01kanar9g00000000000000007";

    let of_each = [
        (
            "/api/crm/leads/",
            json!({"company_name": "Acme Corp"}),
            contact_and(vec![
                (json!({"source": long(60)}), "source"),
                (json!({"notes": long(10_000)}), "notes"),
                (json!({"campaign": format!("camp_{unknown}")}), "campaign"),
            ]),
        ),
        (
            "/api/crm/campaigns/",
            json!({"name": "Spring fair"}),
            vec![
                (json!({"name": long(200)}), "name"),
                (backwards.clone(), "end_date"),
                (json!({"budget": "0.005"}), "budget"),
                (json!({"budget": "0.5", "currency": "JPY"}), "budget"),
                (json!({"notes": long(10_000)}), "notes"),
            ],
        ),
        (
            "/api/crm/prospects/",
            json!({"company_name": "Acme Corp"}),
            contact_and(vec![
                (json!({"estimated_value": "0.005"}), "estimated_value"),
                (json!({"estimated_value": "0.5", "currency": "JPY"}), "estimated_value"),
                (json!({"notes": long(10_000)}), "notes"),
            ]),
        ),
        (
            "/api/crm/proposals/",
            json!({"prospect": prospect, "total_value": "1"}),
            vec![
                (json!({"title": long(200)}), "title"),
                (json!({"total_value": "0.005"}), "total_value"),
                (json!({"total_value": "0.5", "currency": "JPY"}), "total_value"),
                (with(&line(json!({})), &json!({"total_value": "2"})), "total_value"),
                (json!({"terms": long(20_000)}), "terms"),
                (json!({"valid_until": "2027-02-29"}), "valid_until"),
            ],
        ),
        (
            "/api/crm/contracts/",
            json!({"client": client, "title": "Market study"}),
            vec![
                (json!({"title": long(200)}), "title"),
                (backwards.clone(), "end_date"),
                (json!({"value": "0.005"}), "value"),
                (json!({"value": "0.5", "currency": "JPY"}), "value"),
                (json!({"terms": long(50_000)}), "terms"),
            ],
        ),
        (
            "/api/clients/clients/",
            json!({"company_name": "Acme Corp"}),
            contact_and(vec![
                (json!({"website": long(300)}), "website"),
                (json!({"industry": long(100)}), "industry"),
                (json!({"billing_email": "billing"}), "billing_email"),
                (json!({"cc": ["bo"]}), "cc[0]"),
                (json!({"cc": ["bo@acme.example", "BO@acme.example"]}), "cc"),
                (json!({"cc": copies}), "cc"),
            ]),
        ),
        (
            "/api/clients/engagements/",
            json!({"client": client, "title": "Retainer"}),
            vec![
                (json!({"title": long(200)}), "title"),
                (backwards.clone(), "end_date"),
                (json!({"value": "0.005"}), "value"),
                (json!({"value": "0.5", "currency": "JPY"}), "value"),
                (json!({"notes": long(10_000)}), "notes"),
            ],
        ),
        (
            "/api/clients/portal-users/",
            json!({"client": client, "name": "Ann", "email": "ann@acme.example"}),
            vec![(json!({"name": long(200)}), "name"), (json!({"rights": {"see": false}}), "rights")],
        ),
        (
            "/api/projects/projects/",
            json!({"client": client, "name": "Market study"}),
            vec![
                (json!({"name": long(200)}), "name"),
                (json!({"description": long(10_000)}), "description"),
                (backwards, "end_date"),
                (json!({"hourly_rate": "0.005"}), "hourly_rate"),
                (json!({"rates": card("0.005")}), "rates[0].hourly_rate"),
                (json!({"rates": twice}), "rates"),
                (json!({"rates": card("1"), "hourly_rate": "2"}), "hourly_rate"),
                (json!({"budget_hours": "1.00001"}), "budget_hours"),
                (json!({"budget_amount": "0.005"}), "budget_amount"),
                (json!({"billing_increment": 7}), "billing_increment"),
                (json!({"contract": contract}), "contract"),
                (json!({"contract": format!("contract_{unknown}")}), "contract"),
                (json!({"manager": gone}), "manager"),
                (json!({"manager": other.owner.id}), "manager"),
            ],
        ),
        (
            "/api/projects/tasks/",
            json!({"project": project, "title": "Interviews"}),
            vec![
                (json!({"title": long(200)}), "title"),
                (json!({"description": long(10_000)}), "description"),
                (json!({"hourly_rate": "0.005"}), "hourly_rate"),
                (json!({"estimate_hours": "1.00001"}), "estimate_hours"),
                (json!({"assignee": gone}), "assignee"),
                (json!({"assignee": other.owner.id}), "assignee"),
            ],
        ),
        (
            "/api/projects/tasks/",
            json!({"project": in_yen, "title": "Interviews", "hourly_rate": "100"}),
            vec![(json!({"hourly_rate": "100.5"}), "hourly_rate")],
        ),
        (
            "/api/projects/time-entries/",
            json!({"project": project, "hours": "1"}),
            vec![
                (json!({"hours": "0"}), "hours"),
                (json!({"hours": "24.01"}), "hours"),
                (json!({"date": tomorrow}), "date"),
                (json!({"date": "2020-01-01"}), "date"),
                (json!({"hourly_rate": "0.005"}), "hourly_rate"),
                (json!({"hourly_rate": "1000000000000", "hours": 2}), "hourly_rate"),
                (json!({"description": long(2000)}), "description"),
                (json!({"task": foreign_task}), "task"),
            ],
        ),
        (
            "/api/finance/invoices/",
            json!({"client": client, "currency": "EUR"}),
            vec![
                (json!({"address": {"line1": long(200), "city": "Stockholm", "country": "SE"}}), "address.line1"),
                (json!({"reference": long(100)}), "reference"),
                (json!({"memo": long(2000)}), "memo"),
                (json!({"notes": long(5000)}), "notes"),
                (line(json!({"quantity": "-1"})), "line_items"),
                (line(json!({"description": long(500)})), "line_items[0].description"),
                (line(json!({"tax_rate": "100.1"})), "line_items[0].tax_rate"),
                (line(json!({"tax_category": "exempt", "tax_rate": "19"})), "line_items[0].tax_rate"),
                (line(json!({"quantity": "1000000000000", "unit_price": "1000000000000"})), "line_items[0]"),
                (json!({"line_items": vec![json!({"description": "x", "quantity": 1, "unit_price": 1}); 201]}), "line_items"),
                (json!({"discount": {"amount": "1"}}), "discount"),
                (json!({"discount": {"amount": "0.005"}}), "discount"),
                (json!({"discount": {}}), "discount"),
                (json!({"issue_date": tomorrow}), "issue_date"),
                (json!({"issue_date": "2020-01-01"}), "issue_date"),
                (json!({"due_date": "2020-01-01"}), "due_date"),
                (json!({"due_date": "2199-12-31"}), "due_date"),
            ],
        ),
        (
            "/api/auth/users/",
            json!({"name": "Bo", "email": "bo@north.example", "role": "consultant"}),
            vec![(json!({"name": long(200)}), "name"), (json!({"role": "emperor"}), "role")],
        ),
    ];
    let swept: BTreeSet<&str> = of_each.iter().map(|(path, _, _)| *path).collect();
    assert_eq!(swept, Document::of_routers().lists_of_what_can_be_changed(), "every resource that can be changed has its rules here");
    for (path, base, rules) in of_each {
        let created = owner.post(path, base.clone()).await.expect(201);
        let record = format!("{path}{}/", created.id());
        let before = app.moment();
        for (rule, field) in rules {
            assert_eq!(owner.post(path, with(&base, &rule)).await.expect(422).fields(), [field], "POST {path} {rule}");
            assert_eq!(owner.patch(&record, rule.clone()).await.expect(422).fields(), [field], "PATCH {path} {rule}");
        }
        assert_eq!(app.changed_since(&before), [], "{path}: what was refused changed something");
    }
}

#[tokio::test]
async fn time_can_be_logged_on_a_task_at_whatever_rate_it_was_given() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let project = crate::projects::project(&firm, json!({})).await.id();
    let task = firm.owner.post("/api/projects/tasks/", json!({"project": project, "title": "Interviews"})).await.expect(201).id();
    let path = format!("/api/projects/tasks/{task}/");
    firm.owner.patch(&path, json!({"hourly_rate": "150.005"})).await.expect(422);
    for rate in ["150.05", "0", "150"] {
        firm.owner.patch(&path, json!({"hourly_rate": rate})).await.expect(200);
        let entry = json!({"project": project, "task": task, "hours": "1"});
        let logged = firm.owner.post("/api/projects/time-entries/", entry).await.expect(201);
        assert_eq!(logged.text("/hourly_rate").parse::<f64>().unwrap(), rate.parse::<f64>().unwrap());
    }
}
