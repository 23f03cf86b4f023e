//! The functions in this process, with their table straight behind them: nothing in between that would cost CPU.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc};

use api::{App, Front, Limiter, Limits, Verifier};
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use domain::Email;
use lambda_http::{Context, LambdaEvent};
use local::{dynamodb::Dynamo, keys::Keys, template::Template};
use runtime::Clock;
use secrets::{Confirming, LinkKey, SigningKey};
use serde_json::{Value, json};
use store::{Quota, Store};
use tests::{ISSUER, PASSWORD, WEB_ORIGIN, cheap_passwords, email, routers, till_of_nobody, webhooks_of_nobody};

use crate::kinds::{Answers, Request};

/// What a function is called with.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) function: String,
    pub(crate) text: String,
}

/// The functions, their table, and somebody who may call them.
pub(crate) struct Product {
    pub(crate) template: Template,
    pub(crate) dynamo: Dynamo,
    pub(crate) keys: Keys,
    fronts: BTreeMap<&'static str, Front>,
    access: String,
}

impl Product {
    /// One with a firm that has just signed up. Limits are counted, and never reached.
    pub(crate) async fn new() -> Self {
        let template = Template::load().unwrap();
        let dynamo = Dynamo::memory(&template).unwrap();
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(dynamo.endpoint())
            .region(Region::new("us-east-1"))
            .credentials_provider(Credentials::for_tests());
        let store = Store::new(aws_sdk_dynamodb::Client::from_conf(config.build()), &template.table.name);
        let keys = Keys::generate().unwrap();
        let plenty = Quota { per_minute: None, per_hour: 1_000_000_000 };
        let app = App {
            store: store.clone(),
            verifier: Arc::new(Verifier::new(&keys.public_keys(), ISSUER).unwrap()),
            limiter: Arc::new(Limiter::new(Limits { user: plenty, anonymous: plenty, payment: plenty, guest: plenty })),
            clock: Clock::default(),
            web_origin: WEB_ORIGIN.into(),
        };
        let signing = SigningKey::parse(&keys.signing_secret()).unwrap();
        let links = LinkKey::parse(&keys.link_secret()).unwrap();
        let keys_of_auth = auth::Keys::new(ISSUER, signing, links.clone(), cheap_passwords(), auth::Registration::Open);
        let routers = routers(keys_of_auth, links.clone(), webhooks_of_nobody(), till_of_nobody());
        let fronts = routers.into_iter().map(|(name, router)| (name, Front::new(app.clone(), router))).collect();
        let mut product = Self { template, dynamo, keys, fronts, access: String::new() };
        let email = email("owner");
        let body = json!({"firm_name": "North & Partners", "name": "Olga Owner", "email": email, "password": PASSWORD});
        let registered = product.answer(Request::post("/api/auth/register/", body)).await;
        let login = store.login_of(&Email::new(&email).unwrap()).await.unwrap().unwrap();
        let firm = registered["firm"]["id"].as_str().unwrap().parse().unwrap();
        let token = links.token(&Confirming { firm, login, number: 1, exp: i64::MAX });
        product.body(&product.event(&Request::post("/api/auth/confirm-email/", json!({"token": token})))).await;
        product.access = registered["access"].as_str().unwrap().to_owned();
        product
    }

    /// What API Gateway sends for a request by the firm's owner, and the function that it goes to.
    pub(crate) fn event(&self, request: &Request) -> Event {
        let Request { method, path, body } = request;
        let request = http::Request::builder().method(*method).uri(path).header("host", "localhost");
        let request = request.header("authorization", format!("Bearer {}", self.access)).header("content-type", "application/json");
        let request = request.body(body.as_ref().map(Value::to_string).unwrap_or_default().into()).unwrap();
        let route = self.template.route(method, request.uri().path()).unwrap();
        let text = local::gateway::event(&request, &route.key(), IpAddr::from([192, 0, 2, 1])).to_string();
        Event { function: route.function.clone(), text }
    }

    /// The function's answer to an event, which is a success, as it leaves the function: from the event's text to the
    /// body's bytes.
    pub(crate) async fn body(&self, event: &Event) -> bytes::Bytes {
        let sent = LambdaEvent::new(serde_json::from_str(&event.text).unwrap(), Context::default());
        let answer = api::handle(self.fronts[event.function.as_str()].clone(), sent).await.unwrap();
        let (parts, body) = local::gateway::response(&serde_json::to_value(&answer).unwrap()).unwrap().into_parts();
        assert!(parts.status.is_success(), "{} {}", parts.status, String::from_utf8_lossy(&body));
        body
    }
}

impl Answers for Product {
    async fn answer(&self, request: Request) -> Value {
        serde_json::from_slice(&self.body(&self.event(&request)).await).unwrap()
    }
}
