//! What listens on the stack's port: the functions by their routes, and `/_local/` beside them.

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{ConnectInfo, State},
    http::{Request, Response, StatusCode, header},
    response::{IntoResponse, Redirect},
    routing::get,
};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{net::TcpListener, time::timeout};

use super::{cors::is_preflight, event, raw_path, response};
use crate::{
    error::{Doing, Error, Result},
    functions::Invoker,
    template::Template,
    triggers::schedule,
};

/// The largest body that API Gateway takes, bytes.
const LARGEST_BODY: usize = 10 * 1024 * 1024;

/// The largest event that Lambda takes, and the largest answer, as JSON, bytes. What is no text is a third larger there
/// than it was.
const LARGEST_PAYLOAD: usize = 6 * 1024 * 1024;

/// How long API Gateway waits for a function.
const PATIENCE: Duration = Duration::from_secs(30);

struct Gateway {
    template: Arc<Template>,
    invoker: Invoker,
    patience: Duration,
}

/// Serves the whole stack on `listener`, with what is `beside` it, until it is dropped.
pub(crate) async fn serve(listener: TcpListener, template: Arc<Template>, invoker: Invoker, beside: Router) -> Result<()> {
    let app = Router::new()
        .route("/", get(Redirect::temporary("/api/docs/")))
        .merge(beside)
        .merge(schedule::router(Arc::clone(&template), invoker.clone()))
        .merge(router(template, invoker, PATIENCE));
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).await.doing("the gateway stopped")
}

/// API Gateway alone.
fn router(template: Arc<Template>, invoker: Invoker, patience: Duration) -> Router {
    Router::new().fallback(forward).with_state(Arc::new(Gateway { template, invoker, patience }))
}

/// One request through API Gateway.
async fn forward(
    State(gateway): State<Arc<Gateway>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request<Body>,
) -> Response<Body> {
    let (method, asked) = (request.method().clone(), request.headers().clone());
    let mut response = answer(&gateway, peer, request).await;
    if let Some(cors) = &gateway.template.cors {
        cors.apply(&method, &asked, &mut response);
    }
    response
}

/// What a function, or API Gateway itself, answers.
async fn answer(gateway: &Gateway, peer: SocketAddr, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Some(route) = gateway.template.route(parts.method.as_str(), &raw_path(&parts.uri)) else {
        return match gateway.template.cors.is_some() && is_preflight(&parts.method, &parts.headers) {
            true => StatusCode::NO_CONTENT.into_response(),
            false => refusal(StatusCode::NOT_FOUND, "Not Found"),
        };
    };
    let too_large = || refusal(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    let Ok(body) = axum::body::to_bytes(body, LARGEST_BODY).await else { return too_large() };
    let event = event(&Request::from_parts(parts, body), &route.key(), peer.ip());
    if event.to_string().len() > LARGEST_PAYLOAD {
        return too_large();
    }
    let Ok(invoked) = timeout(gateway.patience, gateway.invoker.invoke(&route.function, &event)).await else {
        return refusal(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable");
    };
    let answered = invoked.and_then(|answer| match answer.to_string().len() {
        ..=LARGEST_PAYLOAD => response(&answer),
        size => Err(Error::new(format!("an answer of {size} bytes, more than Lambda takes"))),
    });
    match answered {
        Ok(response) => response.map(Body::from),
        Err(error) => {
            tracing::error!(%error, route = route.key(), "no answer");
            refusal(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
        }
    }
}

/// An answer of API Gateway's own.
fn refusal(status: StatusCode, message: &str) -> Response<Body> {
    let body = serde_json::json!({ "message": message }).to_string();
    (status, [(header::CONTENT_TYPE, "application/json")], Bytes::from(body)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{Json, extract::Path, http::Method, routing::post};
    use serde_json::{Value, json};

    /// A gateway in front of functions that say who they are; `docs` fails, `auth` answers nonsense, `finance` too much,
    /// and `projects` too late.
    async fn gateway(patience: Duration) -> String {
        let invoke = async |Path(function): Path<String>, Json(event): Json<Value>| match function.as_str() {
            "docs" => (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "errorMessage": "failed" }))),
            "auth" => (StatusCode::OK, Json(json!({ "statusCode": "nonsense" }))),
            "finance" => (StatusCode::OK, Json(json!({ "statusCode": 200, "body": "x".repeat(LARGEST_PAYLOAD) }))),
            "projects" => std::future::pending().await,
            _ => {
                let said = format!("{function} by {} at {}", event["routeKey"], event["rawPath"]);
                let theirs = json!({ "access-control-allow-origin": "*", "access-control-allow-credentials": "true" });
                (StatusCode::OK, Json(json!({ "statusCode": 202, "headers": theirs, "body": said })))
            }
        };
        let functions = Router::new().route("/2015-03-31/functions/{function}/invocations", post(invoke));
        let functions = functions.layer(axum::extract::DefaultBodyLimit::disable());
        let invoker = Invoker::new(served(functions).await).unwrap();
        let template = Arc::new(Template::load().unwrap());
        format!("http://{}", served(router(template, invoker, patience)).await)
    }

    async fn served(app: Router) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await.unwrap() });
        address
    }

    async fn sent(request: reqwest::RequestBuilder) -> (u16, String) {
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    #[tokio::test]
    async fn requests_reach_their_function_and_the_rest_is_refused_as_api_gateway_does() {
        let (url, http) = (gateway(PATIENCE).await, reqwest::Client::new());
        let answered = sent(http.get(format!("{url}/api/crm/leads%2Fa/"))).await;
        assert_eq!(answered, (202, r#"crm by "ANY /api/crm/{proxy+}" at "/api/crm/leads/a/""#.into()));
        for path in ["/nothing", "/api", "/api/", "/api//", "/api/%2F"] {
            assert_eq!(sent(http.get(format!("{url}{path}"))).await, (404, r#"{"message":"Not Found"}"#.into()), "{path}");
        }
    }

    #[tokio::test]
    async fn what_is_more_than_lambda_takes_is_refused() {
        let (url, http) = (gateway(PATIENCE).await, reqwest::Client::new());
        let too_large = (413, r#"{"message":"Request Entity Too Large"}"#.to_owned());
        let posted = |kind: &'static str, bytes: usize| {
            let request = http.post(format!("{url}/api/crm/leads/")).header("content-type", kind);
            sent(request.body(vec![b'x'; bytes]))
        };
        assert_eq!(posted("text/plain", LARGEST_BODY + 1).await, too_large);
        assert_eq!(posted("text/plain", LARGEST_PAYLOAD).await, too_large);
        assert_eq!(posted("text/plain", LARGEST_PAYLOAD - 10_000).await.0, 202);
        assert_eq!(posted("application/pdf", LARGEST_PAYLOAD / 4 * 3).await, too_large);
        assert_eq!(posted("application/pdf", LARGEST_PAYLOAD / 4 * 3 - 10_000).await.0, 202);
    }

    #[tokio::test]
    async fn a_function_that_fails_is_an_error_that_says_nothing() {
        let (url, http) = (gateway(PATIENCE).await, reqwest::Client::new());
        for path in ["/api/health/", "/api/auth/me/", "/api/finance/invoices/"] {
            let answered = sent(http.get(format!("{url}{path}"))).await;
            assert_eq!(answered, (500, r#"{"message":"Internal Server Error"}"#.into()), "{path}");
        }
        let url = gateway(Duration::from_millis(100)).await;
        let late = sent(http.get(format!("{url}/api/projects/tasks/"))).await;
        assert_eq!(late, (503, r#"{"message":"Service Unavailable"}"#.into()));
    }

    #[tokio::test]
    async fn every_answer_has_the_cors_headers_of_the_template_and_no_others() {
        let (url, http) = (gateway(PATIENCE).await, reqwest::Client::new());
        let own = "http://localhost:3000";
        let cors = |response: &reqwest::Response| -> Vec<(String, String)> {
            let named = response.headers().iter().filter(|(name, _)| name.as_str().starts_with("access-control-"));
            named.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect()
        };
        for (path, status) in [("/api/crm/leads/", 202), ("/nothing", 404), ("/api/health/", 500)] {
            let asked = || http.get(format!("{url}{path}"));
            let allowed = asked().header("origin", own).send().await.unwrap();
            assert_eq!(allowed.status(), status, "{path}");
            assert_eq!(allowed.headers()["access-control-allow-origin"], own, "{path}");
            assert_eq!(allowed.headers()["access-control-allow-credentials"], "true", "{path}");
            assert_eq!(cors(&allowed).len(), 3, "{path}: {:?}", cors(&allowed));
            for other in [asked(), asked().header("origin", "https://evil.example"), asked().header("origin", "null")] {
                assert_eq!(cors(&other.send().await.unwrap()), [], "{path}");
            }
        }
        // An ANY route takes OPTIONS too, so the function answers; where there is no route, the gateway does.
        for (path, status) in [("/api/crm/leads/", 202), ("/nothing", 204)] {
            let preflight = http.request(Method::OPTIONS, format!("{url}{path}")).header("access-control-request-method", "PATCH");
            let allowed = preflight.header("origin", own).send().await.unwrap();
            assert_eq!(allowed.status(), status, "{path}");
            assert!(allowed.headers()["access-control-allow-methods"].to_str().unwrap().split(',').any(|method| method == "PATCH"));
            assert_eq!(cors(&allowed).len(), 5, "{path}: {:?}", cors(&allowed));
        }
    }
}
