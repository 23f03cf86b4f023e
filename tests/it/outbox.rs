//! The outbox: what follows from events, however they are delivered, and the mails that people get.

use std::collections::{BTreeMap, VecDeque};

use aws_sdk_sesv2::config::{BehaviorVersion, Credentials, Region};
use chrono::TimeDelta;
use domain::{Email, access::Role};
use local::ministack::Mail;
use outbox::Outbox;
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};
use serde_json::{Value, json};
use tests::{Answer, Firm, Meter, PASSWORD, TestApp, email, ministack};

/// The mails that `address` got, oldest first.
pub(crate) async fn mails_to(address: &str) -> Vec<Mail> {
    let mails = ministack().mails().await.unwrap();
    mails.into_iter().filter(|mail| mail.to.iter().any(|to| to.contains(address))).collect()
}

/// The token of the link in a mail.
pub(crate) fn link_token(mail: &Mail) -> String {
    let (_, rest) = mail.text.split_once("/activate?token=").unwrap_or_else(|| panic!("no link in {}", mail.text));
    rest.split_whitespace().next().unwrap().to_owned()
}

/// All that the table's stream has for the outbox, in its order.
fn events(app: &TestApp) -> Vec<Value> {
    let filters = &app.stream_trigger("outbox").filters;
    let records = app.dynamo.stream().after(None).unwrap();
    records.into_iter().filter(|record| filters.iter().any(|filter| filter.matches(record))).collect()
}

fn number(record: &Value) -> &str {
    record["dynamodb"]["SequenceNumber"].as_str().unwrap()
}

/// Hand a batch to the outbox; the sequence number of the first record that wasn't done.
async fn hand(outbox: &Outbox, batch: &[Value]) -> Option<String> {
    let event = serde_json::from_value(json!({"Records": batch})).unwrap();
    let response = outbox::handle(outbox, event).await;
    assert!(response.batch_item_failures.len() <= 1, "a batch stops at its first failure");
    response.batch_item_failures.into_iter().next().map(|failure| failure.item_identifier.unwrap())
}

async fn ses() -> Meter {
    Meter::before(ministack().endpoint()).await
}

/// A proposal to a prospect with this e-mail, and another that will have to give way.
async fn offered(firm: &Firm<'_>, to: &str) -> (String, [String; 2]) {
    let body = json!({"company_name": "Acme Corp", "contact_name": "Ann Lee", "email": to});
    let prospect = firm.owner.post("/api/crm/prospects/", body).await.expect(201).id();
    let body = json!({"prospect": prospect, "title": "Market study", "total_value": "50000.00"});
    let first = firm.owner.post("/api/crm/proposals/", body.clone()).await.expect(201).id();
    let second = firm.owner.post("/api/crm/proposals/", body).await.expect(201).id();
    (prospect, [first, second])
}

async fn act(firm: &Firm<'_>, proposal: &str, action: &str) -> Answer {
    firm.owner.post(format!("/api/crm/proposals/{proposal}/{action}/"), json!({})).await.expect(200)
}

async fn count(firm: &Firm<'_>, path: &str, event: &str) -> usize {
    let history = firm.owner.get(format!("{path}history/")).await.expect(200);
    history.json["results"].as_array().unwrap().iter().filter(|one| one["event"] == event).count()
}

/// Each event 1 to 5 times, in any order, in batches of any size.
fn scheduled(events: &[Value], random: &mut StdRng) -> VecDeque<Vec<Value>> {
    let mut copies: Vec<Value> = events.iter().flat_map(|event| vec![event.clone(); random.random_range(1..=5)]).collect();
    copies.shuffle(random);
    let mut batches = VecDeque::new();
    while !copies.is_empty() {
        let size = random.random_range(1..=10.min(copies.len()));
        batches.push_back(copies.split_off(copies.len() - size));
    }
    batches
}

/// Have two outboxes at once take the batches in turn, and deliver again what wasn't done, until all is.
async fn deliver_to_both(app: &TestApp, outboxes: [&Outbox; 2], mut batches: VecDeque<Vec<Value>>) {
    for _ in 0..1_000 {
        let pair = [batches.pop_front().unwrap_or_default(), batches.pop_front().unwrap_or_default()];
        let failed = tokio::join!(hand(outboxes[0], &pair[0]), hand(outboxes[1], &pair[1]));
        for (batch, failed) in pair.into_iter().zip([failed.0, failed.1]) {
            let Some(failed) = failed else { continue };
            let undone = batch.into_iter().skip_while(|record| number(record) != failed).collect();
            batches.push_back(undone);
            app.clock.advance(TimeDelta::seconds(31));
        }
        if batches.is_empty() {
            return;
        }
    }
    panic!("{} batches are never done", batches.len());
}

#[tokio::test]
async fn events_that_come_often_shuffled_and_to_two_outboxes_at_once_have_one_effect_each() {
    let seed: u64 = rand::random();
    for seed in seed..seed.saturating_add(6) {
        println!("seed {seed}");
        let mut random = StdRng::seed_from_u64(seed);
        let app = TestApp::unlimited().await;
        let firm = app.firm().await;
        let member = email("member");
        let body = json!({"name": "Mia Member", "email": member, "role": "consultant"});
        firm.owner.post("/api/auth/users/", body).await.expect(201);
        let mut sales = Vec::new();
        for name in ["ann", "bob", "eve"] {
            let to = email(name);
            let (prospect, proposals) = offered(&firm, &to).await;
            act(&firm, &proposals[0], "accept").await;
            // One that nobody accepts, of another sale.
            let (_, [open, _]) = offered(&firm, &to).await;
            act(&firm, &open, "send").await;
            sales.push((to, prospect, proposals));
        }
        let ses = ses().await;
        let outboxes = [app.outbox(&ses), app.outbox(&ses)];
        let batches = scheduled(&events(&app), &mut random);
        deliver_to_both(&app, [&outboxes[0], &outboxes[1]], batches).await;
        assert_eq!(mails_to(&member).await.len(), 1, "seed {seed}");
        for (to, prospect, proposals) in &sales {
            let mut subjects = BTreeMap::<String, usize>::new();
            mails_to(to).await.into_iter().for_each(|mail| *subjects.entry(mail.subject).or_default() += 1);
            let expected = [("North & Partners invites you to its client portal", 1), ("Proposal from North & Partners: Market study", 1)];
            assert_eq!(subjects, expected.map(|(subject, times)| (subject.to_owned(), times)).into(), "seed {seed}");
            assert_eq!(count(&firm, &format!("/api/crm/prospects/{prospect}/"), "prospect.won").await, 1, "seed {seed}");
            assert_eq!(count(&firm, &format!("/api/crm/proposals/{}/", proposals[1]), "proposal.cancelled").await, 1, "seed {seed}");
        }
        crate::event_log::assert_all_chains_hold(&app).await;
    }
}

#[tokio::test]
async fn a_mail_that_ses_refuses_fails_its_own_event_and_no_other() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let addresses = [email("ann"), email("bob")];
    let mut prospects = Vec::new();
    for to in &addresses {
        let (prospect, proposals) = offered(&firm, to).await;
        act(&firm, &proposals[0], "accept").await;
        prospects.push(format!("/api/crm/prospects/{prospect}/"));
    }
    let batch = events(&app);
    let ses = ses().await;
    let refused = Outbox { mailer: mailer_from("stranger@elsewhere.example", &ses), ..app.outbox(&ses) };
    // All else is done, and what was set aside isn't tried again by itself.
    assert_eq!(hand(&refused, &batch).await, None);
    assert_eq!(hand(&app.outbox(&ses), &batch).await, None);
    for (prospect, to) in prospects.iter().zip(&addresses) {
        assert_eq!(firm.owner.get(prospect).await.expect(200).text("/stage"), "won");
        assert!(mails_to(to).await.is_empty());
    }
    let undelivered = firm.owner.get("/api/auth/firm/undelivered/?ordering=created").await.expect(200);
    let undelivered = undelivered.json["results"].as_array().unwrap().clone();
    assert_eq!(undelivered.iter().map(|item| item["to"].as_str().unwrap()).collect::<Vec<_>>(), addresses);
    for item in undelivered {
        firm.owner.post(format!("/api/auth/firm/undelivered/{}/retry/", item["id"].as_str().unwrap()), json!({})).await.expect(200);
    }
    app.deliver().await;
    for to in &addresses {
        assert_eq!(mails_to(to).await.len(), 1);
    }
}

/// SES through `ses`, from an address that it may not know.
fn mailer_from(sender: &str, ses: &Meter) -> mail::Mailer {
    let config = aws_sdk_sesv2::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(ses.url())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::for_tests())
        .build();
    mail::Mailer::new(aws_sdk_sesv2::Client::from_conf(config), Email::new(sender).unwrap(), "consultantpro-local")
}

/// A client, to whose portal people can be invited.
async fn client(firm: &Firm<'_>) -> String {
    firm.accepted().await.text("/client/id")
}

async fn invited(firm: &Firm<'_>, client: &str, email: &str) -> String {
    let body = json!({"client": client, "name": "Pia Portal", "email": email});
    firm.owner.post("/api/clients/portal-users/", body).await.expect(201).id()
}

#[tokio::test]
async fn an_invitation_that_was_superseded_before_its_mail_went_out_sends_no_stale_link() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let client = client(&firm).await;
    let to = email("pia");
    let id = invited(&firm, &client, &to).await;
    app.clock.advance(TimeDelta::seconds(1));
    firm.owner.post(format!("/api/clients/portal-users/{id}/invite/"), json!({})).await.expect(200);
    app.deliver().await;
    let mails = mails_to(&to).await;
    assert_eq!(
        mails.iter().map(|mail| mail.subject.as_str()).collect::<Vec<_>>(),
        ["Your new link to the client portal of North & Partners"]
    );
    let body = json!({"token": link_token(&mails[0]), "password": PASSWORD});
    app.post("/api/auth/activate/", body).send().await.expect(200);
}

#[tokio::test]
async fn nobody_who_was_deactivated_gets_a_link() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let client = client(&firm).await;
    let (portal, staff) = (email("pia"), email("mia"));
    let id = invited(&firm, &client, &portal).await;
    firm.owner.post(format!("/api/clients/portal-users/{id}/deactivate/"), json!({})).await.expect(200);
    let body = json!({"name": "Mia Member", "email": staff, "role": "consultant"});
    let id = firm.owner.post("/api/auth/users/", body).await.expect(201).id();
    firm.owner.post(format!("/api/auth/users/{id}/deactivate/"), json!({})).await.expect(200);
    app.deliver().await;
    assert!(mails_to(&portal).await.is_empty());
    assert!(mails_to(&staff).await.is_empty());
}

#[tokio::test]
async fn each_mail_goes_to_one_person_in_the_firms_name_and_its_link_lets_them_in() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let (ann, mia) = (email("ann"), email("mia"));
    let (_, proposals) = offered(&firm, &ann).await;
    act(&firm, &proposals[0], "send").await;
    app.deliver().await;
    act(&firm, &proposals[0], "accept").await;
    let body = json!({"name": "Mia Member", "email": mia, "role": Role::Manager.as_str()});
    let member = firm.owner.post("/api/auth/users/", body).await.expect(201).id();
    app.deliver().await;

    let to_ann = mails_to(&ann).await;
    let to_mia = mails_to(&mia).await;
    let subjects: Vec<_> = to_ann.iter().chain(&to_mia).map(|mail| mail.subject.as_str()).collect();
    assert_eq!(
        subjects,
        [
            "Proposal from North & Partners: Market study",
            "North & Partners invites you to its client portal",
            "Join North & Partners on ConsultantPro",
        ]
    );
    for (mail, to) in to_ann.iter().zip([&ann, &ann]).chain([(&to_mia[0], &mia)]) {
        assert_eq!(mail.to.len(), 1);
        assert!(mail.to[0].ends_with(&format!("<{to}>")), "{:?}", mail.to);
        assert_eq!(mail.from, "\"North & Partners via ConsultantPro\" <no-reply@consultantpro.example>");
        assert!(mail.html.as_deref().unwrap().contains("North &#38; Partners"), "the firm's name, escaped");
    }
    assert!(to_ann[0].text.contains("Total: EUR 50,000.00"), "{}", to_ann[0].text);
    assert!(!to_ann[0].text.contains("token="), "a proposal lets nobody in");

    for (mail, kind, id) in [(&to_ann[1], "portal_user", None), (&to_mia[0], "user", Some(member))] {
        let body = json!({"token": link_token(mail), "password": PASSWORD});
        let granted = app.post("/api/auth/activate/", body.clone()).send().await.expect(200);
        let me = app.get("/api/auth/me/").bearer(&granted.text("/access")).send().await.expect(200);
        assert!(me.json.to_string().contains(&mail.to[0].split('<').nth(1).unwrap().replace('>', "")), "{kind}: {:#}", me.json);
        assert!(id.is_none_or(|id| me.json.to_string().contains(&id)));
        // A link works once.
        app.post("/api/auth/activate/", body).send().await.expect(409);
    }
}
