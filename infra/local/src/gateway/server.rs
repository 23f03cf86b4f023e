//! What listens on the stack's port: the functions by their routes, and `/_local/` beside them.

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{ConnectInfo, State},
    http::{Request, Response, StatusCode, header},
    response::{IntoResponse, Redirect},
    routing::get,
};
use std::{net::SocketAddr, sync::Arc};
use tokio::net::TcpListener;

use super::{event, response};
use crate::{
    error::{Doing, Result},
    functions::Invoker,
    mailbox,
    ministack::Client,
    template::Template,
    triggers::schedule,
};

/// The largest request that API Gateway takes.
const LARGEST_BODY: usize = 10 * 1024 * 1024;

struct Gateway {
    template: Arc<Template>,
    invoker: Invoker,
}

/// Serves the whole stack on `listener`, until it is dropped.
pub(crate) async fn serve(listener: TcpListener, template: Arc<Template>, invoker: Invoker, ministack: Client) -> Result<()> {
    let schedules = schedule::router(Arc::clone(&template), invoker.clone());
    let gateway = Router::new().fallback(forward).with_state(Arc::new(Gateway { template, invoker }));
    let app =
        Router::new().route("/", get(Redirect::temporary("/api/docs/"))).merge(mailbox::router(ministack)).merge(schedules).merge(gateway);
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).await.doing("the gateway stopped")
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
    let answered = match gateway.invoker.invoke(&route.function, &event).await {
        Ok(answer) => response(&answer),
        Err(error) => Err(error),
    };
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
