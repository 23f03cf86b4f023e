//! What stands before every router: the request's id and time, its bounds, its deadline, doing it once, running it again
//! after a lost race, and what every answer has.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
};

use axum::{
    Router,
    body::{Body, HttpBody},
    extract::MatchedPath,
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header, request::Parts};
use http_body_util::{BodyExt, Limited};
use lambda_http::request::RequestContext;
use runtime::Clock;
use tokio::time::Instant;
use tower::{Service, ServiceExt};

use crate::{
    App, Problem,
    answer::knows,
    asked,
    context::Request,
    deadline::Deadline,
    problem::{RunAgain, Unwritten},
    security::{SecurityLog, Told},
};

/// The largest body that is taken, bytes.
const LARGEST_BODY: usize = 1 << 20;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What every answer has. The policy allows nothing: no answer but the documentation's is a page, and that has its own.
const SECURITY: [(HeaderName, HeaderValue); 6] = [
    (header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000; includeSubDomains; preload")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_XSS_PROTECTION, HeaderValue::from_static("1; mode=block")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
];

/// A router behind its front; what the Lambda runtime calls.
#[derive(Debug, Clone)]
pub struct Front {
    clock: Clock,
    router: Router,
    security: Option<Arc<dyn SecurityLog>>,
}

impl Front {
    /// `router` for `app`.
    pub fn new(app: App, router: Router<App>) -> Self {
        Self::stateless(app.clock.clone(), router.with_state(app))
    }

    /// `router`, whose handlers need nothing.
    pub fn stateless(clock: Clock, router: Router) -> Self {
        let router = router.layer(tower_http::catch_panic::CatchPanicLayer::custom(panicked)).layer(from_fn(routed));
        Self { clock, router, security: None }
    }

    /// The same, which tells the security log what concerns it.
    #[must_use]
    pub fn telling(self, security: Arc<dyn SecurityLog>) -> Self {
        Self { security: Some(security), ..self }
    }

    /// Answer one request.
    pub async fn answer<B>(&self, request: http::Request<B>) -> Response
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: std::fmt::Display + Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let started = Instant::now();
        let (mut parts, body) = request.into_parts();
        let id = request_id(&parts);
        let deadline = Deadline::of(parts.extensions.get(), self.clock.now());
        let (route, told) = (Route::default(), Told::default());
        parts.extensions.insert(route.clone());
        parts.extensions.insert(told.clone());
        let response = match Limited::new(body, LARGEST_BODY).collect().await {
            Ok(body) => match tokio::time::timeout_at(deadline.at(), self.run(&mut parts, body.to_bytes(), &id, deadline)).await {
                Ok(response) => response,
                Err(_) => Problem::out_of_time().into_response(),
            },
            Err(_) => {
                let detail = format!("A body may have at most {LARGEST_BODY} bytes.");
                Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail).into_response()
            }
        };
        if let Some((security, events)) = self.security.as_ref().zip(told.events()) {
            // Whatever became of it, the answer is the same.
            let _ = tokio::time::timeout_at(deadline.at(), security.write(events)).await;
        }
        let response = finish(response, &parts.method, &parts.headers, &id);
        let (method, route, status) = (parts.method.as_str(), route.of(&parts), response.status().as_u16());
        tracing::info!(request_id = id, method, route, status, ms = started.elapsed().as_millis() as u64, "answered");
        response
    }

    /// Answer a request that can't be read.
    pub(crate) fn refuse(&self, problem: Problem) -> Response {
        let (parts, ()) = http::Request::new(()).into_parts();
        let id = request_id(&parts);
        let response = finish(problem.into_response(), &parts.method, &parts.headers, &id);
        tracing::info!(request_id = id, status = response.status().as_u16(), "refused");
        response
    }

    /// Run the handler until it didn't lose a race, each time from its first read and at a new time; so long as there is
    /// time for it.
    async fn run(&self, parts: &mut Parts, body: Bytes, id: &str, deadline: Deadline) -> Response {
        add_trailing_slash(&mut parts.uri);
        let mut context = match self.context(parts, &body, id) {
            Ok(context) => context,
            Err(problem) => return problem.into_response(),
        };
        let mut lost = 0;
        loop {
            let began = Instant::now();
            context.told.forget();
            parts.extensions.insert(context.clone());
            let request = http::Request::from_parts(parts.clone(), Body::from(body.clone()));
            let Ok(response) = self.router.clone().oneshot(request).await;
            if response.extensions().get::<RunAgain>().is_none() {
                return response;
            }
            lost += 1;
            let Some(pause) = deadline.pause(lost, began.elapsed()) else {
                tracing::warn!(request_id = id, lost, "others were faster each time");
                return response;
            };
            tokio::time::sleep(pause).await;
            context.now = self.clock.now();
        }
    }

    fn context(&self, parts: &Parts, body: &Bytes, id: &str) -> Result<Request, Problem> {
        let text = |name: &HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let key = parts.headers.get(IDEMPOTENCY_KEY).filter(|_| parts.method == Method::POST);
        let key = key.map(|key| key.to_str().ok().filter(|key| (1..=255).contains(&key.len())));
        let idempotency = match key {
            Some(None) => return Err(Problem::malformed("Idempotency-Key", "1 to 255 characters of ASCII.")),
            Some(Some(key)) => Some((key.to_owned(), asked::digest(&parts.method, &parts.uri, body).to_string())),
            None => None,
        };
        let source_address = match parts.extensions.get::<RequestContext>() {
            Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.clone(),
            _ => None,
        };
        Ok(Request {
            id: id.to_owned(),
            now: self.clock.now(),
            source_address,
            user_agent: text(&header::USER_AGENT),
            idempotency,
            if_match: text(&header::IF_MATCH),
            origin: text(&header::ORIGIN),
            cookies: text(&header::COOKIE),
            counted: Arc::default(),
            told: parts.extensions.get::<Told>().cloned().unwrap_or_default(),
        })
    }
}

impl<B> Service<http::Request<B>> for Front
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: std::fmt::Display + Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let front = self.clone();
        Box::pin(async move { Ok(front.answer(request).await) })
    }
}

/// The route of a request, once it is known: what logs say of a path, which may hold a token.
#[derive(Debug, Clone, Default)]
struct Route(Arc<OnceLock<MatchedPath>>);

impl Route {
    /// Its name: the router's path with its variables, else API Gateway's route key.
    fn of<'r>(&'r self, parts: &'r Parts) -> &'r str {
        let gateway = || match parts.extensions.get::<RequestContext>() {
            Some(RequestContext::ApiGatewayV2(context)) => context.route_key.as_deref(),
            _ => None,
        };
        self.0.get().map(MatchedPath::as_str).or_else(gateway).unwrap_or("?")
    }
}

/// Keep the route. And let OPTIONS succeed, which a browser asks before it calls: what it wants to hear, API Gateway says.
async fn routed(request: axum::extract::Request, next: Next) -> Response {
    let extensions = request.extensions();
    if let (Some(route), Some(path)) = (extensions.get::<Route>(), extensions.get::<MatchedPath>()) {
        // It is set before if the handler is run again, to the same.
        let _ = route.0.set(path.clone());
    }
    match *request.method() {
        Method::OPTIONS => StatusCode::NO_CONTENT.into_response(),
        _ => next.run(request).await,
    }
}

/// The caller's id for the request if it is one, else API Gateway's, else one of ours.
fn request_id(parts: &Parts) -> String {
    let is_one =
        |id: &&str| (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'=' | b'.'));
    let given = parts.headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).filter(is_one);
    let gateway = || match parts.extensions.get::<RequestContext>() {
        Some(RequestContext::ApiGatewayV2(context)) => context.request_id.as_deref().filter(is_one),
        _ => None,
    };
    given.or_else(gateway).map_or_else(|| format!("{:032x}", rand::random::<u128>()), str::to_owned)
}

fn add_trailing_slash(uri: &mut Uri) {
    let path = uri.path();
    let file = path.rsplit('/').next().is_some_and(|last| last.contains('.'));
    if path.ends_with('/') || file {
        return;
    }
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    if let Ok(with) = format!("{path}/{query}").parse() {
        *uri = with;
    }
}

/// Write the problem's body, notice what the caller knows already, and add what every answer has.
fn finish(response: Response, method: &Method, request: &HeaderMap, id: &str) -> Response {
    let mut response = match Unwritten::of(&response) {
        Some(problem) => {
            let (mut parts, _) = response.into_parts();
            parts.headers.remove(header::CONTENT_LENGTH);
            parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
            let body = if method == Method::HEAD { Body::empty() } else { Body::from(problem.body(id)) };
            Response::from_parts(parts, body)
        }
        None => response,
    };
    let tag = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok());
    let known = request.get(header::IF_NONE_MATCH).filter(|_| matches!(*method, Method::GET | Method::HEAD));
    let known = known.and_then(|known| known.to_str().ok());
    if response.status() == StatusCode::OK && known.zip(tag).is_some_and(|(known, tag)| knows(known, tag)) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
        response.headers_mut().remove(header::CONTENT_TYPE);
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    let headers = response.headers_mut();
    for (name, value) in SECURITY {
        headers.entry(name).or_insert(value);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-cache"));
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

/// A handler panicked: a fault of ours, which the function outlives.
fn panicked(cause: Box<dyn std::any::Any + Send>) -> Response {
    let cause = cause.downcast_ref::<String>().map(String::as_str).or_else(|| cause.downcast_ref::<&str>().copied()).unwrap_or("?");
    Problem::internal(format!("panicked: {cause}")).into_response()
}

#[cfg(test)]
mod tests;
