//! Handlers that take no body refuse one: what somebody sends is not quietly left undone. Which those are follows from
//! their signatures, where they are registered, so that none can be forgotten.

use std::{any::TypeId, marker::PhantomData};

use axum::{
    extract::{FromRequest, Request},
    handler::Handler,
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::{MethodFilter, MethodRouter},
};
use bytes::Bytes;
use http_body_util::BodyExt;

use crate::Problem;

/// What a handler is given, as axum knows it: a tuple of how the last of it is made, and all of it.
pub trait Arguments {
    /// Whether the last of it is made from the body.
    fn take_body() -> bool;
}

impl Arguments for ((),) {
    fn take_body() -> bool {
        false
    }
}

macro_rules! arguments {
    ($($argument:ident)*) => {
        impl<M: 'static, $($argument),*> Arguments for (M, $($argument,)*) {
            fn take_body() -> bool {
                TypeId::of::<M>() == marker_of(PhantomData::<Bytes>)
            }
        }
    };
}
arguments!(A);
arguments!(A B);
arguments!(A B C);
arguments!(A B C D);
arguments!(A B C D E);
arguments!(A B C D E F);
arguments!(A B C D E F G);
arguments!(A B C D E F G H);

/// How axum marks that a `T` is made: from the whole request, or from what comes before its body.
fn marker_of<T: FromRequest<(), M>, M: 'static>(_: PhantomData<T>) -> TypeId {
    TypeId::of::<M>()
}

/// `methods`, with `handler` for those that `filter` lets through.
pub fn on<S, H, T>(methods: MethodRouter<S>, filter: MethodFilter, handler: H) -> MethodRouter<S>
where
    S: Clone + Send + Sync + 'static,
    H: Handler<T, S>,
    T: Arguments + 'static,
{
    if T::take_body() || filter == MethodFilter::GET || filter == MethodFilter::HEAD {
        return methods.on(filter, handler);
    }
    methods.on(filter, handler.layer(from_fn(without_body)))
}

/// Go on if there is no body, or an empty object: many clients send one with every POST.
async fn without_body(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match body.collect().await.map(http_body_util::Collected::to_bytes) {
        Ok(body) if is_nothing(&body) => next.run(Request::from_parts(parts, axum::body::Body::empty())).await,
        Ok(_) => Problem::malformed("body", "Nothing is taken here but an empty object.").into_response(),
        Err(error) => Problem::internal(error).into_response(),
    }
}

fn is_nothing(body: &[u8]) -> bool {
    let inside = body.trim_ascii().strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}"));
    body.is_empty() || inside.is_some_and(|inside| inside.trim_ascii().is_empty())
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::HeaderMap};
    use http::{Method, StatusCode};
    use tower::ServiceExt;

    use super::*;

    async fn nothing() {}
    async fn headers(_: HeaderMap) {}
    async fn method_and_headers(_: Method, _: HeaderMap) {}
    async fn body(_: Bytes) {}
    async fn headers_and_body(_: HeaderMap, _: Bytes) {}
    async fn whole_request(_: Method, _: Request) {}

    /// What a POST of `body` to `handler` is answered.
    async fn answer<T: Arguments + 'static>(handler: impl Handler<T, ()>, body: &'static str) -> StatusCode {
        let request = Request::post("/").body(Body::from(body)).unwrap();
        on(MethodRouter::new(), MethodFilter::POST, handler).oneshot(request).await.unwrap().status()
    }

    #[tokio::test]
    async fn a_handler_whose_signature_takes_no_body_refuses_one() {
        for (body, expected) in [
            ("", 200),
            ("{}", 200),
            (" {\n} ", 200),
            (r#"{"x": 1}"#, 400),
            ("[]", 400),
            ("null", 400),
            ("x", 400),
            (" ", 400),
            ("{", 400),
            ("}", 400),
            ("{}{}", 400),
        ] {
            let answers = [answer(nothing, body).await, answer(headers, body).await, answer(method_and_headers, body).await];
            assert_eq!(answers.map(|answer| answer.as_u16()), [expected; 3], "{body}");
        }
    }

    #[tokio::test]
    async fn a_handler_that_takes_a_body_is_given_whatever_comes() {
        for sent in ["", "{}", r#"{"x": 1}"#, "x"] {
            let answers = [answer(body, sent).await, answer(headers_and_body, sent).await, answer(whole_request, sent).await];
            assert_eq!(answers, [StatusCode::OK; 3], "{sent}");
        }
    }
}
