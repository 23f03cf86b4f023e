//! Failures: DynamoDB, SES or the process fails at any outside call, and nothing is lost or doubled.
//!
//! Each story is told once for every outside call that it makes and for both ways in which that call can fail, until
//! it ends before the fault could strike; so calls that are added later are covered by themselves. From the fault on
//! nothing is reached any more, as after a crash. Then all is well again, the client tries again, and the stream
//! delivers again.
//!
//! One thing can't be hidden: SES has no idempotency token. If the process ends after SES took a mail and before the
//! table knows of it, the outbox sends the same mail again, with the same link. The tests hold that window to the two
//! calls between which it lies.

use std::time::Duration;

use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::{Value, json};
use tests::{Answer, Fault, Firm, Meter, PASSWORD, TestApp, User, email, ministack};

use crate::{event_log::assert_all_chains_hold, outbox::mails_to};

/// How many calls are broken at a time: most of each story is waiting until the SDK tries again.
const AT_ONCE: usize = 8;
/// Longer than the outbox holds a claim.
const CLAIM_IS_OVER: TimeDelta = TimeDelta::seconds(31);
/// What a client sends with each attempt of one request.
const KEY: &str = "the-same-key";

/// A story in which the `n`-th call fails.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Broken {
    pub(crate) n: usize,
    pub(crate) fault: Fault,
}

/// Tell `story` with each of its calls broken; what came of each. A story that ends before its fault gives none.
pub(crate) async fn at_every_call<T, S: Future<Output = Option<T>>>(faults: &[Fault], story: impl Fn(Broken) -> S) -> Vec<(Broken, T)> {
    let (story, mut told) = (&story, Vec::new());
    for first in (0..).step_by(AT_ONCE) {
        let broken = (first..first + AT_ONCE).flat_map(|n| faults.iter().map(move |fault| Broken { n, fault: *fault }));
        let ends = join_all(broken.map(|broken| async move { (broken, story(broken).await) })).await;
        let struck: Vec<_> = ends.into_iter().filter_map(|(broken, end)| Some((broken, end?))).collect();
        let over = struck.len() < AT_ONCE * faults.len();
        told.extend(struck);
        if over {
            break;
        }
    }
    assert!(told.iter().any(|(broken, _)| broken.n == 0), "nothing was ever broken");
    told
}

pub(crate) const BOTH: [Fault; 2] = [Fault::Lost, Fault::Unanswered];

/// A request that a client sends until it is answered.
struct Request<'a> {
    app: &'a TestApp,
    path: String,
    body: Value,
    bearer: Option<&'a str>,
    key: Option<&'a str>,
}

impl Request<'_> {
    async fn send(&self) -> Answer {
        let mut call = self.app.post(&self.path, self.body.clone());
        if let Some(token) = self.bearer {
            call = call.bearer(token);
        }
        if let Some(key) = self.key {
            call = call.header("idempotency-key", key);
        }
        call.send().await
    }

    /// The answer in the end, after a `first` one that may have been a failure. What a client was told once stays so.
    async fn send_again_after(&self, first: Answer, status: u16) -> Answer {
        let again = self.send().await.expect(status);
        match first.status.as_u16() {
            503 => {}
            told => assert_eq!((told, first.json), (status, again.json.clone())),
        }
        again
    }
}

/// A prospect with three proposals, one of which is about to be accepted.
struct Sale<'a> {
    firm: Firm<'a>,
    prospect: String,
    email: String,
    proposals: Vec<String>,
}

impl<'a> Sale<'a> {
    async fn open(app: &'a TestApp) -> Self {
        let firm = app.firm().await;
        let email = email("ann");
        let body = json!({"company_name": "Acme Corp", "contact_name": "Ann Lee", "email": email, "estimated_value": "50000"});
        let prospect = firm.owner.post("/api/crm/prospects/", body).await.expect(201).id();
        let mut proposals = Vec::new();
        for title in ["Chosen", "Second", "Third"] {
            let body = json!({"prospect": prospect, "title": title, "total_value": "50000.00"});
            proposals.push(firm.owner.post("/api/crm/proposals/", body).await.expect(201).id());
        }
        Self { firm, prospect, email, proposals }
    }

    fn accept<'r>(&'r self, app: &'r TestApp, key: Option<&'r str>) -> Request<'r> {
        let path = format!("/api/crm/proposals/{}/accept/", self.proposals[0]);
        Request { app, path, body: json!({"accepted_by": "Ann Lee"}), bearer: Some(&self.firm.owner.access), key }
    }

    /// Exactly one of all that an acceptance makes; how many welcome mails, which all have one link.
    async fn assert_won_once(&self, accepted: &Answer) -> usize {
        let owner = &self.firm.owner;
        for (path, id) in [("clients", "/client/id"), ("portal-users", "/portal_user/id"), ("engagements", "/engagement/id")] {
            let list = owner.get(format!("/api/clients/{path}/")).await.expect(200);
            let ids: Vec<_> = list.json["results"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
            assert_eq!(ids, [accepted.text(id)], "{path}");
        }
        let prospect = owner.get(format!("/api/crm/prospects/{}/", self.prospect)).await.expect(200);
        assert_eq!((prospect.text("/stage"), prospect.text("/client")), ("won".to_owned(), accepted.text("/client/id")));
        assert_eq!(happened(owner, "prospects", &self.prospect, "prospect.won").await, 1);
        for (place, proposal) in self.proposals.iter().enumerate() {
            let (status, event) = if place == 0 { ("accepted", "proposal.accepted") } else { ("cancelled", "proposal.cancelled") };
            let shown = owner.get(format!("/api/crm/proposals/{proposal}/")).await.expect(200);
            assert_eq!(shown.text("/status"), status);
            assert_eq!(happened(owner, "proposals", proposal, event).await, 1);
        }
        let mails = mails_to(&self.email).await;
        let links: std::collections::BTreeSet<_> = mails.iter().map(crate::outbox::link_token).collect();
        assert_eq!(links.len(), 1, "every mail has the same link");
        mails.len()
    }
}

/// How often `event` happened to a record.
async fn happened(owner: &User<'_>, path: &str, id: &str, event: &str) -> usize {
    let history = owner.get(format!("/api/crm/{path}/{id}/history/")).await.expect(200);
    history.json["results"].as_array().unwrap().iter().filter(|one| one["event"] == event).count()
}

/// What breaks, and until when.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// The table, while the proposal is being accepted.
    Accept,
    /// The table, until the outbox was called too.
    AcceptAndFollowUps,
    /// SES.
    Ses,
}

/// A proposal is accepted and followed up although a call in `place` fails; how many welcome mails that took.
async fn accepted_despite(place: Place, key: Option<&str>, Broken { n, fault }: Broken) -> Option<usize> {
    let app = TestApp::restless().await;
    let ses = Meter::before(ministack().endpoint()).await;
    let outbox = app.outbox(&ses);
    let sale = Sale::open(&app).await;
    assert!(app.deliver_to(&outbox).await);
    let request = sale.accept(&app, key);
    let meter = match place {
        Place::Accept | Place::AcceptAndFollowUps => &app.meter,
        Place::Ses => &ses,
    };
    meter.crash(n, fault);
    let first = request.send().await;
    if place != Place::Accept {
        app.deliver_to(&outbox).await;
    }
    let struck = meter.heal();
    let accepted = request.send_again_after(first, 200).await;
    let mut deliveries = 0;
    while !app.deliver_to(&outbox).await {
        app.clock.advance(CLAIM_IS_OVER);
        deliveries += 1;
        assert!(deliveries < 8, "call {n}, {fault:?}: the outbox doesn't get through");
    }
    let mails = sale.assert_won_once(&accepted).await;
    assert_all_chains_hold(&app).await;
    struck.then_some(mails)
}

#[tokio::test]
async fn accept_has_its_effects_once_whichever_call_of_the_table_fails() {
    let told = at_every_call(&BOTH, |broken| accepted_despite(Place::AcceptAndFollowUps, Some(KEY), broken)).await;
    assert!(told.len() > 30, "accept and its follow-ups make more calls than {}", told.len() / 2);
    // The one call by which the table learns that SES took the mail.
    let doubled: Vec<_> = told.iter().filter(|(_, mails)| *mails != 1).map(|(broken, mails)| (broken.fault, *mails)).collect();
    assert_eq!(doubled, [(Fault::Lost, 2)]);
}

#[tokio::test]
async fn accept_has_its_effects_once_without_a_key_too() {
    let told = at_every_call(&BOTH, |broken| accepted_despite(Place::Accept, None, broken)).await;
    assert!(told.iter().all(|(_, mails)| *mails == 1), "{told:?}");
}

#[tokio::test]
async fn a_welcome_mail_is_sent_again_only_if_the_answer_of_ses_was_lost() {
    let told = at_every_call(&BOTH, |broken| accepted_despite(Place::Ses, Some(KEY), broken)).await;
    let mails: Vec<_> = told.iter().map(|(broken, mails)| (broken.n, broken.fault, *mails)).collect();
    assert_eq!(mails, [(0, Fault::Lost, 1), (0, Fault::Unanswered, 2)]);
}

/// A proposal is accepted although an answer of the table is lost on its way; the SDK asks again by itself.
async fn accepted_at_once_despite(Broken { n, .. }: Broken) -> Option<()> {
    let app = TestApp::new().await;
    let sale = Sale::open(&app).await;
    let request = sale.accept(&app, None);
    app.meter.take();
    app.meter.crash(n, Fault::Unanswered);
    let struck = async {
        let mut passed = 0;
        while passed <= n {
            tokio::time::sleep(Duration::from_millis(1)).await;
            passed += app.meter.take().len();
        }
    };
    let mut answer = std::pin::pin!(request.send());
    let (accepted, struck) = tokio::select! {
        answer = &mut answer => (answer, false),
        () = struck => {
            app.meter.heal();
            (answer.await, true)
        }
    };
    app.meter.heal();
    app.deliver().await;
    assert_eq!(sale.assert_won_once(&accepted.expect(200)).await, 1);
    assert_all_chains_hold(&app).await;
    struck.then_some(())
}

#[tokio::test]
async fn a_transaction_that_the_sdk_sends_again_is_recognised() {
    at_every_call(&[Fault::Unanswered], accepted_at_once_despite).await;
}

/// A lead is converted although a call of the table fails.
async fn converted_despite(key: Option<&str>, Broken { n, fault }: Broken) -> Option<()> {
    let app = TestApp::restless().await;
    let owner = app.firm().await.owner;
    let body = json!({"company_name": "Acme Corp", "email": email("ann")});
    let lead = owner.post("/api/crm/leads/", body).await.expect(201).id();
    let path = format!("/api/crm/leads/{lead}/convert/");
    let request = Request { app: &app, path, body: json!({"estimated_value": "50000"}), bearer: Some(&owner.access), key };
    app.meter.crash(n, fault);
    let first = request.send().await;
    let struck = app.meter.heal();
    let again = request.send().await;
    // Under the same key the same answer; without one, a lead that was converted before says 200.
    let prospect = match key {
        Some(_) => again.expect(201),
        None => again,
    };
    if first.status != 503 {
        assert_eq!(first.expect(201).json, prospect.json);
    }
    let prospects = owner.get("/api/crm/prospects/").await.expect(200);
    let ids: Vec<_> = prospects.json["results"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [prospect.id()]);
    assert_eq!(happened(&owner, "leads", &lead, "lead.converted").await, 1);
    assert_all_chains_hold(&app).await;
    struck.then_some(())
}

#[tokio::test]
async fn a_lead_becomes_one_prospect_whichever_call_fails() {
    at_every_call(&BOTH, |broken| converted_despite(Some(KEY), broken)).await;
    at_every_call(&BOTH, |broken| converted_despite(None, broken)).await;
}

/// A firm signs up although a call of the table fails.
async fn registered_despite(Broken { n, fault }: Broken) -> Option<()> {
    let app = TestApp::restless().await;
    let email = email("owner");
    let body = json!({"firm_name": "North & Partners", "name": "Olga Owner", "email": email, "password": PASSWORD});
    let request = Request { app: &app, path: "/api/auth/register/".to_owned(), body, bearer: None, key: Some(KEY) };
    app.meter.crash(n, fault);
    let first = request.send().await;
    let struck = app.meter.heal();
    let registered = request.send_again_after(first, 201).await;
    let me = app.get("/api/auth/me/").bearer(&registered.text("/access")).send().await.expect(200);
    assert_eq!(me.text("/firm/id"), registered.text("/firm/id"));
    app.post("/api/auth/login/", json!({"username": email, "password": PASSWORD})).send().await.expect(200);
    let partitions = app.store_unmetered().partitions().await.unwrap();
    assert_eq!(partitions.len(), 3, "one firm, one user and one login: {partitions:?}");
    assert_all_chains_hold(&app).await;
    struck.then_some(())
}

#[tokio::test]
async fn a_firm_signs_up_once_whichever_call_fails() {
    at_every_call(&BOTH, registered_despite).await;
}
