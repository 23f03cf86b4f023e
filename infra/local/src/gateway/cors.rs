//! What pages of other origins may ask and see, as an HTTP API with a `CorsConfiguration` has it: its headers are put on
//! every answer to an origin that is allowed, on the gateway's own refusals too, and what a function says of it is dropped.
//! What a browser asks first (a preflight, by OPTIONS) goes to the function if a route takes OPTIONS, as `ANY` does, and
//! has to succeed there; what no route takes is answered here.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, header};
use serde_json::{Map, Value};

use crate::{
    error::{Doing, Error, OrMissing, Result},
    template::text,
};

/// Who is allowed what.
#[derive(Debug, Clone)]
pub struct Cors {
    origins: Vec<String>,
    /// What the answer to a preflight says.
    permissions: Vec<(HeaderName, HeaderValue)>,
    /// What any other answer says.
    exposure: Vec<(HeaderName, HeaderValue)>,
}

impl Cors {
    /// The one of an API's `CorsConfiguration`, in which no expression is left.
    pub(crate) fn read(configuration: &Value) -> Result<Self> {
        let mut rest = configuration.as_object().cloned().or_missing("template.yaml has a CorsConfiguration that is no map")?;
        let credentials = matches!(rest.remove("AllowCredentials").as_ref().map(text).as_deref(), Some("true"));
        let credentials = credentials.then_some((header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true")));
        let mut cors = Self {
            origins: list(&mut rest, "AllowOrigins")?,
            permissions: vec![
                (header::ACCESS_CONTROL_ALLOW_METHODS, value(&list(&mut rest, "AllowMethods")?.join(","))?),
                (header::ACCESS_CONTROL_ALLOW_HEADERS, value(&list(&mut rest, "AllowHeaders")?.join(","))?),
                (header::ACCESS_CONTROL_MAX_AGE, value(&rest.remove("MaxAge").as_ref().map(text).unwrap_or_default())?),
            ],
            exposure: vec![(header::ACCESS_CONTROL_EXPOSE_HEADERS, value(&list(&mut rest, "ExposeHeaders")?.join(","))?)],
        };
        cors.permissions.extend(credentials.clone());
        cors.exposure.extend(credentials);
        match rest.keys().next() {
            Some(unknown) => Err(Error::new(format!("the local stack doesn't know {unknown} of a CorsConfiguration"))),
            None => Ok(cors),
        }
    }

    /// Put on `response` what it says to whoever asked with `method` and the headers `asked`.
    pub fn apply<B>(&self, method: &Method, asked: &HeaderMap, response: &mut Response<B>) {
        let headers = response.headers_mut();
        let theirs: Vec<_> = headers.keys().filter(|name| name.as_str().starts_with("access-control-")).cloned().collect();
        for name in theirs {
            headers.remove(name);
        }
        let Some(origin) = asked.get(header::ORIGIN).filter(|origin| self.origins.iter().any(|allowed| *origin == allowed)) else { return };
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.extend(if is_preflight(method, asked) { &self.permissions } else { &self.exposure }.iter().cloned());
    }
}

/// Whether a browser asks what it may ask.
pub(super) fn is_preflight(method: &Method, asked: &HeaderMap) -> bool {
    method == Method::OPTIONS && asked.contains_key(header::ORIGIN) && asked.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

fn list(configuration: &mut Map<String, Value>, key: &str) -> Result<Vec<String>> {
    let values = configuration.remove(key).unwrap_or_default();
    let values: Vec<String> = values.as_array().into_iter().flatten().map(text).collect();
    match values.iter().find(|value| value.contains('*')) {
        Some(value) => Err(Error::new(format!("the local stack doesn't know what {value} means in {key}"))),
        None => Ok(values),
    }
}

fn value(text: &str) -> Result<HeaderValue> {
    HeaderValue::from_str(text).doing(format!("the CorsConfiguration's {text:?} is no header"))
}
