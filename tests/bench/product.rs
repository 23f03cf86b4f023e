//! The functions in this process, with their table straight behind them: nothing in between that would cost CPU.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc};

use api::{App, Clock, Front, Limiter, Limits, Verifier};
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use http_body_util::BodyExt;
use local::{dynamodb::Dynamo, keys::Keys, template::Template};
use secrets::{LinkKey, SigningKey};
use serde_json::{Value, json};
use store::{Quota, Store};
use tests::{ISSUER, PASSWORD, WEB_ORIGIN, email, routers};

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
            store,
            verifier: Arc::new(Verifier::new(&keys.public_keys(), ISSUER).unwrap()),
            limiter: Arc::new(Limiter::new(Limits { user: plenty, anonymous: plenty })),
            clock: Clock::default(),
            web_origin: WEB_ORIGIN.into(),
        };
        let secret = |json: String| serde_json::from_str::<Value>(&json).unwrap();
        let (signing, links) = (secret(keys.signing_secret()), secret(keys.link_secret()));
        let signing = SigningKey::new(signing["kid"].as_str().unwrap(), signing["pkcs8"].as_str().unwrap()).unwrap();
        let links = LinkKey::new(links["key"].as_str().unwrap()).unwrap();
        let routers = routers(auth::Keys::new(ISSUER, signing, links));
        let fronts = routers.into_iter().map(|(name, router)| (name, Front::new(app.clone(), router.into()))).collect();
        let mut product = Self { template, dynamo, keys, fronts, access: String::new() };
        let body = json!({"firm_name": "North & Partners", "name": "Olga Owner", "email": email("owner"), "password": PASSWORD});
        let registered = product.answer("auth", &product.event("POST", "/api/auth/register/", Some(&body))).await;
        product.access = registered["access"].as_str().unwrap().to_owned();
        product
    }

    /// What API Gateway sends for a request by the firm's owner.
    pub(crate) fn event(&self, method: &str, path: &str, body: Option<&Value>) -> String {
        let request = http::Request::builder().method(method).uri(path).header("host", "localhost");
        let request = request.header("authorization", format!("Bearer {}", self.access)).header("content-type", "application/json");
        let request = request.body(body.map(Value::to_string).unwrap_or_default().into()).unwrap();
        let route = self.template.route(method, request.uri().path()).unwrap();
        local::gateway::event(&request, &route.key(), IpAddr::from([192, 0, 2, 1])).to_string()
    }

    /// The function's answer to an event, which is a success.
    pub(crate) async fn answer(&self, function: &str, event: &str) -> Value {
        serde_json::from_slice(&self.body(function, event).await).unwrap()
    }

    /// The same as it leaves the function: from the event's text to the body's bytes.
    pub(crate) async fn body(&self, function: &str, event: &str) -> bytes::Bytes {
        let request = lambda_http::request::from_str(event).unwrap();
        let (parts, body) = self.fronts[function].answer(request).await.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        assert!(parts.status.is_success(), "{} {}", parts.status, String::from_utf8_lossy(&body));
        body
    }

    /// A new lead, as a client would send it; `n` tells it from others.
    pub(crate) fn lead(&self, n: usize) -> String {
        let body = json!({"company_name": format!("Company {n}"), "contact_name": "Ann Lee", "email": format!("ann@company-{n}.example"),
            "phone": "+46 8 123 456", "source": "website", "notes": "Met at the fair; wants a study of three markets."});
        self.event("POST", "/api/crm/leads/", Some(&body))
    }

    /// A new proposal of ten lines.
    pub(crate) fn proposal(&self, prospect: &str) -> String {
        self.event("POST", "/api/crm/proposals/", Some(&ten_lines(prospect)))
    }

    /// A new prospect's id.
    pub(crate) async fn prospect(&self) -> String {
        let body = json!({"company_name": "Acme Corp", "contact_name": "Ann Lee", "email": email("ann")});
        let prospect = self.answer("crm", &self.event("POST", "/api/crm/prospects/", Some(&body))).await;
        prospect["id"].as_str().unwrap().to_owned()
    }
}

/// A proposal of ten lines, which stands for an invoice of ten lines until there are invoices.
pub(crate) fn ten_lines(prospect: &str) -> Value {
    let line = |n: usize| json!({"description": format!("Interviews, round {n}"), "quantity": "12.5", "unit_price": "1500.00"});
    let lines: Vec<_> = (1..=10).map(line).collect();
    json!({"prospect": prospect, "title": "Market study", "valid_until": "2099-12-31", "line_items": lines, "terms": "30 days net."})
}
