//! SES on this machine: MiniStack takes the mails, and this tells what becomes of them, as SES does by way of EventBridge. The
//! addresses of SES's mailbox simulator behave as they do there; every other mail is delivered.
//!
//! It stands before MiniStack, since that keeps no tags. Which events go where is the template's rules' to say.

mod event;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::Value;
use std::{sync::Arc, time::SystemTime};
use tokio::net::TcpListener;

use crate::{
    error::{Doing, Result},
    ministack::Client,
    template::{Rule, Template},
};

pub use event::{Sent, Told};

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
}

impl Ses {
    /// One on a free port, before the MiniStack at `endpoint`, which `ministack` calls.
    pub(crate) async fn bind(template: &Template, endpoint: &str, ministack: Client) -> Result<Self> {
        let sentence = "what stands in for SES can't be served";
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.doing(sentence)?;
        let url = format!("http://{}", listener.local_addr().doing(sentence)?);
        let before = Before { http: reqwest::Client::new(), endpoint: endpoint.to_owned(), ministack, rules: template.rules.clone() };
        Ok(Self { listener, url, before: Arc::new(before) })
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
