//! Text is text: what nobody sees is no name, what looks equal is equal, a number is written in one way, and an address
//! may be of any script.

use http::Method;
use serde_json::{Value, json};
use tests::{TestApp, ministack};

use crate::steps::results;

#[tokio::test]
async fn a_name_that_nobody_sees_or_that_turns_what_follows_is_refused_wherever_one_is_written() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (client, entry) = firm.time().await;
    let project = firm.owner.get(format!("/api/projects/time-entries/{entry}/")).await.expect(200).text("/project");
    let (prospect, before) = (firm.prospect().await, app.moment());
    for text in
        ["\u{200b}\u{200d}", "\u{3164}", "\u{2800} ", "\u{301}", "\u{fe0f}", "\u{202e}\u{202c}", "North\u{202e}", "a\u{2028}b", "a\u{7}b"]
    {
        for (path, body, field) in [
            ("/api/crm/leads/", json!({"company_name": text}), "company_name"),
            ("/api/crm/campaigns/", json!({"name": text}), "name"),
            ("/api/crm/prospects/", json!({"company_name": text}), "company_name"),
            ("/api/crm/proposals/", json!({"prospect": prospect, "title": text, "total_value": "1"}), "title"),
            ("/api/crm/contracts/", json!({"client": client, "title": text}), "title"),
            ("/api/clients/clients/", json!({"company_name": text}), "company_name"),
            ("/api/clients/engagements/", json!({"client": client, "title": text}), "title"),
            ("/api/clients/portal-users/", json!({"client": client, "name": text, "email": "bea@acme.example"}), "name"),
            ("/api/projects/projects/", json!({"client": client, "name": text}), "name"),
            ("/api/projects/tasks/", json!({"project": project, "title": text}), "title"),
            ("/api/auth/users/", json!({"name": text, "email": "bo@north.example", "role": "manager"}), "name"),
        ] {
            assert_eq!(firm.owner.post(path, body).await.expect(422).fields(), [field], "{path} {text:?}");
        }
        let patched = firm.owner.patch(format!("/api/clients/clients/{client}/"), json!({"company_name": text})).await;
        assert_eq!(patched.expect(422).fields(), ["company_name"], "{text:?}");
        assert_eq!(firm.owner.patch("/api/auth/firm/", json!({"name": text})).await.expect(422).fields(), ["name"], "{text:?}");
    }
    assert_eq!(app.changed_since(&before), []);
    let kept = firm.owner.post("/api/crm/leads/", json!({"company_name": "\u{feff}Cafe\u{301} Noir\u{200b}"})).await.expect(201);
    assert_eq!(kept.text("/company_name"), "Caf\u{e9} Noir");
}

#[tokio::test]
async fn amounts_quantities_and_shares_are_written_in_one_way() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (client, entry) = firm.time().await;
    let entry = format!("/api/projects/time-entries/{entry}/");
    let before = app.moment();
    for number in ["1_000", "+5", "5.", ".5", "1e1", " 5", "5 ", "0x10", "05", "٣", "２", "1,5", "NaN"] {
        let invoice = |field: &str| {
            let mut line = json!({"description": "Work", "quantity": "1", "unit_price": "1", "tax_rate": "1"});
            line[field] = number.into();
            json!({"client": client, "line_items": [line]})
        };
        for (method, path, body, field) in [
            (Method::POST, "/api/finance/invoices/", invoice("quantity"), "line_items[0].quantity"),
            (Method::POST, "/api/finance/invoices/", invoice("unit_price"), "line_items[0].unit_price"),
            (Method::POST, "/api/finance/invoices/", invoice("tax_rate"), "line_items[0].tax_rate"),
            (Method::PATCH, entry.as_str(), json!({"hours": number}), "hours"),
            (Method::PATCH, "/api/auth/firm/", json!({"default_tax_rate": number}), "default_tax_rate"),
        ] {
            let refused = firm.owner.call(method, path).json(body).send().await.expect(422);
            assert_eq!(refused.fields(), [field], "{path} {number:?}");
        }
    }
    assert_eq!(app.changed_since(&before), []);
    for number in [json!("5"), json!(5), json!("5.00"), json!(5.0)] {
        assert_eq!(firm.owner.patch(&entry, json!({"hours": number})).await.expect(200).text("/hours"), "5.00");
    }
}

#[tokio::test]
async fn a_limit_is_written_in_one_way() {
    let app = TestApp::unlimited().await;
    let owner = app.firm().await.owner;
    for limit in ["+5", "%2B5", "05", "5.0", "1e1", "-1", "0", "101", "0x5", "%EF%BC%92", "5_0", ""] {
        let refused = owner.get(format!("/api/crm/leads/?limit={limit}")).await.expect(400);
        assert_eq!(refused.fields(), ["limit"], "{limit}");
    }
    owner.get("/api/crm/leads/?limit=5").await.expect(200);
}

#[tokio::test]
async fn one_address_is_one_however_it_is_spelled_and_mail_goes_to_its_ascii_form() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let name = format!("info-{:08x}", rand::random::<u32>());
    let [typed, ascii] = ["müller-söhne.example", "xn--mller-shne-kcb9d.example"].map(|domain| format!("{name}@{domain}"));
    let shouted = format!("{}@Mu\u{308}ller-SÖHNE.Example", name.to_uppercase());

    let lead = |email: &str| firm.owner.post("/api/crm/leads/", json!({"company_name": "Müller & Söhne", "email": email}));
    let first = lead(&typed).await.expect(201);
    assert_eq!(first.text("/email"), typed);
    for same in [&ascii, &shouted] {
        assert_eq!(lead(same).await.expect(409).text("/existing"), first.id(), "{same}");
    }
    assert_eq!(firm.owner.get(format!("/api/crm/leads/{}/", first.id())).await.expect(200).text("/email"), typed);
    firm.owner.patch(format!("/api/crm/leads/{}/", first.id()), json!({"email": ascii})).await.expect(200);
    assert_eq!(lead(&typed).await.expect(409).text("/existing"), first.id());

    let person = json!({"name": "Bea", "email": shouted, "role": "consultant"});
    let invited = firm.owner.post("/api/auth/users/", person).await.expect(201);
    assert_eq!(invited.text("/email"), typed);
    app.deliver().await;
    let mails = ministack().mails().await.unwrap();
    assert!(mails.iter().any(|mail| mail.to.iter().any(|to| to.contains(&ascii))), "no mail to {ascii}");

    let member = firm.activated(&invited.id(), &typed, 1).await;
    for spelling in [&typed, &ascii, &shouted] {
        let body = json!({"username": spelling, "password": tests::PASSWORD});
        app.post("/api/auth/login/", body).send().await.expect(200);
    }
    assert_eq!(member.get("/api/auth/me/").await.expect(200).text("/user/email"), typed);
    let again = json!({"firm_name": "South", "name": "Bea", "email": ascii, "password": "another long phrase"});
    app.post("/api/auth/register/", again).send().await.expect(409);
}

#[tokio::test]
async fn what_mail_cannot_be_delivered_to_is_no_address() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    for email in
        ["=?utf-8?q?ann=40evil.example?=@acme.example", "\"ann\"@acme.example", "ånn@acme.example", "ann@192.0.2.1", "a@b@acme.example"]
    {
        let refused = firm.owner.post("/api/crm/leads/", json!({"company_name": "Acme", "email": email})).await.expect(422);
        assert_eq!(refused.fields(), ["email"], "{email}");
    }
    assert_eq!(results(&firm.owner.get("/api/crm/leads/").await.expect(200)), [] as [Value; 0]);
}

#[tokio::test]
async fn a_password_is_the_same_on_every_keyboard() {
    let app = TestApp::unlimited().await;
    let email = tests::email("ann");
    let body = json!({"firm_name": "North", "name": "Ann", "email": email, "password": "caf\u{e9} noir ４７"});
    app.post("/api/auth/register/", body).send().await.expect(201);
    let login = |password: &str| app.post("/api/auth/login/", json!({"username": email, "password": password})).send();
    login("cafe\u{301} noir 47").await.expect(200);
    login("cafe noir 47").await.expect(401);
}
