//! A firm sets up its own account at Stripe: one, however often and at once it is asked for, by who may, on Stripe's page; and how it
//! stands is what Stripe says.

use chrono::TimeDelta;
use domain::access::Role;
use http::Method;
use local::stripe::{Move, Switches};
use serde_json::{Value, json};
use tests::{Answer, Call, Firm, PostOffice, TestApp, User};

use crate::{
    connected_payments::of_account,
    event_log::assert_all_chains_hold,
    steps::{login, together, with_tokens},
    stripe_events::altered,
};

pub(crate) const SETTINGS: &str = "/api/auth/firm/payments/";

/// What `firm` is shown of how it is paid online.
pub(crate) async fn settings(firm: &Firm<'_>) -> Answer {
    firm.owner.get(SETTINGS).await.expect(200)
}

/// `user` asks for a page on which the account is set up.
pub(crate) async fn connect(user: &User<'_>) -> Answer {
    user.call(Method::POST, format!("{SETTINGS}connect/")).send().await
}

/// What a browser gets at `url`, which doesn't follow where it is sent.
async fn browser(method: Method, url: &str) -> reqwest::Response {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    http.request(method, url).send().await.unwrap()
}

/// How many accounts there are at Stripe.
async fn accounts(app: &TestApp) -> usize {
    let page = browser(Method::GET, app.stand_in.url()).await.text().await.unwrap();
    page.matches("<b>acct_").count()
}

#[tokio::test]
async fn a_firm_sets_up_its_account_on_stripes_page_and_its_owners_are_told() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.unconnected_firm().await, PostOffice::open().await);
    let other = firm.member(Role::Owner).await;
    let before = settings(&firm).await;
    assert_eq!(
        (before.text("/mode"), &before.json["account"], &before.json["charges_enabled"]),
        ("connect".to_owned(), &Value::Null, &json!(false))
    );
    let page = connect(&firm.owner).await.expect(200);
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let made = settings(&firm).await;
    assert_eq!((&made.json["details_submitted"], &made.json["requirements"]["currently_due"]), (&json!(false), &json!([])));

    let shown = browser(Method::GET, &page.text("/url")).await.text().await.unwrap();
    assert!(shown.contains(&made.text("/account")), "{shown}");
    let button = shown.split("action='").find(|rest| rest.contains("/complete/")).unwrap().split('\'').next().unwrap();
    let back = browser(Method::POST, &button.replace("&amp;", "&")).await;
    assert_eq!(back.headers()["location"], "https://app.consultantpro.example/settings/payments?returned=1");
    // Opened again, or by another who came by it.
    let again = browser(Method::GET, &page.text("/url")).await;
    assert_eq!(again.headers()["location"], "https://app.consultantpro.example/settings/payments?expired=1");
    app.pump_stripe().await;

    let ready = settings(&firm).await;
    for field in ["charges_enabled", "payouts_enabled", "details_submitted"] {
        assert_eq!(ready.json[field], true, "{field}");
    }
    assert_eq!(ready.json["available_payment_methods"], json!(["card", "link", "sepa_debit", "us_bank_account"]));
    app.deliver_by(&post).await;
    for owner in [&firm.owner, &other] {
        let mails = post.mails_to(&owner.email);
        let mail = mails.iter().find(|mail| mail.subject == "Clients can pay you online").unwrap();
        assert!(mail.text.contains(&ready.text("/account")) && mail.text.contains("/settings/payments"), "{}", mail.text);
    }
    assert_all_chains_hold(&app).await;
}

#[tokio::test]
async fn asked_again_and_many_times_at_once_it_is_another_page_for_the_same_account() {
    let app = TestApp::unlimited().await;
    let firm = app.unconnected_firm().await;
    let calls = (0..4).map(|_| firm.owner.call(Method::POST, format!("{SETTINGS}connect/"))).collect();
    let mut urls: Vec<String> = together(calls).await.into_iter().map(|page| page.expect(200).text("/url")).collect();
    urls.push(connect(&firm.owner).await.expect(200).text("/url"));
    // Nor is a page kept, under whichever key.
    let keyed = || firm.owner.call(Method::POST, format!("{SETTINGS}connect/")).header("idempotency-key", "one");
    for _ in 0..2 {
        urls.push(keyed().send().await.expect(200).text("/url"));
    }
    assert_eq!((urls.iter().collect::<std::collections::BTreeSet<_>>().len(), accounts(&app).await), (7, 1));
    let kept = app.items().into_values().map(|item| item.to_string()).collect::<String>();
    assert!(!kept.contains("/onboard/"), "whoever has such a page sets up the account");
}

#[tokio::test]
async fn an_answer_of_stripes_that_gets_lost_leads_to_the_same_account_and_an_outage_to_none() {
    let app = TestApp::unlimited().await;
    let firm = app.unconnected_firm().await;
    let before = app.records();
    for switches in [Switches { refuse: 100, ..Switches::default() }, Switches { lose: 100, ..Switches::default() }] {
        app.stand_in.switch(switches);
        assert!(connect(&firm.owner).await.expect(503).header("retry-after").is_some());
        assert_eq!(app.records(), before);
    }
    app.stand_in.switch(Switches::default());
    connect(&firm.owner).await.expect(200);
    assert_eq!(accounts(&app).await, 1);
    // The account is known, and the page gets lost.
    app.stand_in.switch(Switches { lose: 100, ..Switches::default() });
    connect(&firm.owner).await.expect(503);
    app.stand_in.switch(Switches::default());
    connect(&firm.owner).await.expect(200);
    assert_eq!(accounts(&app).await, 1);
}

/// What of `user`'s calls changes where the money goes.
fn calls<'a>(user: &User<'a>) -> [Call<'a>; 3] {
    [
        user.call(Method::POST, format!("{SETTINGS}connect/")),
        user.call(Method::POST, format!("{SETTINGS}disconnect/")),
        user.call(Method::PATCH, SETTINGS).json(json!({"payment_methods": ["card"]})),
    ]
}

#[tokio::test]
async fn only_an_owner_sets_it_up_who_proved_lately_who_they_are_and_still_is_one() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let account = settings(&firm).await.text("/account");
    for role in [Role::Manager, Role::Billing, Role::Consultant] {
        let member = firm.member(role).await;
        member.get(SETTINGS).await.expect(if role == Role::Consultant { 403 } else { 200 });
        for call in calls(&member) {
            call.send().await.expect(403);
        }
    }
    // Whose token still says that they own it.
    let former = firm.member(Role::Owner).await;
    firm.owner.patch(format!("/api/auth/users/{}/", former.id), json!({"role": "manager"})).await.expect(200);
    for call in calls(&former) {
        call.send().await.expect(401);
    }
    app.clock.advance(TimeDelta::minutes(11));
    for call in calls(&firm.owner) {
        assert_eq!(call.send().await.expect(403).text("/type"), "urn:consultantpro:problem:reauthentication-required");
    }
    let owner = with_tokens(&firm.owner, &login(&app, &firm.owner.email).await);
    assert_eq!(owner.get(SETTINGS).await.expect(200).text("/account"), account);
    connect(&owner).await.expect(200);
}

#[tokio::test]
async fn how_the_account_stands_is_what_stripe_says_however_its_events_come() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let account = settings(&firm).await.text("/account");
    app.stand_in.step(&account, Move::Restrict).unwrap();
    app.stand_in.step(&account, Move::Complete).unwrap();
    let old = app.stand_in.take_events();
    app.stand_in.step(&account, Move::Restrict).unwrap();
    let events = [app.stand_in.take_events(), old].concat();
    for event in [&events[..], &events[..]].concat() {
        app.apply_stripe(&[event]).await;
        let shown = settings(&firm).await;
        assert_eq!(shown.json["charges_enabled"], false);
        assert_eq!(shown.json["requirements"]["past_due"], json!(["individual.verification.document"]));
        assert_eq!(shown.text("/requirements/disabled_reason"), "requirements.past_due");
        assert!(shown.json["requirements"]["due_at"].is_string());
    }
    app.deliver_by(&post).await;
    let told: Vec<_> = post.mails_to(&firm.owner.email).into_iter().map(|mail| mail.subject).collect();
    assert_eq!(told.iter().filter(|subject| subject.contains("can't pay you online")).count(), 1, "{told:?}");
    app.stand_in.step(&account, Move::Reject).unwrap();
    app.pump_stripe().await;
    assert_eq!(settings(&firm).await.text("/requirements/disabled_reason"), "rejected.fraud");
    assert_all_chains_hold(&app).await;
}

#[tokio::test]
async fn what_is_told_of_an_account_that_is_nobodys_or_of_our_own_changes_nothing() {
    let app = TestApp::unlimited().await;
    let (firm, other) = (app.firm().await, app.firm().await);
    let [account, others] = [settings(&firm).await.text("/account"), settings(&other).await.text("/account")];
    let stranger = app.stand_in.connected();
    app.stand_in.step(&stranger, Move::Restrict).unwrap();
    app.stand_in.step(&stranger, Move::Deauthorize).unwrap();
    let strange = app.stand_in.take_events();
    let before = app.records();
    let unowned = |event: &String| {
        altered(event, |event| {
            event.as_object_mut().unwrap().remove("account");
            event["data"]["object"]["id"] = account.clone().into();
        })
    };
    // One that says of another's account that it is about this one asks how this one stands.
    let of_others = altered(&strange[0], |event| {
        event["account"] = others.clone().into();
        event["data"]["object"]["id"] = account.clone().into();
    });
    let events = [strange.clone(), strange.iter().map(unowned).collect(), vec![of_others]].concat();
    app.apply_stripe(&events).await;
    assert_eq!(app.records(), before);
    assert_eq!(of_account(&events[0]), Some(stranger));
}

#[tokio::test]
async fn an_account_that_stripe_can_not_be_asked_about_is_asked_about_later() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    app.stand_in.step(&settings(&firm).await.text("/account"), Move::Restrict).unwrap();
    let events = app.stand_in.take_events();
    app.stand_in.switch(Switches { refuse: 100, ..Switches::default() });
    let batch = || events.iter().map(|event| ("event", event.as_str()));
    assert_eq!(tests::hand(&app.stripe_events(), batch()).await, ["event"]);
    assert_eq!(settings(&firm).await.json["charges_enabled"], true);
    app.stand_in.switch(Switches::default());
    assert_eq!(tests::hand(&app.stripe_events(), batch()).await, Vec::<String>::new());
    assert_eq!(settings(&firm).await.json["charges_enabled"], false);
}

#[tokio::test]
async fn ways_to_pay_are_chosen_among_those_that_the_account_has() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let choose = async |methods: Value| firm.owner.patch(SETTINGS, json!({"payment_methods": methods})).await;
    for (methods, status) in [
        (json!([]), 422),
        (json!(["card", "card"]), 422),
        (json!(["cash"]), 422),
        (json!("card"), 400),
        (json!(["card", "bacs_debit"]), 422),
        (json!(["card", "sepa_debit"]), 200),
        (Value::Null, 200),
    ] {
        let answer = choose(methods.clone()).await;
        assert!(answer.status == status || status == 422 && answer.status == 400, "{methods}: {:#}", answer.json);
        if answer.status != 200 {
            assert!(answer.fields()[0].starts_with("payment_methods"), "{methods}: {:#}", answer.json);
        }
    }
    let unconnected = app.unconnected_firm().await;
    unconnected.owner.patch(SETTINGS, json!({"payment_methods": ["card"]})).await.expect(409);
    unconnected.owner.post(format!("{SETTINGS}disconnect/"), json!({})).await.expect(409);
}

#[tokio::test]
async fn a_stripe_that_answers_too_late_leaves_the_call_to_be_made_again() {
    let app = TestApp::unlimited().await;
    let firm = app.unconnected_firm().await;
    app.stand_in.switch(Switches { slow_ms: 5_000, ..Switches::default() });
    let call = firm.owner.call(Method::POST, format!("{SETTINGS}connect/"));
    // The front answers before Lambda ends the process.
    call.within(TimeDelta::seconds(3)).send().await.expect(503);
    assert_eq!(accounts(&app).await, 1, "it was made");
    assert_eq!(settings(&firm).await.json["account"], Value::Null, "and isn't known");
    app.stand_in.switch(Switches::default());
    connect(&firm.owner).await.expect(200);
    assert_eq!(accounts(&app).await, 1);
}
