//! Files that are compiled in.

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use domain::Digest;
use http::{HeaderValue, header};

/// A file, as it is served.
#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) content_type: HeaderValue,
    pub(crate) content: Cow<'static, [u8]>,
    /// Names what it holds: its ETag, and the version in the address of what is kept for good.
    pub(crate) version: String,
}

impl File {
    /// A file that holds `content`.
    pub(crate) fn new(content_type: &'static str, content: impl Into<Cow<'static, [u8]>>) -> Self {
        let content = content.into();
        let version = Digest::of(&[&content]).to_string().chars().take(16).collect();
        Self { content_type: HeaderValue::from_static(content_type), content, version }
    }
}

impl IntoResponse for &File {
    fn into_response(self) -> Response {
        let mut response = self.content.clone().into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, self.content_type.clone());
        if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", self.version)) {
            headers.insert(header::ETAG, tag);
        }
        response
    }
}
