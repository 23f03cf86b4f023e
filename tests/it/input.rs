//! Bad input: each gets the problem that the design names, with every field that is wrong, and nothing changes. What
//! is bad wherever it comes (no JSON, another type, an unknown field, too large a body) the sweeps try on every route.

use http::Method;
use serde_json::{Value, json};
use tests::{Answer, Firm, TestApp, email};

use crate::steps::results;

/// One of each, and some of another firm.
struct World {
    lead: String,
    prospect: String,
    proposal: String,
    client: String,
    foreign: Box<Option<World>>,
}

impl World {
    async fn new(firm: &Firm<'_>, foreign: Option<World>) -> Self {
        let lead = firm.owner.post("/api/crm/leads/", json!({"company_name": "Acme Corp", "email": email("lead")})).await.expect(201).id();
        let proposal = firm.proposal().await;
        let prospect = firm.owner.get(format!("/api/crm/proposals/{proposal}/")).await.expect(200).text("/prospect");
        let client = firm.owner.post("/api/clients/clients/", json!({"company_name": "Acme Corp"})).await.expect(201).id();
        Self { lead, prospect, proposal, client, foreign: Box::new(foreign) }
    }

    fn foreign(&self) -> &World {
        self.foreign.as_ref().as_ref().unwrap()
    }

    /// All that a firm has, with its ETags.
    async fn snapshot(&self, firm: &Firm<'_>) -> Vec<(Option<String>, Value)> {
        let mut seen = Vec::new();
        for path in [
            "/api/crm/leads/".to_owned(),
            "/api/crm/prospects/".to_owned(),
            "/api/crm/proposals/".to_owned(),
            "/api/crm/contracts/".to_owned(),
            "/api/clients/clients/".to_owned(),
            "/api/clients/portal-users/".to_owned(),
            "/api/clients/engagements/".to_owned(),
            "/api/auth/users/".to_owned(),
            format!("/api/crm/leads/{}/", self.lead),
            format!("/api/crm/leads/{}/history/", self.lead),
            format!("/api/crm/proposals/{}/", self.proposal),
        ] {
            let answer = firm.owner.get(path).await.expect(200);
            seen.push((answer.header("etag").map(str::to_owned), answer.json));
        }
        seen
    }
}

/// That each of `cases` — where it is posted to, what, the status, the fields — is refused, and changes nothing.
async fn refuse(cases: impl Fn(&World) -> Vec<(String, Value, u16, Vec<&'static str>)>) {
    let app = TestApp::unlimited().await;
    let (firm, other) = (app.firm().await, app.firm().await);
    let world = World::new(&firm, Some(World::new(&other, None).await)).await;
    let (before, foreign) = (world.snapshot(&firm).await, world.foreign().snapshot(&other).await);
    for (path, body, status, fields) in cases(&world) {
        let (method, path) = path.split_once(' ').unwrap();
        let answer = firm.owner.call(method.parse().unwrap(), path).json(body.clone()).send().await;
        assert_eq!((answer.status.as_u16(), answer.fields()), (status, fields), "{method} {path} {body}: {:#}", answer.json);
        assert_problem(&answer);
    }
    assert_eq!(world.snapshot(&firm).await, before);
    assert_eq!(world.foreign().snapshot(&other).await, foreign);
}

#[track_caller]
fn assert_problem(answer: &Answer) {
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(answer.json["status"], answer.status.as_u16());
    for messages in answer.json["errors"].as_object().into_iter().flat_map(|errors| errors.values()) {
        assert!(messages.as_array().unwrap().iter().all(|message| message.as_str().is_some_and(|message| !message.is_empty())));
    }
}

fn post(path: &str) -> String {
    format!("POST /api/{path}/")
}

#[tokio::test]
async fn amounts_are_no_less_than_nothing_no_more_than_sense_and_no_finer_than_their_currency() {
    refuse(|world| {
        let mut cases = Vec::new();
        let amounts =
            [json!(-1), json!("-0.01"), json!("0.001"), json!(0.001), json!("1000000000000.01"), json!("9".repeat(40)), json!("1e3")];
        for amount in amounts.into_iter().chain([json!("NaN"), json!("1,50"), json!(""), json!(" 1"), json!("0x10"), json!("٣")]) {
            let prospect = json!({"company_name": "Beta", "estimated_value": amount});
            cases.push((post("crm/prospects"), prospect, 422, vec!["estimated_value"]));
            cases.push((post("crm/proposals"), json!({"prospect": world.prospect, "total_value": amount}), 422, vec!["total_value"]));
            let contract = json!({"client": world.client, "title": "T", "value": amount});
            cases.push((post("crm/contracts"), contract, 422, vec!["value"]));
            let engagement = json!({"client": world.client, "title": "T", "value": amount});
            cases.push((post("clients/engagements"), engagement, 422, vec!["value"]));
            cases.push((format!("PATCH /api/crm/proposals/{}/", world.proposal), json!({"total_value": amount}), 422, vec!["total_value"]));
        }
        for amount in [json!(true), json!([1]), json!({"amount": 1})] {
            let prospect = json!({"company_name": "Beta", "estimated_value": amount});
            cases.push((post("crm/prospects"), prospect, 400, vec!["estimated_value"]));
        }
        let in_yen = json!({"company_name": "Beta", "estimated_value": "0.5", "currency": "JPY"});
        cases.push((post("crm/prospects"), in_yen, 422, vec!["estimated_value"]));
        for currency in ["EURO", "eur", "XAU", "ZZZ", ""] {
            let prospect = json!({"company_name": "Beta", "estimated_value": "1", "currency": currency});
            cases.push((post("crm/prospects"), prospect, 422, vec!["currency"]));
        }
        cases
    })
    .await;
}

#[tokio::test]
async fn lines_are_a_hundred_at_most_each_of_sense_and_so_is_their_sum() {
    refuse(|world| {
        let line = |quantity: &str, price: &str| json!({"description": "Work", "quantity": quantity, "unit_price": price});
        let propose = |lines: Vec<Value>| json!({"prospect": world.prospect, "line_items": lines});
        let create = || post("crm/proposals");
        let patch = format!("PATCH /api/crm/proposals/{}/", world.proposal);
        let too_many = vec![line("1", "1"); 101];
        vec![
            (create(), propose(vec![]), 422, vec!["line_items"]),
            (create(), propose(too_many.clone()), 422, vec!["line_items"]),
            (patch.clone(), json!({"line_items": too_many}), 422, vec!["line_items"]),
            (patch.clone(), json!({"line_items": []}), 422, vec!["line_items"]),
            (create(), propose(vec![line("999999999999", "999999999999")]), 422, vec!["line_items[0]"]),
            (create(), propose(vec![line("1", "600000000000"), line("1", "600000000000")]), 422, vec!["line_items"]),
            (create(), propose(vec![line("1", "1"), line("-1", "1")]), 422, vec!["line_items[1].quantity"]),
            (create(), propose(vec![line("0.00001", "1")]), 422, vec!["line_items[0].quantity"]),
            (create(), propose(vec![line("1", "-0.5")]), 422, vec!["line_items[0].unit_price"]),
            (create(), propose(vec![json!({"description": "Work", "quantity": 1})]), 400, vec!["line_items[0].unit_price"]),
            (create(), propose(vec![json!({"description": " ", "quantity": 1, "unit_price": 1})]), 422, vec!["line_items[0].description"]),
            (
                create(),
                propose(vec![json!({"description": "x", "quantity": 1, "unit_price": 1, "amount": 9})]),
                400,
                vec!["line_items[0].amount"],
            ),
            (create(), json!({"prospect": world.prospect, "total_value": 2, "line_items": [line("1", "1")]}), 422, vec!["total_value"]),
            (patch.clone(), json!({"total_value": 2, "line_items": [line("1", "1")]}), 422, vec!["total_value"]),
            (create(), json!({"prospect": world.prospect}), 422, vec!["total_value"]),
            (patch, json!({"currency": "USD"}), 422, vec!["currency"]),
        ]
    })
    .await;
}

#[tokio::test]
async fn texts_have_their_bounds_and_e_mails_are_addresses() {
    refuse(|world| {
        let lead = |field: &str, value: Value| {
            let mut body = json!({"company_name": "Beta"});
            body[field] = value;
            (post("crm/leads"), body)
        };
        let mut cases = Vec::new();
        for (field, longest) in [("company_name", 200), ("contact_name", 200), ("phone", 40), ("source", 60), ("notes", 10_000)] {
            let ((path, long), (_, blank)) = (lead(field, json!("å".repeat(longest + 1))), lead(field, json!(" \t ")));
            cases.push((path.clone(), long, 422, vec![field]));
            cases.push((path.clone(), blank, 422, vec![field]));
            cases.push((path.clone(), lead(field, json!("nul\0")).1, 422, vec![field]));
            cases.push((path, lead(field, json!(5)).1, 400, vec![field]));
            let patch = format!("PATCH /api/crm/leads/{}/", world.lead);
            cases.push((patch, json!({field: "å".repeat(longest + 1)}), 422, vec![field]));
        }
        for address in ["ann", "ann@", "@acme.example", "a b@acme.example", "ann@acme.example\r\nBcc: x@y.example", &"a".repeat(300)] {
            let (path, body) = lead("email", json!(address));
            cases.push((path, body, 422, vec!["email"]));
        }
        cases
    })
    .await;
}

#[tokio::test]
async fn an_id_in_a_body_names_a_record_of_the_firm_and_of_its_kind() {
    refuse(|world| {
        let foreign = world.foreign();
        let unknown = "01kanar9g00000000000000007";
        let bad = |own: &str, prefix: &str, foreign: &str| {
            let (own, shouted) = (json!(own), json!(foreign.to_uppercase()));
            [json!("nonsense"), json!(""), json!(format!("{prefix}_{unknown}")), json!(foreign), own, shouted]
        };
        let mut cases = Vec::new();
        for id in bad(&world.lead, "prospect", &foreign.prospect) {
            cases.push((post("crm/proposals"), json!({"prospect": id, "total_value": 1}), 422, vec!["prospect"]));
        }
        for id in bad(&world.prospect, "lead", &foreign.lead) {
            cases.push((post("crm/prospects"), json!({"lead": id}), 422, vec!["lead"]));
        }
        for id in bad(&world.prospect, "client", &foreign.client) {
            cases.push((post("crm/contracts"), json!({"client": id, "title": "T"}), 422, vec!["client"]));
            cases.push((post("clients/engagements"), json!({"client": id, "title": "T"}), 422, vec!["client"]));
            let person = json!({"client": id, "name": "Bea", "email": "bea@acme.example"});
            cases.push((post("clients/portal-users"), person, 422, vec!["client"]));
        }
        for id in bad(&world.prospect, "prop", &foreign.proposal) {
            cases.push((post("crm/contracts"), json!({"client": world.client, "proposal": id, "title": "T"}), 422, vec!["proposal"]));
        }
        cases.push((post("crm/proposals"), json!({"prospect": 7, "total_value": 1}), 400, vec!["prospect"]));
        cases
    })
    .await;
}

#[tokio::test]
async fn an_id_in_a_path_that_names_nothing_of_the_firms_is_not_found() {
    refuse(|world| {
        let mut cases = Vec::new();
        let foreign = world.foreign();
        let unknown = "lead_01kanar9g00000000000000007".to_owned();
        for id in [
            "nonsense".to_owned(),
            "..".into(),
            "%00".into(),
            "lead_".into(),
            "x".repeat(3000),
            unknown,
            world.prospect.clone(),
            foreign.lead.clone(),
        ] {
            cases.push((format!("PATCH /api/crm/leads/{id}/"), json!({"phone": "1"}), 404, vec![]));
            cases.push((format!("DELETE /api/crm/leads/{id}/"), json!({}), 404, vec![]));
            cases.push((format!("POST /api/crm/leads/{id}/convert/"), json!({}), 404, vec![]));
            cases.push((format!("GET /api/crm/leads/{id}/"), json!({}), 404, vec![]));
        }
        let person = json!({"name": "Bea", "email": "bea@acme.example"});
        cases.push((format!("POST /api/clients/clients/{}/portal-users/", foreign.client), person, 404, vec![]));
        cases.push((format!("POST /api/crm/proposals/{}/accept/", foreign.proposal), json!({}), 404, vec![]));
        cases
    })
    .await;
}

#[tokio::test]
async fn days_are_days_of_the_calendar() {
    refuse(|world| {
        let mut cases = Vec::new();
        for day in [
            "2026-02-30",
            "2026-13-01",
            "26-01-01",
            "2026-1-1",
            "01/02/2026",
            "2026-01-01T00:00:00Z",
            "0000-00-00",
            "99999-01-01",
            "1066-10-14",
            "tomorrow",
            "",
        ] {
            let proposal = json!({"prospect": world.prospect, "total_value": 1, "valid_until": day});
            cases.push((post("crm/proposals"), proposal, 422, vec!["valid_until"]));
            let contract = json!({"client": world.client, "title": "T", "start_date": day});
            cases.push((post("crm/contracts"), contract, 422, vec!["start_date"]));
        }
        let number = json!({"prospect": world.prospect, "total_value": 1, "valid_until": 20_260_101});
        cases.push((post("crm/proposals"), number, 400, vec!["valid_until"]));
        let reversed = json!({"client": world.client, "title": "T", "start_date": "2027-01-02", "end_date": "2027-01-01"});
        cases.push((post("crm/contracts"), reversed.clone(), 422, vec!["end_date"]));
        cases.push((post("clients/engagements"), reversed, 422, vec!["end_date"]));
        cases
    })
    .await;
}

#[tokio::test]
async fn every_wrong_field_is_named_at_once() {
    refuse(|world| {
        let person = json!({"client": "nonsense", "name": " ", "email": "bea"});
        let wrong =
            json!({"prospect": "nonsense", "title": "", "total_value": "-1", "currency": "EURO", "valid_until": "soon", "terms": " "});
        vec![
            (post("crm/leads"), json!({"company_name": " ", "email": "ann"}), 422, vec!["company_name", "email"]),
            (
                post("crm/leads"),
                json!({"email": "ann", "phone": 5, "status": "new", "owner": 1}),
                400,
                vec!["company_name", "email", "owner", "phone", "status"],
            ),
            (post("clients/portal-users"), person, 422, vec!["client", "email", "name"]),
            (post("crm/proposals"), wrong, 422, vec!["currency", "prospect", "terms", "title", "total_value", "valid_until"]),
            (
                format!("PATCH /api/crm/leads/{}/", world.lead),
                json!({"company_name": null, "email": "ann"}),
                400,
                vec!["company_name", "email"],
            ),
            (post("auth/users"), json!({"name": "", "email": "bo", "role": "emperor"}), 422, vec!["email", "name", "role"]),
        ]
    })
    .await;
}

#[tokio::test]
async fn what_the_caller_cannot_set_is_no_field() {
    refuse(|world| {
        let mut cases = Vec::new();
        let ours = ["id", "firm", "status", "number", "version", "created_at", "updated_at", "archived_at", "acceptance", "sent_at"];
        for field in ours {
            let body = json!({"prospect": world.prospect, "total_value": 1, field: "x"});
            cases.push((post("crm/proposals"), body, 400, vec![field]));
            cases.push((format!("PATCH /api/crm/proposals/{}/", world.proposal), json!({field: "x"}), 400, vec![field]));
        }
        cases.push((format!("PATCH /api/crm/proposals/{}/", world.proposal), json!({"prospect": world.prospect}), 400, vec!["prospect"]));
        cases.push((format!("PATCH /api/crm/leads/{}/", world.lead), json!({"prospect": world.prospect}), 400, vec!["prospect"]));
        cases.push((post("clients/clients"), json!({"company_name": "Beta", "prospect": world.prospect}), 400, vec!["prospect"]));
        cases
    })
    .await;
}

#[tokio::test]
async fn what_a_record_needs_cannot_be_cleared() {
    refuse(|world| {
        let (lead, proposal) = (format!("PATCH /api/crm/leads/{}/", world.lead), format!("PATCH /api/crm/proposals/{}/", world.proposal));
        vec![
            (lead, json!({"company_name": null}), 400, vec!["company_name"]),
            (format!("PATCH /api/crm/prospects/{}/", world.prospect), json!({"company_name": null}), 400, vec!["company_name"]),
            (format!("PATCH /api/clients/clients/{}/", world.client), json!({"company_name": null}), 400, vec!["company_name"]),
            (proposal.clone(), json!({"title": null}), 400, vec!["title"]),
            (proposal.clone(), json!({"total_value": null}), 400, vec!["total_value"]),
            (proposal, json!({"line_items": null}), 400, vec!["line_items"]),
        ]
    })
    .await;
}

#[tokio::test]
async fn an_empty_patch_changes_no_field() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let world = World::new(&firm, None).await;
    for path in [format!("/api/crm/leads/{}/", world.lead), format!("/api/crm/proposals/{}/", world.proposal)] {
        let mut before = firm.owner.get(&path).await.expect(200).json;
        let mut after = firm.owner.patch(&path, json!({})).await.expect(200).json;
        assert_eq!(after, firm.owner.get(&path).await.expect(200).json);
        for record in [&mut before, &mut after] {
            record.as_object_mut().unwrap().remove("updated_at");
        }
        assert_eq!(after, before);
    }
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_malformed() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let send = |body: Vec<u8>| owner.call(Method::POST, "/api/crm/leads/").header("content-type", "application/json").body(body).send();
    for body in [
        r#"{"company_name": "Acme""#,
        r#"{"company_name": "Acme"} trailing"#,
        r#"{"company_name": "Acme"}{"company_name": "Beta"}"#,
        r#"["company_name"]"#,
        r#""company_name""#,
        "null",
        "7",
        r"{'company_name': 'Acme'}",
        r#"{"company_name": "\ud800"}"#,
        r#"{"company_name": "Acme", "company_name": "Beta"}"#,
    ] {
        assert_problem(&send(body.into()).await.expect(400));
    }
    assert_problem(&send(b"{\"company_name\": \"\xff\xfe\"}".to_vec()).await.expect(400));
    assert!(results(&owner.get("/api/crm/leads/").await.expect(200)).is_empty());
}

#[tokio::test]
async fn a_sign_up_that_is_wrong_makes_no_login() {
    let app = TestApp::unlimited().await;
    let good = json!({"firm_name": "North", "name": "Olga", "email": email("olga"), "password": "correct horse battery"});
    for (field, value, status) in [
        ("password", json!("1234567"), 422),
        ("password", json!("x".repeat(129)), 422),
        ("password", json!(12_345_678), 400),
        ("email", json!("olga"), 422),
        ("name", json!(""), 422),
        ("firm_name", json!("x".repeat(201)), 422),
        ("currency", json!("EURO"), 422),
        ("time_zone", json!("Mars/Olympus"), 422),
        ("role", json!("owner"), 400),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let refused = app.post("/api/auth/register/", body).send().await.expect(status);
        assert_eq!(refused.fields(), [field]);
    }
    app.post("/api/auth/register/", good).send().await.expect(201);
}
