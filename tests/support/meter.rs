//! A proxy before an AWS service: counts what passes, tells what it cost, and breaks it where a test says.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use tokio::sync::{oneshot, watch};

use crate::{
    ministack,
    support::{
        injector::{self, Contended, Injector, Trouble},
        needed::needed,
    },
};

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It never arrives.
    Lost,
    /// It is done, but the answer never arrives.
    Unanswered,
}

/// A call that passed.
#[derive(Debug, Clone, PartialEq)]
pub struct Metered {
    /// `GetItem`, `TransactWriteItems`, …; the path of what has no operation.
    pub operation: String,
    /// What its policy has to allow whoever makes it: a transaction's are its items'.
    pub needs: Vec<local::template::Call>,
    /// Read or write units, with the indexes'.
    pub units: f64,
}

/// A call that passed, as it is kept until somebody asks for it.
#[derive(Debug)]
struct Passed {
    operation: String,
    service: String,
    /// Request and answer, once the meter is watched.
    said: Option<(bytes::Bytes, bytes::Bytes)>,
}

impl Passed {
    fn metered(self) -> Metered {
        let Self { operation, service, said } = self;
        let (needs, units) = said.map_or_else(Default::default, |(request, answer)| {
            (needed(&service, &operation, &serde_json::from_slice(&request).unwrap_or_default()), units(&answer))
        });
        Metered { operation, needs, units }
    }
}

/// An answer in the place of AWS's, made from the request; its status, and its body.
pub type Instead = fn(&Value) -> (u16, Value);

/// What is done with the calls to come.
#[derive(Debug, Default)]
struct Plan {
    calls: Vec<Passed>,
    /// Whether somebody asked for the calls: from then on it is kept what they said.
    watched: bool,
    /// After so many more calls, the fault; all after it are lost, as if the process had crashed, until healed.
    fault: Option<(usize, Fault)>,
    crashed: bool,
    /// The operation whose next so many calls are answered so.
    instead: Option<(&'static str, usize, Instead)>,
    /// The operation the answer of whose call is held back after so many others of it; who waits for it, and what it waits for.
    held: Option<(&'static str, usize, oneshot::Sender<()>, oneshot::Receiver<()>)>,
}

/// The answer of a call that is held back, from when it was done until [`Hold::release`].
#[derive(Debug)]
pub struct Hold {
    reached: oneshot::Receiver<()>,
    release: oneshot::Sender<()>,
}

impl Hold {
    /// Done once the call was done.
    pub async fn reached(&mut self) {
        (&mut self.reached).await.unwrap();
    }

    /// Let the answer go.
    pub fn release(self) {
        self.release.send(()).unwrap();
    }
}

/// The proxy.
#[derive(Debug, Clone)]
pub struct Meter {
    url: String,
    plan: Arc<Mutex<Plan>>,
    struck: watch::Sender<bool>,
    injector: Injector,
}

#[derive(Clone)]
struct Proxy {
    /// None for MiniStack, which is started by the first call.
    upstream: Option<String>,
    client: reqwest::Client,
    plan: Arc<Mutex<Plan>>,
    struck: watch::Sender<bool>,
    injector: Injector,
}

impl Meter {
    /// One before `upstream`, in the current runtime.
    pub async fn before(upstream: &str) -> Self {
        Self::serve(Some(upstream.to_owned())).await
    }

    /// One before MiniStack, which is started only if something is to pass.
    pub async fn before_ministack() -> Self {
        Self::serve(None).await
    }

    async fn serve(upstream: Option<String>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (plan, struck) = (Arc::<Mutex<Plan>>::default(), watch::Sender::new(false));
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let injector = Injector::default();
        let proxy = Proxy { upstream, client, plan: plan.clone(), struck: struck.clone(), injector: injector.clone() };
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(pass).with_state(proxy)).await });
        Self { url, plan, struck, injector }
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What passed since this was last asked. Of what passed before it was asked the first time, only the operations are known.
    pub fn take(&self) -> Vec<Metered> {
        let calls = {
            let mut plan = self.plan.lock().unwrap();
            plan.watched = true;
            std::mem::take(&mut plan.calls)
        };
        calls.into_iter().map(Passed::metered).collect()
    }

    /// Let `after` more calls pass, break the next one, and lose all after it until [`Meter::heal`].
    pub fn crash(&self, after: usize, fault: Fault) {
        self.plan.lock().unwrap().fault = Some((after, fault));
    }

    /// Answer the next `times` calls of `operation` in AWS's place; they aren't passed on.
    pub fn answer_instead(&self, operation: &'static str, times: usize, answer: Instead) {
        self.plan.lock().unwrap().instead = Some((operation, times, answer));
    }

    /// How many of those calls are still to come.
    pub fn left_to_answer(&self) -> usize {
        self.plan.lock().unwrap().instead.map_or(0, |(_, left, _)| left)
    }

    /// Hold back the answer of the next call of `operation`: what is done meanwhile is done between that call and the next.
    pub fn hold(&self, operation: &'static str) -> Hold {
        self.hold_after(0, operation)
    }

    /// The same of the call after so many others of `operation`.
    pub fn hold_after(&self, others: usize, operation: &'static str) -> Hold {
        let ((reaching, reached), (release, released)) = (oneshot::channel(), oneshot::channel());
        self.plan.lock().unwrap().held = Some((operation, others, reaching, released));
        Hold { reached, release }
    }

    /// Let `after` more calls of `operation` pass, and then let `trouble` happen to `times` of them; all others pass.
    pub fn trouble(&self, trouble: Trouble, operation: &str, after: usize, times: usize) {
        self.injector.plan(trouble, operation, after, times);
    }

    /// Let calls pass again; whether any was in trouble.
    pub fn calm(&self) -> bool {
        self.injector.calm()
    }

    /// From now on calls take their time, and transactions that meet on an item cancel each other.
    pub fn contend(&self) {
        self.injector.contend();
    }

    /// What came of transactions since then.
    pub fn contended(&self) -> Contended {
        self.injector.contended()
    }

    /// Done once a call was broken, and that call is over: when a process ends that crashes with it.
    pub async fn struck(&self) {
        self.struck.subscribe().wait_for(|struck| *struck).await.unwrap();
    }

    /// Let calls pass again; whether any had been broken.
    pub fn heal(&self) -> bool {
        self.struck.send_replace(false);
        let mut plan = self.plan.lock().unwrap();
        plan.fault = None;
        std::mem::take(&mut plan.crashed)
    }
}

async fn pass(State(proxy): State<Proxy>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let operation = target.and_then(|target| target.split('.').nth(1)).unwrap_or(parts.uri.path()).to_owned();
    let asked: Value = if proxy.injector.is_idle() { Value::Null } else { serde_json::from_slice(&body).unwrap_or_default() };
    let trouble = proxy.injector.strike(&operation);
    if let Some(answer) = trouble.and_then(|trouble| trouble.answer(&operation, &asked)) {
        return answer;
    }
    let at_work = match proxy.injector.begin(&operation, &asked).await {
        Ok(at_work) => at_work,
        Err(refused) => return refused,
    };
    let answer = match trouble {
        Some(Trouble::Unprocessed) => match injector::halved(&asked) {
            (Some(half), left) => with_unprocessed(forward(&proxy, parts, half.to_string().into(), operation.clone()).await, left).await,
            (None, left) => injector::nothing_processed(&left),
        },
        _ => forward(&proxy, parts, body, operation.clone()).await,
    };
    let held = proxy.plan.lock().unwrap().held.take_if(|(held, others, ..)| {
        let is_it = *held == operation;
        let pass = is_it && *others > 0;
        *others -= usize::from(pass);
        is_it && !pass
    });
    if let Some((.., reached, released)) = held {
        reached.send(()).unwrap();
        released.await.unwrap();
    }
    proxy.injector.answered(&operation, answer.status());
    if let Some(at_work) = at_work {
        at_work.end().await;
    }
    if trouble == Some(Trouble::Cut) { injector::cut() } else { answer }
}

/// The answer of a batch that didn't get to what is `left`.
async fn with_unprocessed(answer: Response, left: Value) -> Response {
    let (mut parts, body) = answer.into_parts();
    parts.headers.remove("x-amz-crc32");
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let mut answer: Value = serde_json::from_slice(&body).unwrap();
    answer["UnprocessedKeys"] = left;
    Response::from_parts(parts, answer.to_string().into())
}

async fn forward(proxy: &Proxy, parts: Parts, body: bytes::Bytes, operation: String) -> Response {
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let fault = {
        let mut plan = proxy.plan.lock().unwrap();
        match plan.fault {
            _ if plan.crashed => Some(Fault::Lost),
            Some((0, fault)) => {
                plan.crashed = true;
                Some(fault)
            }
            Some((left, fault)) => {
                plan.fault = Some((left - 1, fault));
                None
            }
            None => None,
        }
    };
    let broken = || (StatusCode::INTERNAL_SERVER_ERROR, r#"{"__type":"InternalServerError"}"#).into_response();
    if fault == Some(Fault::Lost) {
        proxy.struck.send_replace(true);
        return broken();
    }
    if let Some(answer) = proxy.plan.lock().unwrap().instead(&operation) {
        let (status, body) = answer(&serde_json::from_slice(&body).unwrap_or_default());
        return (StatusCode::from_u16(status).unwrap(), body.to_string()).into_response();
    }
    let dynamodb = target.is_some_and(|target| target.starts_with("DynamoDB_"));
    let body = if dynamodb && proxy.plan.lock().unwrap().watched { priced(&body) } else { body };
    let service = target.and_then(|target| target.split(['.', '_']).next()).unwrap_or_default().to_owned();
    let url = format!("{}{}", proxy.upstream.as_deref().unwrap_or_else(|| ministack().endpoint()), parts.uri);
    let mut forwarded = proxy.client.request(parts.method, url).body(body.clone());
    for (name, value) in &parts.headers {
        if name != "host" && name != "content-length" {
            forwarded = forwarded.header(name, value);
        }
    }
    let answer = forwarded.send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let asked = body;
    let body = answer.bytes().await.unwrap();
    {
        let mut plan = proxy.plan.lock().unwrap();
        let said = plan.watched.then(|| (asked, body.clone()));
        plan.calls.push(Passed { operation, service, said });
    }
    if fault == Some(Fault::Unanswered) {
        proxy.struck.send_replace(true);
        return broken();
    }
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    for (name, value) in &headers {
        if name != "content-length" && name != "transfer-encoding" {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

impl Plan {
    /// How a call of `operation` is to be answered in AWS's place, if it is.
    fn instead(&mut self, operation: &str) -> Option<Instead> {
        let (_, left, answer) = self.instead.as_mut().filter(|(of, left, _)| *of == operation && *left > 0)?;
        *left -= 1;
        Some(*answer)
    }
}

/// The request, which is an object with fields, asking what it costs.
fn priced(body: &bytes::Bytes) -> bytes::Bytes {
    match body.strip_prefix(b"{\"") {
        Some(rest) => [br#"{"ReturnConsumedCapacity":"INDEXES",""#, rest].concat().into(),
        None => body.clone(),
    }
}

/// What an answer says it cost.
fn units(body: &[u8]) -> f64 {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    let of = |capacity: &Value| capacity["CapacityUnits"].as_f64().unwrap_or_default();
    let capacity = &answer["ConsumedCapacity"];
    capacity.as_array().map_or_else(|| of(capacity), |tables| tables.iter().map(of).sum())
}
