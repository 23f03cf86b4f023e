//! SES on this machine: MiniStack takes the mails, and this tells what becomes of them, as SES does by way of EventBridge. The
//! addresses of SES's mailbox simulator behave as they do there; every other mail is delivered.
//!
//! Firms' domains it knows itself, and looks at what `cargo local dns` published ([`Domains`]); from one that isn't verified it sends
//! nothing, as SES.
//!
//! It stands before MiniStack, since that keeps no tags, and looks at no DNS. Which events go where is the template's rules' to say.

mod domains;
mod event;

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Path as UrlPath, Request, State},
    http::{Method, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};
use tokio::net::TcpListener;

use crate::{
    error::{Doing, Result},
    ministack::Client,
    template::{Rule, Template},
};

pub use domains::{Answered, Domains};
pub use event::{Sent, Told};

/// Where DNS is changed: below it each domain has its own place.
pub(crate) const DNS_PATH: &str = "/_local/dns/";
/// Where a mail is handed in.
const SEND: &str = "/v2/email/outbound-emails";

/// It.
pub(crate) struct Ses {
    listener: TcpListener,
    url: String,
    before: Arc<Before>,
}

/// What it stands before.
struct Before {
    http: reqwest::Client,
    endpoint: String,
    ministack: Client,
    rules: Vec<Rule>,
    /// The domain of our own sender.
    own: String,
    domains: Mutex<Domains>,
    /// Where they are kept.
    file: PathBuf,
}

impl Ses {
    /// One on a free port, before the MiniStack at `endpoint`, which `ministack` calls.
    /// What it knows of domains is kept in `folder`.
    pub(crate) async fn bind(template: &Template, endpoint: &str, ministack: Client, folder: &Path) -> Result<Self> {
        let sentence = "what stands in for SES can't be served";
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.doing(sentence)?;
        let url = format!("http://{}", listener.local_addr().doing(sentence)?);
        let file = folder.join("domains.json");
        let domains = match fs::read(&file) {
            Ok(kept) => serde_json::from_slice(&kept).doing(format!("{} can't be read: start with --fresh", file.display()))?,
            Err(_) => Domains::default(),
        };
        let sender = template.functions.iter().find_map(|function| function.environment.get("MAIL_FROM"));
        let own = sender.and_then(|sender| sender.rsplit('@').next()).unwrap_or_default().to_owned();
        let (http, endpoint, rules, domains) = (reqwest::Client::new(), endpoint.to_owned(), template.rules.clone(), Mutex::new(domains));
        let before = Before { http, endpoint, ministack, rules, own, domains, file };
        Ok(Self { listener, url, before: Arc::new(before) })
    }

    /// Where DNS is changed.
    pub(crate) fn router(&self) -> Router {
        Router::new().route(&format!("{DNS_PATH}{{domain}}/"), post(publish).delete(withdraw)).with_state(self.before.clone())
    }

    /// Where it is.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Serves for ever.
    pub(crate) async fn run(self) {
        let app = Router::new().fallback(pass).with_state(self.before);
        if let Err(error) = axum::serve(self.listener, app).await {
            tracing::error!(%error, "SES is gone");
        }
    }
}

/// Publishes what a domain is asked for.
async fn publish(State(before): State<Arc<Before>>, UrlPath(domain): UrlPath<String>) -> Response {
    let published = before.with_domains(|domains| domains.publish(&domain));
    match published {
        Ok(Some(names)) => Json(json!({ "done": format!("DNS says what is looked for: {}", names.join(", ")) })).into_response(),
        Ok(None) => (StatusCode::NOT_FOUND, "SES doesn't know the domain: claim it first").into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// Takes away what the DNS of a domain says.
async fn withdraw(State(before): State<Arc<Before>>, UrlPath(domain): UrlPath<String>) -> Response {
    match before.with_domains(|domains| domains.withdraw(&domain)) {
        Ok(count) => Json(json!({ "done": format!("DNS says {count} records less") })).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// Hands a call on to MiniStack, and tells what becomes of a mail that was taken.
async fn pass(State(before): State<Arc<Before>>, request: Request) -> Response {
    match before.pass(request).await {
        Ok(response) => response,
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

impl Before {
    async fn pass(self: Arc<Self>, request: Request) -> Result<Response> {
        let (parts, body) = request.into_parts();
        let asked = axum::body::to_bytes(body, usize::MAX).await.doing("a call of SES is cut off")?;
        let path = parts.uri.path().to_owned();
        if let Some(answered) = self.with_domains(|domains| domains.answer(parts.method.as_str(), &path, &asked))? {
            // MiniStack sends from what it knows.
            if parts.method == Method::POST {
                let made = serde_json::from_slice::<Value>(&asked).unwrap_or_default();
                self.ministack.rest("ses", Method::POST, &path, Some(json!({ "EmailIdentity": made.get("EmailIdentity") }))).await.ok();
            }
            return Ok(answered.into_response());
        }
        if path == SEND && !self.sends(&asked)? {
            return Ok(Answered::unverified().into_response());
        }
        let mut call = self.http.request(parts.method, format!("{}{}", self.endpoint, parts.uri)).body(asked.clone());
        for (name, value) in parts.headers.iter().filter(|(name, _)| *name != "host" && *name != "content-length") {
            call = call.header(name, value);
        }
        let answer = call.send().await.doing("MiniStack doesn't answer")?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let answered = answer.bytes().await.doing("MiniStack answered half")?;
        if path == SEND && status.is_success() {
            tokio::spawn(self.tell(asked, answered.clone()));
        }
        let mut response = Response::new(Body::from(answered));
        *response.status_mut() = status;
        for (name, value) in headers.iter().filter(|(name, _)| *name != "content-length" && *name != "transfer-encoding") {
            response.headers_mut().insert(name, value.clone());
        }
        Ok(response)
    }

    /// What `act` makes of the domains, which are kept then.
    fn with_domains<T>(&self, act: impl FnOnce(&mut Domains) -> T) -> Result<T> {
        let mut domains = self.domains.lock().unwrap_or_else(PoisonError::into_inner);
        let made = act(&mut domains);
        let sentence = format!("{} can't be written", self.file.display());
        fs::write(&self.file, serde_json::to_vec(&*domains).doing(&sentence)?).doing(&sentence)?;
        Ok(made)
    }

    /// Whether the mail that `asked` hands in comes from our domain or one that is verified.
    fn sends(&self, asked: &[u8]) -> Result<bool> {
        let asked: Value = serde_json::from_slice(asked).doing("a mail isn't JSON")?;
        let from = asked.get("FromEmailAddress").and_then(Value::as_str).unwrap_or_default().trim_end_matches('>');
        Ok(from.ends_with(&format!("@{}", self.own)) || self.with_domains(|domains| domains.sends_from(from))?)
    }

    /// Tells what becomes of the mail that `asked` hands in, which MiniStack took with `answered`.
    async fn tell(self: Arc<Self>, asked: Bytes, answered: Bytes) {
        let json = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap_or_default();
        let Some(sent) = Sent::of(&json(&asked), &json(&answered), SystemTime::now().into()) else { return };
        let of_addressee = sent.outcome().into_iter().map(|told| (sent.to.as_str(), told));
        for (to, told) in of_addressee.chain(sent.outcome_of_copies()) {
            let event = sent.event_of(to, &told, SystemTime::now().into());
            for queue in self.rules.iter().filter(|rule| rule.matches(&event)).flat_map(|rule| &rule.queues) {
                if let Err(error) = self.ministack.send(queue, &event).await {
                    tracing::error!(%error, queue, "an event of SES's is lost");
                }
            }
        }
    }
}
