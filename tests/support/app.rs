//! The whole product in one process.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, LazyLock, Mutex},
    time::Duration,
};

use api::{App, Front, Limiter, Limits, Routes, SecurityLog, Verifier};
use auth::{Keys, Registration, Sending, Stripe, published};
use aws_sdk_dynamodb::{
    Client,
    config::{
        BehaviorVersion, Credentials, Region,
        retry::{RetryConfig, RetryPartition, TokenBucket},
    },
};
use checkout::Till;
use chrono::TimeDelta;
use domain::{Email, Time, payment_account::Taking};
use http::Method;
use lambda_http::{Context, LambdaEvent};
use local::{
    dynamodb::Dynamo,
    stripe::StandIn,
    template::{REGION, Template},
};
use payments::Payments;
use runtime::Clock;
use secrets::{Kept, LinkKey, SigningKey, WebhookSecrets, stripe_key};
use serde_json::{Value, json};
use store::Store;
use webhooks::Webhooks;

use crate::{Call, EventQueue, Firm, Meter, STRIPE_KEY, Security, Vault, support::stripe::endpoint_secrets};

/// Who makes the tokens.
pub const ISSUER: &str = "https://consultantpro.example";
/// Where the web app would be.
pub const WEB_ORIGIN: &str = "https://app.consultantpro.example";

/// How long a request may take: a machine that does much at once isn't to be mistaken for a function that is too slow.
const PATIENCE: TimeDelta = TimeDelta::seconds(60);

/// The functions, a DynamoDB of their own, and a clock that tests set.
pub struct TestApp {
    /// `template.yaml`.
    pub template: &'static Template,
    /// The table.
    pub dynamo: Dynamo,
    /// The proxy between the functions and the table.
    pub meter: Meter,
    /// The functions' store, through the meter.
    pub store: Store,
    /// The functions' time.
    pub clock: Clock,
    /// What `auth` signs and checks with.
    pub signing: SigningKey,
    /// What tokens are checked with, as it is published.
    pub public_keys: String,
    /// What mails' links are made with.
    pub links: LinkKey,
    /// The functions' secrets.
    pub vault: Vault,
    /// Where Stripe's events go.
    pub stripe: EventQueue,
    /// Where goes what SES tells of mails.
    pub mail_queue: EventQueue,
    /// What stands in for Stripe.
    pub stand_in: StandIn,
    /// How payments are taken.
    pub taking: Taking,
    first: Environment,
    limits: Limits,
    registration: Registration,
    /// What the security log was told.
    pub security: Arc<Security>,
    address: IpAddr,
    pub(crate) delivered: Mutex<Option<String>>,
    /// How far the stream was delivered to `projections`.
    pub(crate) projected: Mutex<Option<String>>,
}

/// How mails are sent, as the template says.
fn sending() -> Sending {
    let sender = template().functions.iter().find_map(|function| function.environment.get("MAIL_SENDER")).unwrap();
    Sending { sender: Email::new(sender).unwrap(), region: REGION.to_owned() }
}

/// The routers of the functions that answer HTTP, by the functions' names.
pub fn routers<R: Routes<State = App>>(
    keys: Keys,
    links: impl Into<Kept<LinkKey>>,
    webhooks: Webhooks,
    till: Till,
) -> BTreeMap<&'static str, R> {
    let stripe = Stripe { payments: till.payments.clone(), mode: till.taking.mode };
    BTreeMap::from([
        ("auth", auth::router(keys, stripe, sending())),
        ("clients", clients::router(till.clone())),
        ("crm", crm::router()),
        ("docs", docs::router()),
        ("finance", finance::router()),
        ("guest", guest::router(links, till)),
        ("projects", projects::router()),
        ("webhooks", webhooks::router(webhooks)),
    ])
}

/// A process of each function, which shares nothing with others but the table.
pub struct Environment {
    functions: BTreeMap<&'static str, Front>,
    clock: Clock,
}

impl Environment {
    /// What a function answers to an event of API Gateway's, from the event's text to the answer's.
    pub async fn invoke(&self, function: &str, event: &Value) -> http::Response<bytes::Bytes> {
        self.invoke_within(PATIENCE, function, event).await
    }

    /// The same, if Lambda ends the process so long from now.
    pub(crate) async fn invoke_within(&self, patience: TimeDelta, function: &str, event: &Value) -> http::Response<bytes::Bytes> {
        let front = self.functions.get(function).unwrap_or_else(|| panic!("no function {function}")).clone();
        let mut context = Context::default();
        context.deadline = u64::try_from((self.clock.now() + patience).timestamp_millis()).unwrap();
        let event = LambdaEvent::new(serde_json::from_str(&event.to_string()).unwrap(), context);
        let answer = api::handle(front, event).await.unwrap();
        local::gateway::response(&serde_json::to_value(&answer).unwrap()).unwrap()
    }
}

impl TestApp {
    /// A new one, with the limits that the product has.
    pub async fn new() -> Self {
        Self::with(Limits::default()).await
    }

    /// A new one, with limits that no test reaches.
    pub async fn unlimited() -> Self {
        Self::with(plenty()).await
    }

    /// A new one, where those sign up firms who may by `registration`.
    pub async fn admitting(registration: Registration) -> Self {
        let mut app = Self::new().await;
        app.admit(registration);
        app
    }

    /// Those sign up firms from now on who may by `registration`.
    pub fn admit(&mut self, registration: Registration) {
        self.registration = registration;
        self.first = self.environment();
    }

    /// The same, whose calls to the table are tried again after some milliseconds: for tests in which many fail.
    pub async fn restless() -> Self {
        Self::made(plenty(), Taking::CONNECT, RetryConfig::standard().with_initial_backoff(Duration::from_millis(4))).await
    }

    /// A new one, with these limits.
    pub async fn with(limits: Limits) -> Self {
        Self::made(limits, Taking::CONNECT, RetryConfig::standard()).await
    }

    /// A new one in which payments are taken so, without limits.
    pub async fn taking(taking: Taking) -> Self {
        Self::made(plenty(), taking, RetryConfig::standard()).await
    }

    async fn made(limits: Limits, taking: Taking, retries: RetryConfig) -> Self {
        let template = template();
        let dynamo = Dynamo::memory(template).unwrap();
        let meter = Meter::before(dynamo.endpoint()).await;
        let store = store_with(meter.url(), template, retries);
        let local = local::keys::Keys::generate().unwrap();
        let vault = Vault::default();
        vault.set("signing", Some(&local.signing_secret()));
        vault.set("links", Some(&local.link_secret()));
        vault.set("stripe", Some(&json!({"key": STRIPE_KEY}).to_string()));
        vault.set("stripe-webhooks", Some(&endpoint_secrets().to_string()));
        let (signing, links) = (SigningKey::parse(&local.signing_secret()).unwrap(), LinkKey::parse(&local.link_secret()).unwrap());
        let public_keys = local.public_keys();
        let clock = Clock::default();
        let (stripe, mail_queue) = (EventQueue::new("stripe-events").await, EventQueue::new("mail-events").await);
        let stand_in = StandIn::start(None).await.unwrap();
        let address = IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 | (rand::random::<u32>() & 0x00ff_ffff)));
        let first = Environment { functions: BTreeMap::new(), clock: clock.clone() };
        let mut app = Self {
            template,
            dynamo,
            meter,
            store,
            clock,
            signing,
            public_keys,
            links,
            vault,
            stripe,
            mail_queue,
            stand_in,
            taking,
            first,
            limits,
            registration: Registration::Open,
            security: Arc::default(),
            address,
            delivered: Mutex::default(),
            projected: Mutex::default(),
        };
        app.first = app.environment();
        app
    }

    /// Another process of each function that answers HTTP, which has just started.
    pub fn environment(&self) -> Environment {
        self.environment_with(&self.public_keys)
    }

    /// The same, whose security log is `log`.
    pub fn environment_telling(&self, log: Arc<dyn SecurityLog>) -> Environment {
        let Environment { functions, clock } = self.environment();
        Environment { functions: functions.into_iter().map(|(name, front)| (name, front.telling(log.clone()))).collect(), clock }
    }

    /// The same, deployed with these public keys.
    pub fn environment_with(&self, public_keys: &str) -> Environment {
        let verifier = Arc::new(Verifier::new(public_keys, ISSUER).unwrap());
        let app = || App {
            store: self.store.clone(),
            verifier: verifier.clone(),
            limiter: Arc::new(Limiter::new(self.limits)),
            clock: self.clock.clone(),
            web_origin: WEB_ORIGIN.into(),
        };
        let signing = {
            let verifier = verifier.clone();
            self.vault.kept("signing", move |text| published(SigningKey::parse(text)?, &verifier, ISSUER))
        };
        let keys = Keys::new(ISSUER, signing, self.links(), crate::cheap_passwords(), self.registration);
        let webhooks = self.stripe.webhooks(self.clock.clone(), self.vault.kept("stripe-webhooks", WebhookSecrets::parse));
        let till = Till { payments: self.payments(), taking: self.taking };
        let routers = routers(keys, self.links(), webhooks, till);
        let functions =
            routers.into_iter().map(|(name, router)| (name, Front::new(app(), router).telling(self.security.clone()))).collect();
        Environment { functions, clock: self.clock.clone() }
    }

    /// Our account at the stand-in for Stripe.
    pub fn payments(&self) -> Kept<Payments> {
        let url = self.stand_in.url().to_owned();
        self.vault.kept("stripe", move |text| Payments::new(&stripe_key(text)?, Some(&url)).map_err(|bad| bad.to_string()))
    }

    pub(crate) fn links(&self) -> Kept<LinkKey> {
        self.vault.kept("links", LinkKey::parse)
    }

    /// A request by nobody.
    pub fn call(&self, method: Method, path: impl Into<String>) -> Call<'_> {
        Call::new((self, &self.first), method, path.into(), (self.address, PATIENCE))
    }

    /// `GET path` by nobody.
    pub fn get(&self, path: impl Into<String>) -> Call<'_> {
        self.call(Method::GET, path)
    }

    /// `POST path` by nobody.
    pub fn post(&self, path: impl Into<String>, body: Value) -> Call<'_> {
        self.call(Method::POST, path).json(body)
    }

    /// What a function answers to an event of API Gateway's.
    pub async fn invoke(&self, function: &str, event: &Value) -> http::Response<bytes::Bytes> {
        self.first.invoke(function, event).await
    }

    /// A firm that has just signed up, and whose founder has confirmed their e-mail.
    pub async fn firm(&self) -> Firm<'_> {
        Firm::register(self).await
    }

    /// The same that hasn't set up how it is paid online.
    pub async fn unconnected_firm(&self) -> Firm<'_> {
        Firm::unconnected(self).await
    }

    /// A firm whose founder hasn't.
    pub async fn unconfirmed_firm(&self) -> Firm<'_> {
        Firm::unconfirmed(self).await
    }

    /// From now on it is `time`, to the second, for the functions and at Stripe's.
    pub fn set_time(&self, time: Time) {
        let ahead = (time - self.clock.now()).num_seconds();
        self.clock.advance(TimeDelta::seconds(ahead));
        self.stand_in.advance(ahead);
    }

    /// The store, past the meter: for what a test looks at itself.
    pub fn store_unmetered(&self) -> Store {
        store_at(self.dynamo.endpoint(), self.template)
    }

    /// The store through the meter, which gives up at the first call that fails: for tests in which many do.
    pub fn store_without_patience(&self) -> Store {
        store_with(self.meter.url(), self.template, RetryConfig::disabled())
    }
}

/// `template.yaml`, which takes longer to read than most of what is asked of an app.
pub(crate) fn template() -> &'static Template {
    static TEMPLATE: LazyLock<Template> = LazyLock::new(|| Template::load_with(&[("WebOrigin", WEB_ORIGIN)]).unwrap());
    &TEMPLATE
}

fn plenty() -> Limits {
    let plenty = store::Quota { per_minute: None, per_hour: 1_000_000_000 };
    Limits { user: plenty, anonymous: plenty, payment: plenty, guest: plenty }
}

fn store_at(endpoint: &str, template: &Template) -> Store {
    store_with(endpoint, template, RetryConfig::standard())
}

/// What its calls may be tried again in all isn't counted: a process may have a few in a row that fail, tests have hundreds, and
/// all of a process share the count.
fn store_with(endpoint: &str, template: &Template, retries: RetryConfig) -> Store {
    Store::new(client_with(endpoint, retries), &template.table.name)
}

pub(crate) fn client_with(endpoint: &str, retries: RetryConfig) -> Client {
    let uncounted = RetryPartition::custom("tests").token_bucket(TokenBucket::unlimited()).build();
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(endpoint)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::for_tests())
        .retry_config(retries)
        .retry_partition(uncounted)
        .build();
    Client::from_conf(config)
}
