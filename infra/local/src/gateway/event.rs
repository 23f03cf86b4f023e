//! HTTP requests as API Gateway events (HTTP API, payload version 2.0), and their answers as HTTP.
//!
//! Pure, and inverse to each other as far as the format allows: the integration tests send their requests through
//! here too, so that a test and the cloud hand a function the same bytes.

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Uri, header},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};
use std::{
    net::IpAddr,
    time::{SystemTime, UNIX_EPOCH},
};

use crate::{
    error::{Doing, OrMissing, Result},
    template::ACCOUNT,
};

/// The path of a request as API Gateway has it, for its routes and for functions: decoded, whatever "raw" may mean.
pub fn raw_path(uri: &Uri) -> String {
    percent_decode_str(uri.path()).decode_utf8_lossy().into_owned()
}

/// The event that a function gets for `request`, which came by `route_key` from `source_ip`.
pub fn event(request: &Request<Bytes>, route_key: &str, source_ip: IpAddr) -> Value {
    let (method, path) = (request.method().as_str(), raw_path(request.uri()));
    let headers = request.headers();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut event = json!({
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": path,
        "rawQueryString": request.uri().query().unwrap_or_default(),
        "headers": joined(headers),
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "local",
            "domainName": text(headers, header::HOST),
            "domainPrefix": "local",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": source_ip,
                "userAgent": text(headers, header::USER_AGENT),
            },
            "requestId": request_id(),
            "routeKey": route_key,
            "stage": "$default",
            "timeEpoch": u64::try_from(now.as_millis()).unwrap_or_default(),
        },
        "isBase64Encoded": false,
    });
    let mut add = |key: &str, value: Value| {
        if let Some(event) = event.as_object_mut() {
            event.insert(key.to_owned(), value);
        }
    };
    let cookies = text(headers, header::COOKIE);
    if !cookies.is_empty() {
        add("cookies", cookies.split("; ").collect());
    }
    let parameters = query_parameters(request.uri().query().unwrap_or_default());
    if !parameters.is_empty() {
        add("queryStringParameters", parameters.into());
    }
    if !request.body().is_empty() {
        match std::str::from_utf8(request.body()) {
            Ok(body) if is_text(&text(headers, header::CONTENT_TYPE)) => add("body", body.into()),
            _ => {
                add("body", STANDARD.encode(request.body()).into());
                add("isBase64Encoded", true.into());
            }
        }
    }
    event
}

/// The HTTP response that a function's answer stands for.
///
/// An answer without a `statusCode` is a 200 with the answer itself as its JSON body, as API Gateway has it.
pub fn response(answer: &Value) -> Result<Response<Bytes>> {
    let sentence = "the function's answer is no HTTP response";
    let Some(status) = answer.get("statusCode") else {
        let body = Bytes::from(answer.to_string());
        return Response::builder().header(header::CONTENT_TYPE, "application/json").body(body).doing(sentence);
    };
    let status = status.as_u64().and_then(|status| u16::try_from(status).ok()).or_missing(sentence)?;
    let body = answer.get("body").and_then(Value::as_str).unwrap_or_default();
    let body = if answer.get("isBase64Encoded").and_then(Value::as_bool).unwrap_or(false) {
        Bytes::from(STANDARD.decode(body).doing(sentence)?)
    } else {
        Bytes::from(body.to_owned())
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).doing(sentence)?;
    for (name, value) in answer.get("headers").and_then(Value::as_object).into_iter().flatten() {
        let name = HeaderName::try_from(name.as_str()).doing(sentence)?;
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        response.headers_mut().insert(name, HeaderValue::try_from(value).doing(sentence)?);
    }
    for cookie in answer.get("cookies").and_then(Value::as_array).into_iter().flatten() {
        let cookie = HeaderValue::try_from(cookie.as_str().unwrap_or_default()).doing(sentence)?;
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Headers with lower-case names, several values of one joined by a comma, without cookies.
fn joined(headers: &HeaderMap) -> Map<String, Value> {
    let mut out = Map::new();
    for name in headers.keys().filter(|name| **name != header::COOKIE) {
        let values: Vec<_> = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        out.insert(name.as_str().to_owned(), values.join(",").into());
    }
    out
}

fn text(headers: &HeaderMap, name: HeaderName) -> String {
    let values: Vec<_> = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    values.join("; ")
}

/// Query parameters, decoded, several values of one joined by a comma.
fn query_parameters(query: &str) -> Map<String, Value> {
    let mut out = Map::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = decoded(value);
        let value = match out.get(&decoded(name)).and_then(Value::as_str) {
            Some(earlier) => format!("{earlier},{value}"),
            None => value,
        };
        out.insert(decoded(name), value.into());
    }
    out
}

fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

/// Whether API Gateway hands on a body of this type as it is.
fn is_text(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind.starts_with("text/")
        || kind.ends_with("+json")
        || kind.ends_with("+xml")
        || matches!(
            kind.as_str(),
            "" | "application/json" | "application/javascript" | "application/xml" | "application/x-www-form-urlencoded"
        )
}

fn request_id() -> String {
    let mut bytes = [0_u8; 12];
    // Without randomness the id is all zeros, which harms no one here.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests;
