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

use super::{event, response};
use crate::{
    error::{Doing, Result},
    functions::Invoker,
    template::Template,
    triggers::schedule,
};

/// The largest request that API Gateway takes.
const LARGEST_BODY: usize = 10 * 1024 * 1024;

/// How long API Gateway waits for a function.
const PATIENCE: Duration = Duration::from_secs(30);

struct Gateway {
    template: Arc<Template>,
    invoker: Invoker,
}

/// Serves the whole stack on `listener`, with what is `beside` it, until it is dropped.
pub(crate) async fn serve(listener: TcpListener, template: Arc<Template>, invoker: Invoker, beside: Router) -> Result<()> {
    let app = Router::new()
        .route("/", get(Redirect::temporary("/api/docs/")))
        .merge(beside)
        .merge(schedule::router(Arc::clone(&template), invoker.clone()))
        .merge(router(template, invoker));
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).await.doing("the gateway stopped")
}

/// API Gateway alone.
fn router(template: Arc<Template>, invoker: Invoker) -> Router {
    Router::new().fallback(forward).with_state(Arc::new(Gateway { template, invoker }))
}

/// One request through API Gateway.
async fn forward(
    State(gateway): State<Arc<Gateway>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request<Body>,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Some(route) = gateway.template.route(parts.method.as_str(), parts.uri.path()) else {
        return refusal(StatusCode::NOT_FOUND, "Not Found");
    };
    let Ok(body) = axum::body::to_bytes(body, LARGEST_BODY).await else {
        return refusal(StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large");
    };
    let event = event(&Request::from_parts(parts, body), &route.key(), peer.ip());
    let Ok(invoked) = timeout(PATIENCE, gateway.invoker.invoke(&route.function, &event)).await else {
        return refusal(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable");
    };
    let answered = invoked.and_then(|answer| response(&answer));
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
    use axum::{Json, extract::Path, routing::post};
    use serde_json::{Value, json};

    /// A gateway in front of functions that say who they are; `docs` fails, `auth` answers nonsense.
    async fn gateway() -> String {
        let invoke = async |Path(function): Path<String>, Json(event): Json<Value>| match function.as_str() {
            "docs" => (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "errorMessage": "failed" }))),
            "auth" => (StatusCode::OK, Json(json!({ "statusCode": "nonsense" }))),
            _ => (StatusCode::OK, Json(json!({ "statusCode": 202, "body": format!("{function} by {}", event["routeKey"]) }))),
        };
        let functions = Router::new().route("/2015-03-31/functions/{function}/invocations", post(invoke));
        let invoker = Invoker::new(served(functions).await).unwrap();
        let template = Arc::new(Template::load().unwrap());
        format!("http://{}", served(router(template, invoker)).await)
    }

    async fn served(app: Router) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await.unwrap() });
        address
    }

    async fn answer(request: reqwest::RequestBuilder) -> (u16, String) {
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    #[tokio::test]
    async fn requests_reach_their_function_and_the_rest_is_refused_as_api_gateway_does() {
        let (url, http) = (gateway().await, reqwest::Client::new());
        let answered = answer(http.get(format!("{url}/api/crm/leads/"))).await;
        assert_eq!(answered, (202, "crm by \"ANY /api/crm/{proxy+}\"".into()));
        assert_eq!(answer(http.get(format!("{url}/nothing"))).await, (404, r#"{"message":"Not Found"}"#.into()));
        let large = answer(http.post(format!("{url}/api/crm/leads/")).body(vec![b'x'; LARGEST_BODY + 1])).await;
        assert_eq!(large, (413, r#"{"message":"Request Entity Too Large"}"#.into()));
    }

    #[tokio::test]
    async fn a_function_that_fails_is_a_500_that_says_nothing() {
        let (url, http) = (gateway().await, reqwest::Client::new());
        for path in ["/api/health/", "/api/auth/me/"] {
            let answered = answer(http.get(format!("{url}{path}"))).await;
            assert_eq!(answered, (500, r#"{"message":"Internal Server Error"}"#.into()), "{path}");
        }
    }
}
