//! An event of API Gateway's, on its way to a request.
//!
//! lambda_http makes a URL of an event's protocol, host, path and query, and bytes of its body, and panics where it can't;
//! a protocol with a slash in it even decides what the path is. All of these are the caller's to choose. So an event is
//! made harmless before lambda_http has it, or is answered as a request that can't be read.

use std::{convert::Infallible, future::ready};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{Uri, header};
use lambda_http::{LambdaEvent, Request, aws_lambda_events::apigw::ApiGatewayV2httpRequest as Sent, request::LambdaRequest, service_fn};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use tower::ServiceExt;

use crate::{Front, Problem};

/// What is escaped in a path, which API Gateway hands over decoded.
const IN_PATHS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// What is escaped in a query, which comes as it was sent: what no URL has.
const IN_QUERIES: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>');

/// What a function is called with: a request, or what of it can't be read, and why.
#[derive(Debug)]
pub struct Event(Result<Box<Sent>, (&'static str, &'static str)>);

impl<'de> Deserialize<'de> for Event {
    /// Succeeds for all JSON.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Box::<RawValue>::deserialize(deserializer)?;
        let sent = serde_json::from_str(text.get()).map_err(|_| ("request", "Its method or a header is none."));
        Ok(Self(sent.and_then(harmless)))
    }
}

/// `sent` with a URL and a body that can be read.
fn harmless(mut sent: Box<Sent>) -> Result<Box<Sent>, (&'static str, &'static str)> {
    // The URL's beginning, which nobody looks at, is then the same for all.
    sent.headers.remove(header::HOST);
    sent.headers.remove("x-forwarded-proto");
    sent.request_context.domain_name = None;

    let path = sent.raw_path.take().unwrap_or_default();
    let path = format!("/{}", utf8_percent_encode(path.strip_prefix('/').unwrap_or(&path), IN_PATHS));
    let query = utf8_percent_encode(sent.raw_query_string.as_deref().unwrap_or_default(), IN_QUERIES).to_string();
    if format!("{path}?{query}").parse::<Uri>().is_err() {
        return Err(("request", "Its path and query are too long."));
    }
    sent.raw_path = Some(path);
    sent.raw_query_string = Some(query);

    let encoded = sent.body.as_deref().filter(|_| sent.is_base64_encoded);
    if encoded.is_some_and(|body| STANDARD.decode(body).is_err()) {
        return Err(("body", "Is no base64, though it is said to be."));
    }
    Ok(sent)
}

/// What `front` answers to `event`, as API Gateway takes it.
pub async fn handle(front: Front, event: LambdaEvent<Event>) -> Result<impl Serialize, Infallible> {
    let LambdaEvent { payload: Event(sent), context } = event;
    let lambda = |sent| LambdaEvent::new(LambdaRequest::ApiGatewayV2(sent), context);
    match sent {
        Ok(sent) => lambda_http::Adapter::from(front).oneshot(lambda(*sent)).await,
        Err((field, message)) => {
            let refuse = service_fn(move |_: Request| ready(Ok(front.refuse(Problem::malformed(field, message)))));
            lambda_http::Adapter::from(refuse).oneshot(lambda(Sent::default())).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn read(event: &Value) -> Result<Request, (&'static str, &'static str)> {
        let Event(sent) = serde_json::from_str(&event.to_string()).unwrap();
        sent.map(|sent| LambdaRequest::ApiGatewayV2(*sent).into())
    }

    proptest! {
        #[test]
        fn a_request_is_made_of_any_event_with_the_path_query_and_body_that_were_sent(
            path in "/.*", query in ".*", headers in proptest::collection::btree_map("[a-z]{1,8}|host|x-forwarded-proto", ".*", 0..5),
            cookies in proptest::option::of(proptest::collection::vec(".*", 0..3)), domain in ".*", body in proptest::option::of(".*"),
            base64 in any::<bool>(),
        ) {
            let request = read(&json!({
                "version": "2.0", "rawPath": path, "rawQueryString": query, "headers": headers, "cookies": cookies, "body": body,
                "isBase64Encoded": base64, "requestContext": {"domainName": domain, "http": {"method": "PUT"}},
            }));
            if let Ok(request) = request {
                let seen = percent_decode_str(request.uri().path()).decode_utf8().unwrap().into_owned();
                if !path.split('/').any(|segment| ["." , ".."].contains(&segment)) {
                    prop_assert_eq!(seen, path);
                }
                let seen = request.uri().query().unwrap_or_default();
                prop_assert!(percent_decode_str(seen).eq(percent_decode_str(&query)), "{} is not {}", seen, query);
                prop_assert!(base64 || request.body().as_ref() == body.unwrap_or_default().as_bytes());
            }
        }

        #[test]
        fn any_json_is_an_event(text in r#"\{"(version|rawPath|headers|requestContext|body)": *(null|[0-9]|"a"|\[\]|\{\}|\{"http": *(null|\{\})\})\}"#) {
            prop_assert!(read(&serde_json::from_str(&text).unwrap()).is_err());
        }
    }

    #[test]
    fn only_what_can_not_be_read_is_refused() {
        let event = |path: &str, header: &str, body: &str| {
            let http = json!({"http": {"method": "GET"}});
            json!({"rawPath": path, "headers": {"a": header}, "body": body, "isBase64Encoded": true, "requestContext": http})
        };
        assert!(read(&event("/", "b", "aGk=")).is_ok());
        for (refused, field) in [
            (event(&"/ü".repeat(20_000), "b", "aGk="), "request"),
            (event("/", "a\u{1}b", "aGk="), "request"),
            (event("/", "b", "aGk"), "body"),
        ] {
            assert_eq!(read(&refused).unwrap_err().0, field);
        }
    }
}
