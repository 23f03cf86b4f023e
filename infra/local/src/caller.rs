//! Calls the running stack's API as a client would, for the check and the demo.

use axum::http::{HeaderMap, Method, StatusCode};
use serde_json::Value;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::{
    error::{Doing, Error, OrMissing, Result},
    mailbox,
};

/// How long a mail may take.
const MAIL_PATIENCE: Duration = Duration::from_secs(20);

/// A client of one stack.
#[derive(Clone)]
pub(crate) struct Caller {
    http: reqwest::Client,
    url: String,
}

/// A call that is being put together.
pub(crate) struct Call {
    what: String,
    request: reqwest::RequestBuilder,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    what: String,
    status: StatusCode,
    headers: HeaderMap,
    text: String,
    body: Value,
}

impl Caller {
    /// A client of the stack at `url`.
    pub(crate) fn new(url: &str) -> Self {
        Self { http: reqwest::Client::new(), url: url.trim_end_matches('/').to_owned() }
    }

    pub(crate) fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Call {
        self.call(Method::POST, path).json(body)
    }

    pub(crate) fn patch(&self, path: &str, body: &Value) -> Call {
        self.call(Method::PATCH, path).json(body)
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> Call {
        self.call(Method::PUT, path).json(body)
    }

    pub(crate) fn delete(&self, path: &str) -> Call {
        self.call(Method::DELETE, path)
    }

    fn call(&self, method: Method, path: &str) -> Call {
        Call { what: format!("{method} {path}"), request: self.http.request(method, format!("{}{path}", self.url)) }
    }

    /// The address of `path`.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// Opens the page at `url`, as a browser does; what it says.
    pub(crate) async fn open(&self, url: &str) -> Result<String> {
        let answer = self.http.get(url).send().await.doing(format!("{url} got no answer"))?;
        let status = answer.status();
        let page = answer.text().await.doing(format!("{url} got half an answer"))?;
        if status.is_success() { Ok(page) } else { Err(Error::new(format!("{url} answered {status}"))) }
    }

    /// Presses a button of the payment page at `url`, as a browser does.
    pub(crate) async fn press(&self, url: &str, button: &str) -> Result<()> {
        let url = format!("{}/{button}/", url.trim_end_matches('/'));
        let answer = self.http.post(&url).send().await.doing(format!("{url} got no answer"))?;
        let status = answer.status();
        if status.is_success() || status.is_redirection() { Ok(()) } else { Err(Error::new(format!("{url} answered {status}"))) }
    }

    /// The newest mail to `address` whose subject or text holds `words`, as soon as it is there; its text.
    pub(crate) async fn mail(&self, address: &str, words: &str) -> Result<String> {
        self.mail_after(address, words, None).await
    }

    /// The same of a mail that a timer sends.
    pub(crate) async fn timed_mail(&self, address: &str, words: &str) -> Result<String> {
        self.mail_after(address, words, Some("/_local/schedules/Timers/")).await
    }

    /// The same, each time after what is at `schedule` was called.
    async fn mail_after(&self, address: &str, words: &str, schedule: Option<&str>) -> Result<String> {
        let deadline = Instant::now() + MAIL_PATIENCE;
        while Instant::now() < deadline {
            if let Some(schedule) = schedule {
                self.post(schedule, &Value::Null).send().await?.is(200)?;
            }
            let mails = self.get(&format!("{}?format=json", mailbox::PATH)).send().await?.is(200)?;
            let holds = |mail: &&Value, key: &str, words: &str| mail.get(key).is_some_and(|value| value.to_string().contains(words));
            let fits = |mail: &&Value| holds(mail, "to", address) && (holds(mail, "subject", words) || holds(mail, "text", words));
            if let Some(mail) = mails.body.as_array().and_then(|mails| mails.iter().find(fits)) {
                return Ok(mail.get("text").and_then(Value::as_str).unwrap_or_default().to_owned());
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        Err(Error::new(format!("no mail to {address} with “{words}” has come in {} seconds", MAIL_PATIENCE.as_secs())))
    }
}

impl Call {
    /// Says who calls.
    pub(crate) fn by(mut self, token: &str) -> Self {
        self.request = self.request.bearer_auth(token);
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    fn json(mut self, body: &Value) -> Self {
        self.request = self.request.json(body);
        self
    }

    pub(crate) async fn send(self) -> Result<Answer> {
        let Self { what, request } = self;
        let response = request.send().await.doing(format!("{what} got no answer (is `cargo local` running?)"))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.doing(format!("{what} got half an answer"))?;
        let body = serde_json::from_str(&text).unwrap_or_default();
        Ok(Answer { what, status, headers, text, body })
    }
}

impl Answer {
    /// This answer, if it has the status.
    pub(crate) fn is(self, status: u16) -> Result<Self> {
        if self.status.as_u16() == status {
            return Ok(self);
        }
        Err(Error::new(format!("{} answered {} instead of {status}: {}", self.what, self.status.as_u16(), self.text)))
    }

    pub(crate) fn status(&self) -> u16 {
        self.status.as_u16()
    }

    pub(crate) fn body(&self) -> &Value {
        &self.body
    }

    /// A text in the body: `"/client/id"`.
    pub(crate) fn text(&self, pointer: &str) -> Result<String> {
        let value = self.body.pointer(pointer).and_then(Value::as_str);
        value.map(str::to_owned).or_missing(format!("{} answered without {pointer}: {}", self.what, self.text))
    }

    /// This answer, if its body holds `value` at `pointer`.
    pub(crate) fn has(self, pointer: &str, value: &Value) -> Result<Self> {
        if self.body.pointer(pointer) == Some(value) {
            return Ok(self);
        }
        let sentence = format!("{} answered with another {pointer} than {value}: {}", self.what, self.text);
        Err(Error::new(sentence))
    }

    /// This answer, if its body holds nothing at `pointer`.
    pub(crate) fn lacks(self, pointer: &str) -> Result<Self> {
        match self.body.pointer(pointer) {
            None => Ok(self),
            Some(value) => Err(Error::new(format!("{} answered with {value} at {pointer}: {}", self.what, self.text))),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Result<String> {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.map(str::to_owned).or_missing(format!("{} answered without the header {name}", self.what))
    }
}

/// A word that no earlier run has used.
pub(crate) fn fresh_word() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{:x}", now.as_micros())
}

/// The token of the first link to `page` in a mail's text: `activate`, `confirm-email`.
pub(crate) fn link_token(text: &str, page: &str) -> Result<String> {
    let token = text.split_once(&format!("/{page}?token=")).map(|(_, rest)| rest);
    let token = token.and_then(|rest| rest.split(|letter: char| letter.is_whitespace() || "\"'<>)".contains(letter)).next());
    token.filter(|token| !token.is_empty()).map(str::to_owned).or_missing(format!("the mail has no link to {page}: {text}"))
}

/// The token of the link by which a mail shows an invoice to whoever has it.
pub(crate) fn guest_token(text: &str) -> Result<String> {
    let token = text.split_once("/guest/invoices/").and_then(|(_, rest)| rest.split_whitespace().next());
    token.map(str::to_owned).or_missing(format!("the mail has no link to an invoice: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_ends_where_the_link_ends() {
        let text = "Welcome!\nhttp://127.0.0.1:8000/activate?token=abc.DEF-1_2\nBye";
        assert_eq!(link_token(text, "activate").unwrap(), "abc.DEF-1_2");
        assert_eq!(link_token("<a href=\"https://x/confirm-email?token=t\">", "confirm-email").unwrap(), "t");
        assert!(link_token("https://x/activate?token=", "activate").is_err());
        assert_eq!(guest_token("View it:\n\nhttps://x/guest/invoices/aB-_9\n\nYou").unwrap(), "aB-_9");
        assert!(guest_token("https://x/portal/invoices/inv_1").is_err());
    }
}
