//! What a function's policies allow is what its code does, no less and no more: to the table, by the keys too, and to every
//! other service that it calls.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use domain::allowance::Limits;
use local::{
    ses::Told,
    stripe::{Action, Move},
    template::{ACCOUNT, Call, Function, REGION},
};
use mail_events::MailEvents;
use outbox::Outbox;
use serde_json::json;
use tests::{Fault, PostOffice, TestApp, catalog, email, hand_mail_events};

use super::assert_none;
use crate::{stripe_events::Bill, stripe_failures::poison};

/// What Lambda does in the name of a function, before and after it calls it.
const LAMBDAS_OWN: [&str; 11] = [
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
];
/// What is looked at through its environment: [`each_function_reaches_the_secrets_and_senders_that_its_environment_names`].
const BY_ENVIRONMENT: [&str; 7] = [
    "secretsmanager:GetSecretValue",
    "ses:CreateEmailIdentity",
    "ses:DeleteEmailIdentity",
    "ses:GetEmailIdentity",
    "ses:PutEmailIdentityMailFromAttributes",
    "ses:SendEmail",
    "ses:TagResource",
];
/// Queues to which Lambda puts what a function gave up.
const GIVEN_UP: [&str; 2] = ["outbox", "projections"];

/// What each function was seen to do.
struct Watch<'a> {
    app: &'a TestApp,
    done: BTreeMap<String, BTreeSet<Call>>,
}

impl Watch<'_> {
    /// What was done since this was last called was done by `function`.
    fn was(&mut self, function: &str) {
        let calls = self.app.meter.take().into_iter().chain(self.app.stripe.meter.take()).chain(self.app.mail_queue.meter.take());
        self.done.entry(function.to_owned()).or_default().extend(calls.flat_map(|call| call.needs).map(as_in_the_template));
    }

    /// What was done since then was done by tests.
    fn was_nobody(&self) {
        self.app.meter.take();
        self.app.stripe.meter.take();
        self.app.mail_queue.meter.take();
    }
}

/// `call`, if it is of a test's own queue, as one of the queue that has its place.
fn as_in_the_template(call: Call) -> Call {
    let name = call.resource.rsplit(':').next().unwrap_or_default();
    if !call.action.starts_with("sqs:") || name.is_empty() {
        return call;
    }
    let kind = if name.starts_with("mail-events") { "mail-events" } else { "stripe-events" };
    let name = if name.ends_with("-dead") { format!("consultantpro-{kind}-dead-local") } else { format!("consultantpro-{kind}-local") };
    Call { resource: format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"), ..call }
}

#[tokio::test]
async fn every_function_is_allowed_just_what_it_does() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let mut watch = Watch { app: &app, done: BTreeMap::new() };
    // Processes that lease requests anew, as each has to.
    let fresh: Vec<_> = catalog().iter().map(|_| app.environment()).collect();
    for (row, environment) in catalog().into_iter().zip(&fresh) {
        let given = row.given(&firm).await;
        watch.was_nobody();
        row.rightful(&firm, &given).by(environment).send().await;
        let operation = row.described();
        let route = app.template.route(operation.method.as_str(), &operation.path_of(given.named.as_deref())).unwrap();
        watch.was(&route.function);
    }
    // A proposal that would have expired gives way to another.
    let prospect = firm.prospect().await;
    for accepted in [false, true] {
        let body = json!({"prospect": prospect, "title": "Study", "total_value": "500.00", "valid_until": "2099-01-31"});
        let proposal = firm.owner.post("/api/crm/proposals/", body).await.expect(201).id();
        let act = if accepted { "accept" } else { "send" };
        firm.owner.post(format!("/api/crm/proposals/{proposal}/{act}/"), json!({})).await.expect(200);
    }
    let post = PostOffice::open().await;
    app.stripe.ready().await;
    watch.was_nobody();
    app.deliver_to(&app.outbox_of(&post)).await;
    watch.was("outbox");
    local::redrive::order(&app.store_unmetered(), Some(&firm.id), None, app.clock.now()).await.unwrap();
    app.deliver_to(&app.outbox_of(&post)).await;
    watch.was("outbox");
    app.project().await;
    watch.was("projections");

    let (bill, part) = (Bill::of(&firm, "500").await, Bill::of(&firm, "500").await);
    part.session().await;
    part.act("record-payment", json!({"amount": "100", "method": "cash"})).await;
    bill.after(&[Action::Pay, Action::Refund(Some(100))]).await;
    app.stand_in.step(&firm.account().await, Move::Complete).unwrap();
    let events = app.stand_in.take_events();
    let poison = poison(&events[0], &bill.id);
    watch.was_nobody();
    for event in events.iter().chain(&poison[..1]) {
        app.stripe_event(event).send().await.expect(200);
    }
    watch.was("webhooks");
    app.deliver_to(&app.outbox_of(&post)).await;
    watch.was("outbox");
    app.stand_in.switch(local::stripe::Switches { refuse: 4, ..Default::default() });
    for _ in 0..2 {
        app.stripe.deliver_to(&app.stripe_events()).await;
    }
    watch.was("stripe-events");
    // A mail came back, of another that can't be written yet, and a third is nobody's.
    let (_, sent) = firm.sent(&email("ann"));
    let bounced = app.ses_event(&sent, Told::Bounced("Permanent", "General"));
    let to = email("ann");
    crate::undelivered::offer(&firm, &to).await;
    app.deliver_to(&app.outbox_of(&post)).await;
    app.mail_queue.ready().await;
    watch.was_nobody();
    app.tell(&post.sent_to(&to)[0], &[Told::Bounced("Permanent", "General")]).await;
    app.meter.crash(0, Fault::Lost);
    let events = MailEvents { store: app.store_without_patience(), ..app.mail_events() };
    assert_eq!(hand_mail_events(&events, [("bounced", bounced.as_str()), ("poison", "not json")]).await, ["bounced"]);
    app.meter.heal();
    watch.was("mail-events");
    // One waits for the next day.
    crate::undelivered::offer(&firm, &email("eve")).await;
    let none = Limits { first: 0, most: 0 };
    app.deliver_to(&Outbox { limits: none, ..app.outbox_of(&post) }).await;
    watch.was_nobody();
    app.clock.advance(TimeDelta::days(400));
    assert!(app.fire_timers_by(&post).await);
    watch.was("schedule");

    let mut faults = Vec::new();
    for function in &app.template.functions {
        let done = watch.done.remove(&function.name).unwrap_or_default();
        faults.extend(done.iter().filter(|call| !function.allows(call)).map(|call| format!("{} may not do {call:?}", function.name)));
        faults.extend(never_done(function, &done));
    }
    assert_none(&faults);
}

/// What `function` is allowed and none of the calls that it made needed.
fn never_done(function: &Function, done: &BTreeSet<Call>) -> Vec<String> {
    let mut never = Vec::new();
    for statement in function.statements.iter().filter(|statement| statement.name != "GiveUp") {
        for action in statement.allowed_actions() {
            let is_seen = LAMBDAS_OWN.contains(&action.as_str()) || BY_ENVIRONMENT.contains(&action.as_str());
            if !is_seen && !done.iter().any(|call| call.action == *action && statement.fits(call)) {
                never.push(format!("{} never does {action}, which {} allows", function.name, statement.name));
            }
        }
    }
    if GIVEN_UP.contains(&function.name.as_str()) != function.statements.iter().any(|statement| statement.name == "GiveUp") {
        never.push(format!("{} gives up what it isn't given, or can't", function.name));
    }
    never
}

#[tokio::test]
async fn nobody_but_auth_comes_to_credentials_and_sessions_and_others_only_lease_or_look_at_what_lies_beside_memberships() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let keys: BTreeSet<String> = app.items().into_keys().map(|(pk, _)| pk).collect();
    let of = |part: &str| keys.iter().filter(|pk| pk.contains(part)).cloned().collect::<Vec<_>>();
    let [logins, credentials, emails, members, leases] = ["#LOGIN#", "LOGIN#", "EMAIL#", "#MEMBER#", "#LEASE#"].map(of);
    let begin = |keys: Vec<String>, with: &str| keys.into_iter().filter(|pk| pk.starts_with(with)).collect::<Vec<_>>();
    let (credentials, emails) = (begin(credentials, "LOGIN#"), begin(emails, "EMAIL#"));
    assert!([&logins, &credentials, &emails, &members, &leases].iter().all(|keys| !keys.is_empty()), "{keys:?}");
    // Who may read the table's indexes finds no login there.
    let items = app.items().into_iter().filter(|((pk, _), _)| logins.contains(pk)).map(|(_, item)| item);
    assert!(items.flat_map(|item| item.as_object().unwrap().clone()).all(|(name, _)| !name.starts_with("by_")));
    // What a client chooses is no way in, and no way to be kept out.
    let chosen = vec![format!("F#{}#IDEMPOTENCY#{}#x#MEMBER#z", firm.id, firm.owner.id)];
    let resource = format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{}", app.template.table.name);
    let mut faults = Vec::new();
    for function in app.template.functions.iter().filter(|function| function.environment.contains_key("TABLE_NAME")) {
        for action in ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"] {
            let call = |keys: &[String]| Call { action: format!("dynamodb:{action}"), resource: resource.clone(), keys: keys.to_vec() };
            let name = function.name.as_str();
            let may_at_all = function.allows(&call(&chosen));
            for (what, keys) in
                [("logins", &logins), ("credentials", &credentials), ("e-mails", &emails), ("members", &members), ("leases", &leases)]
            {
                let removes = name == "schedule" && action == "DeleteItem";
                let may = match what {
                    "logins" => {
                        may_at_all
                            && (["auth", "schedule"].contains(&name)
                                || name == "outbox" && ["GetItem", "BatchGetItem", "Query"].contains(&action))
                    }
                    _ if removes => true,
                    "members" => may_at_all && ["auth", "clients"].contains(&name),
                    "leases" => {
                        // No request comes to the schedule.
                        may_at_all
                            && name != "schedule"
                            && (["UpdateItem", "ConditionCheckItem"].contains(&action) || ["auth", "clients"].contains(&name))
                    }
                    _ => may_at_all && name == "auth",
                };
                if function.allows(&call(keys)) != may {
                    faults.push(format!("{name} {} do {action} to {what}", if may { "can't" } else { "can" }));
                }
                // Nor beside others, in one batch.
                if function.allows(&call(&[&chosen[..], &keys[..]].concat())) != may {
                    faults.push(format!("{name} {} do {action} to {what} among others", if may { "can't" } else { "can" }));
                }
            }
        }
    }
    assert_none(&faults);
}

#[test]
fn each_function_reaches_the_secrets_and_senders_that_its_environment_names() {
    let template = local::template::Template::load().unwrap();
    let secrets = |function: &Function| -> BTreeSet<String> {
        function.environment.iter().filter(|(name, _)| name.ends_with("_SECRET")).map(|(_, secret)| secret.clone()).collect()
    };
    let all: BTreeSet<String> = template.functions.iter().flat_map(secrets).collect();
    assert!(all.len() >= 4, "{all:?}");
    let call = |service: &str, action: &str, name: &str| Call {
        action: action.to_owned(),
        resource: format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"),
        keys: Vec::new(),
    };
    for function in &template.functions {
        for secret in &all {
            let read = call("secretsmanager", "secretsmanager:GetSecretValue", &format!("secret:{secret}-a1B2c3"));
            assert_eq!(function.allows(&read), secrets(function).contains(secret), "{} and {secret}", function.name);
        }
        let other = call("secretsmanager", "secretsmanager:GetSecretValue", "secret:another-a1B2c3");
        assert!(!function.allows(&other), "{}", function.name);
        let group = format!("log-group:{}:log-stream:1", function.environment.get("SECURITY_LOG_GROUP").map_or("none", String::as_str));
        let logs = ["logs:CreateLogStream", "logs:PutLogEvents"].map(|action| function.allows(&call("logs", action, &group)));
        assert_eq!(logs, [function.environment.contains_key("SECURITY_LOG_GROUP"); 2], "{}", function.name);
        let mail = call("ses", "ses:SendEmail", "identity/consultantpro.example");
        assert_eq!(function.allows(&mail), function.environment.contains_key("MAIL_FROM"), "{}", function.name);
        // Firms' own domains: who sends sets them up, and our own is never changed.
        let may = |action: &str, domain: &str| function.allows(&call("ses", &format!("ses:{action}"), &format!("identity/{domain}")));
        let changes = ["CreateEmailIdentity", "DeleteEmailIdentity", "PutEmailIdentityMailFromAttributes", "TagResource"];
        assert_eq!(may("SendEmail", "acme.example"), function.name == "outbox", "{}", function.name);
        assert_eq!(changes.map(|action| may(action, "acme.example")), [function.name == "outbox"; 4], "{}", function.name);
        assert_eq!(changes.map(|action| may(action, "consultantpro.example")), [false; 4], "{}", function.name);
        let looks = ["outbox", "schedule"].contains(&function.name.as_str());
        assert_eq!(may("GetEmailIdentity", "acme.example"), looks, "{}", function.name);
    }
}
