//! Proposals: what is offered, who lets it out, and what a yes does.

use chrono::{NaiveDate, TimeDelta};
use domain::access::Role;
use http::Method;
use serde_json::{Value, json};
use tests::{Answer, Firm, TestApp, User};

use crate::steps::{column, day, results, signed_in_again, together, wait_until};

async fn act(user: &User<'_>, proposal: &str, action: &str, body: Value) -> Answer {
    user.post(format!("/api/crm/proposals/{proposal}/{action}/"), body).await
}

async fn show(user: &User<'_>, proposal: &str) -> Answer {
    user.get(format!("/api/crm/proposals/{proposal}/")).await.expect(200)
}

/// A proposal of one fixed and two optional lines: 2.5 × 200.00, 99.99 (chosen), 0.01.
async fn of_lines(firm: &Firm<'_>) -> Answer {
    let line_items = json!([
        {"description": "Work", "quantity": "2.5", "unit_price": 200},
        {"description": "Workshop", "quantity": 1, "unit_price": "99.99", "optional": true, "chosen": true},
        {"description": "Print", "quantity": "1", "unit_price": "0.01", "optional": true},
    ]);
    let body = json!({"prospect": firm.prospect().await, "line_items": line_items, "terms": "30 days"});
    firm.owner.post("/api/crm/proposals/", body).await.expect(201)
}

#[tokio::test]
async fn proposals_are_numbered_in_order_without_gaps_however_many_come_at_once() {
    let app = TestApp::unlimited().await;
    let (firm, other) = (app.firm().await, app.firm().await);
    let prospect = firm.prospect().await;
    let body = json!({"prospect": prospect, "total_value": "1"});
    let create = |_| firm.owner.call(Method::POST, "/api/crm/proposals/").json(body.clone());
    let mut numbers: Vec<_> = Vec::new();
    for round in 0..2 {
        let answers = together((0..16).map(create).collect()).await;
        numbers.extend(answers.into_iter().map(|answer| answer.expect(201).text("/number")));
        if round == 0 {
            let refused = json!({"prospect": prospect, "total_value": "-1"});
            firm.owner.post("/api/crm/proposals/", refused).await.expect(422);
        }
    }
    numbers.sort();
    assert_eq!(numbers, (1..=32).map(|number| format!("PRO-{number:06}")).collect::<Vec<_>>());
    let elsewhere = other.proposal().await;
    assert_eq!(show(&other.owner, &elsewhere).await.text("/number"), "PRO-000001");
}

#[tokio::test]
async fn only_chosen_lines_are_in_the_total_and_the_client_chooses_when_accepting() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let proposal = of_lines(&firm).await;
    assert_eq!(proposal.text("/total_value"), "599.99");
    assert_eq!(proposal.text("/line_items/0/amount"), "500.00");
    let chosen = |answer: &Answer, at: &str| {
        let lines = answer.json.pointer(at).unwrap().as_array().unwrap();
        lines.iter().map(|line| line["chosen"].as_bool().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(chosen(&proposal, "/line_items"), [true, true, false]);

    let id = proposal.id();
    for (options, field) in [(json!([0]), "chosen_options[0]"), (json!([3]), "chosen_options[0]"), (json!([1, 0]), "chosen_options[1]")] {
        let refused = act(&firm.owner, &id, "accept", json!({"chosen_options": options})).await.expect(422);
        assert_eq!(refused.fields(), [field]);
    }
    assert_eq!(show(&firm.owner, &id).await.json, proposal.json);
    for options in [json!([2.5]), json!([1e30]), json!(["2"])] {
        let refused = act(&firm.owner, &id, "accept", json!({"chosen_options": options})).await.expect(400);
        assert_eq!(refused.fields(), ["chosen_options"]);
    }
    // A whole number, as some languages write it.
    let accepted = act(&firm.owner, &id, "accept", json!({"chosen_options": [2.0]})).await.expect(200);
    assert_eq!(chosen(&accepted, "/proposal/line_items"), [true, false, true]);
    assert_eq!((accepted.text("/proposal/total_value"), accepted.text("/engagement/value")), ("500.01".into(), "500.01".into()));
}

#[tokio::test]
async fn an_offer_is_accepted_as_it_stands_unless_options_are_named() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    for (body, total) in [(json!({}), "599.99"), (json!({"chosen_options": []}), "500.00"), (json!({"chosen_options": [1, 2]}), "600.00")] {
        let proposal = of_lines(&firm).await.id();
        assert_eq!(act(&firm.owner, &proposal, "accept", body).await.expect(200).text("/proposal/total_value"), total);
    }
}

#[tokio::test]
async fn a_draft_goes_through_approval_where_the_firm_wants_it() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let (consultant, manager) = (firm.member(Role::Consultant).await, firm.member(Role::Manager).await);
    let proposal = firm.proposal().await;
    act(&manager, &proposal, "approve", json!({})).await.expect(409);
    assert_eq!(act(&consultant, &proposal, "submit", json!({})).await.expect(200).text("/status"), "pending_approval");
    act(&consultant, &proposal, "approve", json!({})).await.expect(403);
    act(&manager, &proposal, "send", json!({})).await.expect(409);
    act(&manager, &proposal, "accept", json!({})).await.expect(409);
    let approved = act(&manager, &proposal, "approve", json!({})).await.expect(200);
    assert_eq!(approved.text("/status"), "approved");
    // What stays as it is stays approved.
    let path = format!("/api/crm/proposals/{proposal}/");
    let same = firm.owner.patch(&path, json!({"title": approved.json["title"]})).await.expect(200);
    assert_eq!(same.json, approved.json);

    // What was approved isn't what it says now.
    let path = format!("/api/crm/proposals/{proposal}/");
    assert_eq!(consultant.patch(&path, json!({"total_value": "1"})).await.expect(200).text("/status"), "draft");
    act(&consultant, &proposal, "submit", json!({})).await.expect(200);
    act(&manager, &proposal, "approve", json!({})).await.expect(200);
    act(&consultant, &proposal, "send", json!({})).await.expect(403);
    let sent = act(&manager, &proposal, "send", json!({})).await.expect(200);
    assert_eq!((sent.text("/status"), sent.json["sent_at"].is_string()), ("sent".into(), true));
}

#[tokio::test]
async fn what_was_sent_is_changed_by_a_next_version_of_the_same_number() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let first = of_lines(&firm).await;
    let path = format!("/api/crm/proposals/{}/", first.id());
    act(&firm.owner, &first.id(), "revise", json!({})).await.expect(409);
    act(&firm.owner, &first.id(), "send", json!({})).await.expect(200);
    firm.owner.patch(&path, json!({"title": "Other"})).await.expect(409);

    let second = act(&firm.owner, &first.id(), "revise", json!({})).await.expect(201);
    assert_eq!((second.text("/number"), second.json["version"].clone()), (first.text("/number"), json!(2)));
    assert_eq!((second.text("/status"), second.text("/supersedes")), ("draft".into(), first.id()));
    for field in ["line_items", "total_value", "terms", "title", "prospect"] {
        assert_eq!(second.json[field], first.json[field], "{field}");
    }
    assert!(second.json["sent_at"].is_null());
    let old = show(&firm.owner, &first.id()).await;
    assert_eq!((old.text("/status"), old.text("/superseded_by")), ("superseded".into(), second.id()));
    firm.owner.patch(&path, json!({"title": "Other"})).await.expect(409);
    for action in ["send", "accept", "revise", "submit", "cancel"] {
        act(&firm.owner, &first.id(), action, json!({})).await.expect(409);
    }
    assert_eq!(show(&firm.owner, &first.id()).await.json, old.json);

    let changed = firm.owner.patch(format!("/api/crm/proposals/{}/", second.id()), json!({"total_value": "400"})).await.expect(200);
    assert_eq!((changed.text("/total_value"), changed.json["line_items"].clone()), ("400.00".into(), json!([])));
    let next = firm.proposal().await;
    assert_eq!(show(&firm.owner, &next).await.text("/number"), "PRO-000002");
}

#[tokio::test]
async fn a_proposal_is_accepted_up_to_its_last_day_and_has_expired_after_it() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let last = day(&app, 10);
    let mut sent = Vec::new();
    for _ in 0..2 {
        let body = json!({"prospect": firm.prospect().await, "total_value": "1", "valid_until": last});
        let proposal = firm.owner.post("/api/crm/proposals/", body).await.expect(201).id();
        act(&firm.owner, &proposal, "send", json!({})).await.expect(200);
        sent.push(proposal);
    }
    let midnight = last.parse::<NaiveDate>().unwrap().succ_opt().unwrap().and_time(chrono::NaiveTime::MIN).and_utc();
    wait_until(&app, midnight - TimeDelta::seconds(10));
    let owner = signed_in_again(&app, &firm.owner).await;
    assert_eq!(show(&owner, &sent[0]).await.text("/status"), "sent");
    act(&owner, &sent[0], "accept", json!({})).await.expect(200);
    let tag = show(&owner, &sent[1]).await.header("etag").unwrap().to_owned();

    // Once the day is over everywhere.
    app.clock.advance(TimeDelta::days(1));
    let owner = signed_in_again(&app, &firm.owner).await;
    let path = format!("/api/crm/proposals/{}/", sent[1]);
    let expired = owner.call(Method::GET, &path).header("if-none-match", &tag).send().await.expect(200);
    assert_eq!(expired.text("/status"), "expired");
    assert_eq!(column(&owner.get("/api/crm/proposals/").await.expect(200), "status"), ["expired", "accepted"]);
    act(&owner, &sent[1], "accept", json!({})).await.expect(409);
    assert_eq!(results(&owner.get("/api/clients/clients/").await.expect(200)).len(), 1);
    assert_eq!(show(&owner, &sent[0]).await.text("/status"), "accepted");

    let next = act(&owner, &sent[1], "revise", json!({})).await.expect(201).id();
    assert_eq!(act(&owner, &next, "send", json!({})).await.expect(422).fields(), ["valid_until"]);
    owner.patch(format!("/api/crm/proposals/{next}/"), json!({"valid_until": day(&app, 1)})).await.expect(200);
    act(&owner, &next, "send", json!({})).await.expect(200);
}

#[tokio::test]
async fn only_drafts_are_deleted_and_what_is_over_is_archived() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let [draft, sent, cancelled] = [firm.proposal().await, firm.proposal().await, firm.proposal().await];
    let path = |id: &str| format!("/api/crm/proposals/{id}/");
    firm.owner.delete(path(&draft)).await.expect(204);
    firm.owner.get(path(&draft)).await.expect(404);
    firm.owner.delete(path(&draft)).await.expect(404);

    act(&firm.owner, &sent, "send", json!({})).await.expect(200);
    firm.owner.delete(path(&sent)).await.expect(409);
    assert_eq!(show(&firm.owner, &sent).await.text("/status"), "sent");

    act(&firm.owner, &cancelled, "cancel", json!({})).await.expect(409);
    act(&firm.owner, &cancelled, "send", json!({})).await.expect(200);
    act(&firm.owner, &cancelled, "cancel", json!({"reason": "Withdrawn"})).await.expect(200);
    firm.owner.delete(path(&cancelled)).await.expect(204);
    let archived = show(&firm.owner, &cancelled).await;
    assert_eq!((archived.text("/status"), archived.text("/reason")), ("cancelled".into(), "Withdrawn".into()));
    assert!(archived.json["archived_at"].is_string());
    assert_eq!(column(&firm.owner.get("/api/crm/proposals/").await.expect(200), "id"), [&sent]);

    // The number of what was deleted isn't given out again.
    let next = firm.proposal().await;
    assert_eq!(show(&firm.owner, &next).await.text("/number"), "PRO-000004");
}

#[tokio::test]
async fn a_no_needs_a_reason_and_can_be_answered_by_a_next_version() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let proposal = firm.proposal().await;
    act(&firm.owner, &proposal, "reject", json!({"reason": "Too dear"})).await.expect(409);
    act(&firm.owner, &proposal, "send", json!({})).await.expect(200);
    act(&firm.owner, &proposal, "send", json!({})).await.expect(409);
    assert_eq!(act(&firm.owner, &proposal, "reject", json!({})).await.expect(400).fields(), ["reason"]);
    let rejected = act(&firm.owner, &proposal, "reject", json!({"reason": "Too dear"})).await.expect(200);
    assert_eq!((rejected.text("/status"), rejected.text("/reason")), ("rejected".into(), "Too dear".into()));
    act(&firm.owner, &proposal, "accept", json!({})).await.expect(409);
    assert!(act(&firm.owner, &proposal, "revise", json!({})).await.expect(201).json["reason"].is_null());
}

#[tokio::test]
async fn what_cannot_be_mailed_is_not_sent_until_it_has_an_address() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    let prospect = owner.post("/api/crm/prospects/", json!({"company_name": "Acme Corp"})).await.expect(201).id();
    let draft = owner.post("/api/crm/proposals/", json!({"prospect": prospect, "total_value": "1"})).await.expect(201);
    assert_eq!(draft.text("/title"), "Acme Corp");
    let refused = act(&owner, &draft.id(), "send", json!({})).await.expect(422);
    assert_eq!(refused.fields(), ["email"]);
    owner.patch(format!("/api/crm/proposals/{}/", draft.id()), json!({"email": "ann@acme.example"})).await.expect(200);
    act(&owner, &draft.id(), "send", json!({})).await.expect(200);
}

#[tokio::test]
async fn a_yes_is_recorded_from_draft_and_from_sent_and_says_who_said_it() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    for sent in [false, true] {
        let proposal = firm.proposal().await;
        let offered = show(&firm.owner, &proposal).await;
        if sent {
            act(&firm.owner, &proposal, "send", json!({})).await.expect(200);
        }
        let yes = act(&firm.owner, &proposal, "accept", json!({"accepted_by": "Ann Lee", "note": "On the phone"})).await.expect(200);
        assert_eq!(yes.json["proposal"], show(&firm.owner, &proposal).await.json);
        let said =
            ["accepted_by", "note", "client", "portal_user", "engagement"].map(|name| yes.text(&format!("/proposal/acceptance/{name}")));
        let (client, portal_user, engagement) = (yes.text("/client/id"), yes.text("/portal_user/id"), yes.text("/engagement/id"));
        assert_eq!(said, ["Ann Lee", "On the phone", &client, &portal_user, &engagement]);
        assert_eq!(yes.text("/proposal/acceptance/content_sha256").len(), 64);

        assert_eq!(yes.json["client"], firm.owner.get(format!("/api/clients/clients/{client}/")).await.expect(200).json);
        assert_eq!(yes.json["portal_user"], firm.owner.get(format!("/api/clients/portal-users/{portal_user}/")).await.expect(200).json);
        assert_eq!(yes.json["engagement"], firm.owner.get(format!("/api/clients/engagements/{engagement}/")).await.expect(200).json);
        assert_eq!(
            (yes.text("/client/company_name"), yes.json["client"]["prospect"].clone()),
            ("Acme Corp".into(), offered.json["prospect"].clone())
        );
        assert_eq!(
            (yes.json["portal_user"]["email"].clone(), yes.text("/portal_user/name")),
            (offered.json["email"].clone(), "Ann Lee".into())
        );
        let rights = json!({"see": true, "comment": true, "pay": true, "sign": true, "upload": true});
        assert_eq!((yes.text("/portal_user/status"), yes.json["portal_user"]["rights"].clone()), ("invited".into(), rights));
        assert_eq!((yes.text("/engagement/value"), yes.text("/engagement/title")), (offered.text("/total_value"), offered.text("/title")));

        let again = act(&firm.owner, &proposal, "accept", json!({"accepted_by": "Somebody else"})).await.expect(200);
        assert_eq!(again.json, yes.json);
        for action in ["send", "submit", "revise", "cancel"] {
            act(&firm.owner, &proposal, action, json!({})).await.expect(409);
        }
    }
    for list in ["/api/clients/clients/", "/api/clients/portal-users/", "/api/clients/engagements/"] {
        assert_eq!(results(&firm.owner.get(list).await.expect(200)).len(), 2, "{list}");
    }
}

#[tokio::test]
async fn sixteen_yeses_at_once_are_one() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let proposal = firm.proposal().await;
    let path = format!("/api/crm/proposals/{proposal}/accept/");
    let answers = together((0..16).map(|_| firm.owner.call(Method::POST, &path).json(json!({}))).collect()).await;
    for answer in &answers {
        assert_eq!(answer.clone().expect(200).json, answers[0].json);
    }
    for list in ["/api/clients/clients/", "/api/clients/portal-users/", "/api/clients/engagements/"] {
        assert_eq!(results(&firm.owner.get(list).await.expect(200)).len(), 1, "{list}");
    }
}

#[tokio::test]
async fn a_yes_after_the_prospect_was_converted_by_hand_is_for_the_client_that_it_became() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let proposal = firm.proposal().await;
    let prospect = show(&firm.owner, &proposal).await.text("/prospect");
    let client = firm.owner.post(format!("/api/crm/prospects/{prospect}/convert/"), json!({})).await.expect(201).id();
    let yes = act(&firm.owner, &proposal, "accept", json!({})).await.expect(200);
    assert_eq!((yes.text("/client/id"), yes.text("/engagement/client")), (client.clone(), client));
    assert_eq!(act(&firm.owner, &proposal, "accept", json!({})).await.expect(200).json, yes.json);
    for list in ["/api/clients/clients/", "/api/clients/portal-users/", "/api/clients/engagements/"] {
        assert_eq!(results(&firm.owner.get(list).await.expect(200)).len(), 1, "{list}");
    }
}

#[tokio::test]
async fn accepting_one_proposal_cancels_what_is_still_open_to_the_same_prospect() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let prospect = firm.prospect().await;
    let mut drafts = Vec::new();
    for _ in 0..4 {
        drafts.push(firm.owner.post("/api/crm/proposals/", json!({"prospect": prospect, "total_value": "1"})).await.expect(201).id());
    }
    let [accepted, draft, sent, rejected] = &drafts[..] else { unreachable!() };
    let elsewhere = firm.proposal().await;
    act(&firm.owner, sent, "send", json!({})).await.expect(200);
    act(&firm.owner, rejected, "send", json!({})).await.expect(200);
    act(&firm.owner, rejected, "reject", json!({"reason": "Too dear"})).await.expect(200);
    act(&firm.owner, accepted, "accept", json!({})).await.expect(200);
    app.deliver().await;
    for (proposal, status) in
        [(accepted, "accepted"), (draft, "cancelled"), (sent, "cancelled"), (rejected, "rejected"), (&elsewhere, "draft")]
    {
        assert_eq!(show(&firm.owner, proposal).await.text("/status"), status);
    }
    act(&firm.owner, sent, "accept", json!({})).await.expect(409);
}

#[tokio::test]
async fn of_two_proposals_to_a_prospect_that_are_accepted_at_once_one_is() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    for _ in 0..4 {
        let prospect = firm.prospect().await;
        let mut paths = Vec::new();
        for _ in 0..2 {
            let draft = firm.owner.post("/api/crm/proposals/", json!({"prospect": prospect, "total_value": "1"})).await.expect(201).id();
            paths.push(format!("/api/crm/proposals/{draft}/accept/"));
        }
        let answers = together(paths.iter().map(|path| firm.owner.call(Method::POST, path).json(json!({}))).collect()).await;
        let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        let yes = answers.iter().find(|answer| answer.status == 200).unwrap();
        let no = answers.iter().find(|answer| answer.status == 409).unwrap();
        assert_eq!(no.text("/existing"), yes.text("/proposal/id"));
    }
}

#[tokio::test]
async fn what_was_rejected_or_revised_before_is_not_offered_again_beside_what_was_accepted() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let prospect = firm.prospect().await;
    let draft = || firm.owner.post("/api/crm/proposals/", json!({"prospect": prospect, "total_value": "1"}));
    let (first, second) = (draft().await.expect(201).id(), draft().await.expect(201).id());
    let third = draft().await.expect(201).id();
    act(&firm.owner, &third, "send", json!({})).await.expect(200);
    let (third, before) = (act(&firm.owner, &third, "revise", json!({})).await.expect(201).id(), third);
    act(&firm.owner, &second, "send", json!({})).await.expect(200);
    act(&firm.owner, &second, "reject", json!({"reason": "Too dear"})).await.expect(200);
    act(&firm.owner, &first, "accept", json!({})).await.expect(200);
    for (proposal, action) in [(&second, "revise"), (&third, "send"), (&third, "accept")] {
        assert_eq!(act(&firm.owner, proposal, action, json!({})).await.expect(409).text("/existing"), first, "{action}");
    }
    // What the outbox doesn't find, or not yet, can be deleted; the version before isn't brought back by that, and doesn't name what is gone.
    firm.owner.delete(format!("/api/crm/proposals/{third}/")).await.expect(204);
    app.deliver().await;
    let before = firm.owner.anew().await.get(format!("/api/crm/proposals/{before}/")).await.expect(200);
    assert_eq!((before.text("/status").as_str(), &before.json["superseded_by"]), ("cancelled", &Value::Null));
}
