//! A request, from what a browser sends to what it is answered.

use std::net::IpAddr;

use chrono::TimeDelta;
use http::Method;
use serde_json::Value;

use crate::{Answer, Environment, TestApp};

/// A request to be sent.
pub struct Call<'a> {
    app: &'a TestApp,
    environment: &'a Environment,
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: bytes::Bytes,
    address: IpAddr,
    patience: TimeDelta,
}

impl<'a> Call<'a> {
    /// `method` of `path` of `app`, answered by the processes `environment`, from `address`, in time for `patience`.
    pub(crate) fn new(
        (app, environment): (&'a TestApp, &'a Environment),
        method: Method,
        path: String,
        (address, patience): (IpAddr, TimeDelta),
    ) -> Self {
        Self { app, environment, method, path, headers: Vec::new(), body: bytes::Bytes::new(), address, patience }
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(self, body: Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    /// With this body.
    #[must_use]
    pub fn body(self, body: impl Into<bytes::Bytes>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// With this header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With this access token.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// From this address.
    #[must_use]
    pub fn from(self, address: IpAddr) -> Self {
        Self { address, ..self }
    }

    /// To be answered before Lambda ends the process, so long from now.
    #[must_use]
    pub fn within(self, patience: TimeDelta) -> Self {
        Self { patience, ..self }
    }

    /// Answered by the functions' processes `environment`.
    #[must_use]
    pub fn by(self, environment: &'a Environment) -> Self {
        Self { environment, ..self }
    }

    /// Send it, by way of API Gateway's event and the template's route.
    pub async fn send(self) -> Answer {
        let mut request = http::Request::builder().method(self.method.clone()).uri(&self.path).header("host", "localhost");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.body(self.body).unwrap();
        let route = self.app.template.route(self.method.as_str(), &local::gateway::raw_path(request.uri()));
        let route = route.unwrap_or_else(|| panic!("template.yaml has no route for {} {}", self.method, self.path));
        let event = local::gateway::event(&request, &route.key(), self.address);
        let mut answer = self.environment.invoke_within(self.patience, &route.function, &event).await;
        self.app.template.cors.as_ref().unwrap().apply(request.method(), request.headers(), &mut answer);
        answer.into()
    }
}
