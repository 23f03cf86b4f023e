//! Lists: their pages, filters and order.

use std::collections::BTreeSet;

use domain::task::Task;
use http::Method;
use serde_json::json;
use store::{ListScope, PageRequest, Person};
use tests::{TestApp, User};

use crate::steps::{column, link, results, together};

/// `count` leads of the firm of `user`, oldest first.
async fn enter(user: &User<'_>, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 0..count {
        ids.push(user.post("/api/crm/leads/", json!({"company_name": format!("Company {number}")})).await.expect(201).id());
    }
    ids
}

/// The ids on all pages from `first` on, in the order of walking, following `next` or `previous`; and the last page.
async fn walk(user: &User<'_>, first: &str, follow: &str) -> (Vec<Vec<String>>, String) {
    let (mut pages, mut at) = (Vec::new(), first.to_owned());
    loop {
        let page = user.get(&at).await.expect(200);
        pages.push(column(&page, "id").into_iter().map(str::to_owned).collect());
        match link(&page, follow) {
            Some(next) => at = next,
            None => return (pages, at),
        }
        assert!(pages.len() < 500, "no end of it");
    }
}

#[tokio::test]
async fn walking_forth_and_back_over_a_list_meets_each_record_once() {
    let app = TestApp::unlimited().await;
    let owner = app.firm().await.owner;
    enter(&owner, 120).await;
    let newest_first = {
        let pages = walk(&owner, "/api/crm/leads/?limit=100", "next").await.0;
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [100, 20]);
        pages.concat()
    };
    assert_eq!(newest_first.iter().collect::<BTreeSet<_>>().len(), 120);
    let oldest_first: Vec<_> = newest_first.iter().rev().cloned().collect();

    for limit in [1, 7, 30, 40] {
        for (ordering, expected) in [("-created", &newest_first), ("created", &oldest_first)] {
            let first = format!("/api/crm/leads/?limit={limit}&ordering={ordering}");
            let (forth, last) = walk(&owner, &first, "next").await;
            assert!(forth.iter().rev().skip(1).all(|page| page.len() == limit), "{first}");
            assert_eq!(&forth.concat(), expected, "{first}");
            let (mut back, _) = walk(&owner, &last, "previous").await;
            back.reverse();
            assert_eq!(&back.concat(), expected, "back from {last}");
        }
    }
}

#[tokio::test]
async fn a_list_is_newest_first_and_fifty_to_a_page_unless_said_otherwise() {
    let app = TestApp::unlimited().await;
    let owner = app.firm().await.owner;
    let mut entered = Vec::new();
    for number in 0..51 {
        app.clock.advance(chrono::TimeDelta::milliseconds(1));
        entered.push(owner.post("/api/crm/leads/", json!({"company_name": format!("{number}")})).await.expect(201).id());
    }
    let page = owner.get("/api/crm/leads/").await.expect(200);
    let expected: Vec<_> = entered.iter().rev().take(50).collect();
    assert_eq!(column(&page, "id"), expected);
    assert!(page.json["previous"].is_null());
    let next = link(&page, "next").unwrap();
    assert!(next.starts_with("/api/crm/leads/?"), "{next}");
    let page = owner.get(next).await.expect(200);
    assert_eq!(column(&page, "id"), [&entered[0]]);
    assert!(page.json["next"].is_null());
    let oldest = owner.get("/api/crm/leads/?ordering=created&limit=2").await.expect(200);
    assert_eq!(column(&oldest, "id"), entered[..2]);
}

#[tokio::test]
async fn an_empty_list_is_a_page_with_nothing_on_it() {
    let app = TestApp::new().await;
    let page = app.firm().await.owner.get("/api/crm/leads/").await.expect(200);
    assert_eq!(page.json, json!({"results": [], "next": null, "previous": null}));
}

#[tokio::test]
async fn a_record_that_goes_while_one_walks_costs_no_other() {
    let app = TestApp::unlimited().await;
    let owner = app.firm().await.owner;
    let mut left: BTreeSet<_> = enter(&owner, 12).await.into_iter().collect();
    let first = owner.get("/api/crm/leads/?limit=4").await.expect(200);
    // The record that the cursor stands on is archived.
    let edge = column(&first, "id")[3].to_owned();
    owner.delete(format!("/api/crm/leads/{edge}/")).await.expect(204);
    let (rest, _) = walk(&owner, &link(&first, "next").unwrap(), "next").await;
    let seen = rest.concat().into_iter().chain(column(&first, "id").into_iter().map(str::to_owned));
    for id in seen {
        assert!(left.remove(&id), "{id} came twice");
    }
    assert_eq!(left, BTreeSet::new());
}

#[tokio::test]
async fn a_filter_holds_on_all_pages() {
    let app = TestApp::unlimited().await;
    let owner = app.firm().await.owner;
    let ids = enter(&owner, 12).await;
    for id in ids.iter().step_by(2) {
        owner.post(format!("/api/crm/leads/{id}/move/"), json!({"to": "qualified"})).await.expect(200);
    }
    let (pages, last) = walk(&owner, "/api/crm/leads/?limit=4&status=qualified", "next").await;
    assert!(last.contains("status=qualified"), "{last}");
    let found: BTreeSet<_> = pages.concat().into_iter().collect();
    assert_eq!(found, ids.iter().step_by(2).cloned().collect());
    let (back, _) = walk(&owner, &last, "previous").await;
    assert_eq!(back.concat().len(), 6);
}

#[tokio::test]
async fn no_cursor_leads_to_what_is_another_firms() {
    let app = TestApp::unlimited().await;
    let (firm, other) = (app.firm().await, app.firm().await);
    let foreign: BTreeSet<_> = enter(&other.owner, 9).await.into_iter().collect();
    let own: BTreeSet<_> = enter(&firm.owner, 9).await.into_iter().collect();
    let (_, last) = walk(&other.owner, "/api/crm/leads/?limit=4", "next").await;
    let page = other.owner.get("/api/crm/leads/?limit=4").await.expect(200);
    let before = other.owner.get(&last).await.expect(200);
    for cursor in [link(&page, "next"), link(&before, "previous"), Some(last)] {
        let seen = firm.owner.get(cursor.unwrap()).await.expect(200);
        assert!(column(&seen, "id").iter().all(|id| own.contains(*id) && !foreign.contains(*id)));
    }
    // A cursor is rebuilt with anything in place of what it says.
    let cursor = link(&page, "next").unwrap().split("cursor=").nth(1).unwrap().to_owned();
    let edge = column(&page, "id")[3];
    assert!(cursor.contains(edge));
    let another = format!("{}%23LEAD", other.id);
    // What is no cursor at all, and what is one of another list.
    for (forged, status) in [("", 400), ("%00", 400), ("*", 400), ("F%23", 400), (&other.id, 422), (&another, 400)] {
        let answer = firm.owner.get(format!("/api/crm/leads/?cursor={}", cursor.replace(edge, forged))).await.expect(status);
        assert_eq!(answer.fields(), ["cursor"]);
    }
}

#[tokio::test]
async fn a_cursor_that_is_made_up_shows_nothing_that_the_list_does_not() {
    let app = TestApp::unlimited().await;
    let (firm, other) = (app.firm().await, app.firm().await);
    let ids = enter(&firm.owner, 6).await;
    let foreign = enter(&other.owner, 1).await.remove(0);
    for id in ids.iter().step_by(2) {
        firm.owner.post(format!("/api/crm/leads/{id}/move/"), json!({"to": "qualified"})).await.expect(200);
    }
    let qualified: BTreeSet<_> = ids.iter().step_by(2).map(String::as_str).collect();
    // One that isn't in this list, one of another firm, and two that aren't.
    let (first, last) = ("lead_00000000000000000000000000", "lead_7zzzzzzzzzzzzzzzzzzzzzzzzz");
    for edge in [ids[1].as_str(), &foreign, first, last] {
        for direction in ["a", "b"] {
            let page = firm.owner.get(format!("/api/crm/leads/?status=qualified&cursor=1{direction}{edge}")).await.expect(200);
            assert!(column(&page, "id").iter().all(|id| qualified.contains(id)), "{direction}{edge}");
        }
    }
    // A history's are the numbers of its events.
    let history = format!("/api/crm/leads/{}/history/", ids[0]);
    for (cursor, events) in [("1a0", 0), ("1b0", 2), ("1a9999999", 2), ("1b9999999", 0), ("1a18446744073709551615", 2)] {
        let page = firm.owner.get(format!("{history}?cursor={cursor}")).await.expect(200);
        assert_eq!(results(&page).len(), events, "{cursor}");
    }
    assert_eq!(firm.owner.get(format!("{history}?cursor=1a18446744073709551616")).await.expect(422).fields(), ["cursor"]);
    // What belongs to nobody has no history, wherever one begins to read it.
    other.owner.get(history.clone()).await.expect(404);
    let page = other.owner.get(format!("{history}?cursor=1a9")).await;
    assert!(page.status == 404 || results(&page).is_empty(), "{:#}", page.json);
}

#[tokio::test]
async fn a_query_that_makes_no_sense_is_refused() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let proposal = firm.proposal().await;
    let prospect = firm.owner.get(format!("/api/crm/proposals/{proposal}/")).await.expect(200).text("/prospect");
    let other = firm.prospect().await;
    for (query, field) in [
        ("leads/?limit=0".to_owned(), Some("limit")),
        ("leads/?limit=101".to_owned(), Some("limit")),
        ("leads/?limit=-1".to_owned(), Some("limit")),
        ("leads/?limit=ten".to_owned(), Some("limit")),
        ("leads/?limit=".to_owned(), Some("limit")),
        ("leads/?limit=1e1".to_owned(), Some("limit")),
        ("leads/?limit=99999999999999999999".to_owned(), Some("limit")),
        ("leads/?ordering=name".to_owned(), Some("ordering")),
        ("leads/?ordering=--created".to_owned(), Some("ordering")),
        ("leads/?cursor=".to_owned(), Some("cursor")),
        ("leads/?cursor=nonsense".to_owned(), Some("cursor")),
        ("leads/?cursor=1a".to_owned(), Some("cursor")),
        (format!("leads/?cursor=1a{other}"), Some("cursor")),
        (format!("leads/?cursor={}", "1a".repeat(500)), Some("cursor")),
        (format!("prospects/{other}/history/?cursor=1a{other}"), Some("cursor")),
        (format!("prospects/{other}/history/?cursor=1a-1"), Some("cursor")),
        ("leads/?colour=red".to_owned(), Some("colour")),
        ("leads/?status=asleep".to_owned(), Some("status")),
        ("leads/?archived=maybe".to_owned(), Some("archived")),
        ("proposals/?prospect=nonsense".to_owned(), Some("prospect")),
        (format!("proposals/?prospect={proposal}"), Some("prospect")),
        ("leads/?status=new&archived=true".to_owned(), None),
        (format!("proposals/?prospect={prospect}&status=draft"), None),
        ("leads/?status=new&status=qualified".to_owned(), None),
        (format!("prospects/{other}/history/?status=new"), Some("status")),
    ] {
        // Read, and broken: a cursor of another list, and two filters where no index serves both.
        let is_read = query.contains(&format!("cursor=1a{other}")) || query.contains("new&archived") || query.ends_with("&status=draft");
        let refused = firm.owner.get(format!("/api/crm/{query}")).await.expect(if is_read { 422 } else { 400 });
        assert_eq!(refused.header("content-type"), Some("application/problem+json"), "{query}");
        if let Some(field) = field {
            assert_eq!(refused.fields(), [field], "{query}");
        }
    }
    for (query, found) in [("limit=1", 1), ("limit=100", 1), ("archived=false", 1), ("status=draft", 1), ("status=sent", 0)] {
        let page = firm.owner.get(format!("/api/crm/proposals/?{query}")).await.expect(200);
        assert_eq!(results(&page).len(), found, "{query}");
    }
    assert_eq!(results(&firm.owner.get(format!("/api/crm/proposals/?prospect={prospect}")).await.expect(200)).len(), 1);
    assert_eq!(results(&firm.owner.get(format!("/api/crm/proposals/?prospect={other}")).await.expect(200)).len(), 0);
}

#[tokio::test]
async fn a_list_that_is_known_is_not_sent_again_until_it_changes() {
    let app = TestApp::new().await;
    let owner = app.firm().await.owner;
    enter(&owner, 3).await;
    let tag = owner.get("/api/crm/leads/").await.expect(200).header("etag").unwrap().to_owned();
    let ask = || owner.call(Method::GET, "/api/crm/leads/").header("if-none-match", &tag);
    let known = ask().send().await.expect(304);
    assert!(known.body.is_empty());
    assert_eq!(known.header("etag"), Some(tag.as_str()));
    enter(&owner, 1).await;
    let changed = ask().send().await.expect(200);
    assert_ne!(changed.header("etag"), Some(tag.as_str()));
}

#[tokio::test]
async fn records_made_at_the_same_moment_are_all_listed() {
    let app = TestApp::unlimited().await;
    let owner = app.firm().await.owner;
    let call = |number| owner.call(Method::POST, "/api/crm/leads/").json(json!({"company_name": format!("{number}")}));
    let made: BTreeSet<_> = together((0..24).map(call).collect()).await.into_iter().map(|answer| answer.expect(201).id()).collect();
    let (pages, _) = walk(&owner, "/api/crm/leads/?limit=5", "next").await;
    assert_eq!(pages.concat().into_iter().collect::<BTreeSet<_>>(), made);
    assert_eq!(pages.concat().len(), 24);
}

#[tokio::test]
async fn a_clients_pages_of_invoices_are_full_and_neither_they_nor_their_cursors_tell_of_drafts() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let portal = firm.portal().await;
    let mut sent = Vec::new();
    // Drafts among them, twelve in a row, and last.
    for place in 0..26 {
        let body = json!({"client": portal.client, "line_items": [{"description": "Study", "quantity": "1", "unit_price": "500.00"}]});
        let invoice = firm.owner.post("/api/finance/invoices/", body).await.expect(201).id();
        if place % 2 == 0 && !(5..17).contains(&place) {
            firm.owner.post(format!("/api/finance/invoices/{invoice}/send/"), json!({})).await.expect(200);
            sent.push(invoice);
        }
    }
    let count = sent.len();
    let all: BTreeSet<_> = app.records().into_keys().flat_map(|(pk, _)| pk.split('#').map(str::to_owned).collect::<Vec<_>>()).collect();
    let drafts: Vec<_> = all.into_iter().filter(|id| id.starts_with("inv") && !sent.contains(id)).collect();
    assert!(drafts.len() >= 12 && count == 7, "{drafts:?} {sent:?}");
    for (ordering, wanted) in [("created", sent.clone()), ("-created", sent.iter().rev().cloned().collect())] {
        let (mut next, mut seen, mut pages) = (Some(format!("/api/clients/invoices/?limit=3&ordering={ordering}")), Vec::new(), Vec::new());
        while let Some(path) = next {
            let page = portal.user.get(&path).await.expect(200);
            assert!(!drafts.iter().any(|draft| String::from_utf8_lossy(&page.body).contains(draft)), "{}", page.json);
            seen.extend(column(&page, "id").into_iter().map(str::to_owned));
            next = link(&page, "next");
            pages.push(page);
        }
        assert_eq!(seen, wanted);
        assert_eq!(pages.iter().map(|page| results(page).len()).collect::<Vec<_>>(), [3, 3, 1]);
        let back = portal.user.get(link(&pages[2], "previous").unwrap()).await.expect(200);
        assert_eq!(column(&back, "id"), column(&pages[1], "id"));
        assert!(!drafts.iter().any(|draft| String::from_utf8_lossy(&back.body).contains(draft)), "{}", back.json);
    }
}

#[tokio::test]
async fn what_somebody_worked_is_listed_by_its_days_page_by_page() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let colleague = firm.member(domain::access::Role::Consultant).await;
    let client = firm.owner.post("/api/clients/clients/", json!({"company_name": "Acme Corp"})).await.expect(201).id();
    let project = json!({"client": client, "name": "Study", "hourly_rate": "100"});
    let project = firm.owner.post("/api/projects/projects/", project).await.expect(201).id();
    // Not logged in the order in which it was worked; two of them on one day.
    let mut worked = Vec::new();
    for days in [3_i64, 0, 5, 3, 1, 4] {
        let day = (app.clock.now() - chrono::TimeDelta::days(days)).date_naive().to_string();
        let entry = json!({"project": project, "hours": "1", "date": day});
        firm.owner.post("/api/projects/time-entries/", entry.clone()).await.expect(201);
        worked.push((day, colleague.post("/api/projects/time-entries/", entry).await.expect(201).id()));
    }
    worked.sort();
    let path = format!("/api/projects/time-entries/?user={}", colleague.id);
    for ordering in ["created", "-created"] {
        let expected: Vec<&str> = worked.iter().map(|(_, id)| id.as_str()).collect();
        let expected: Vec<&str> = if ordering == "created" { expected } else { expected.into_iter().rev().collect() };
        let first = firm.owner.get(format!("{path}&limit=4&ordering={ordering}")).await.expect(200);
        let second = firm.owner.get(link(&first, "next").unwrap()).await.expect(200);
        assert_eq!([column(&first, "id"), column(&second, "id")].concat(), expected);
        assert!(link(&second, "next").is_none());
        let back = firm.owner.get(link(&second, "previous").unwrap()).await.expect(200);
        assert_eq!(column(&back, "id"), expected[..4]);
    }
    let (day, id) = &worked[0];
    for cursor in [id.clone(), format!("{day}{id}").replace('-', "x"), format!("2026x199{id}"), "é".repeat(4)] {
        firm.owner.get(format!("{path}&cursor=1a{cursor}")).await.expect(if cursor.starts_with('é') { 400 } else { 422 });
    }
    assert_eq!(firm.owner.get(format!("{path}&status=open")).await.expect(422).fields(), ["query"]);
    let stranger = app.firm().await;
    let seen = stranger.owner.get(&path).await.expect(200);
    assert_eq!(results(&seen).len(), 0);
}

#[tokio::test]
async fn what_has_no_day_comes_last_of_what_somebody_is_to_do_and_its_pages_follow_each_other() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let project = crate::projects::project(&firm, json!({})).await.id();
    let mut expected = Vec::new();
    for due_date in [json!("2199-12-31"), json!(null), json!(null), json!("2027-02-26")] {
        let task = json!({"project": project, "title": "Interviews", "assignee": firm.owner.id, "due_date": due_date});
        let id = firm.owner.post("/api/projects/tasks/", task).await.expect(201).id();
        expected.push((due_date.as_str().unwrap_or("9999").to_owned(), id));
    }
    expected.sort();
    let scope = ListScope::Person(Person::User(firm.owner.id.parse().unwrap()));
    for ascending in [true, false] {
        let (mut seen, mut page) = (Vec::new(), PageRequest { limit: 1, ascending, cursor: None });
        loop {
            let read = app.store.list::<Task>(firm.id.parse().unwrap(), &scope, &page).await.unwrap();
            seen.extend(read.items.iter().map(|task| task.id.to_string()));
            // As whoever follows a link has it.
            let Some(next) = read.next else { break };
            page.cursor = Some(next.to_string().parse().unwrap());
        }
        assert_eq!(seen, expected.iter().map(|(_, id)| id.clone()).collect::<Vec<_>>());
        expected.reverse();
    }
}
