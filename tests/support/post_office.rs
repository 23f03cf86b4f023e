//! What stands in for SES where a test says what becomes of a mail: taken, refused for ever, or not taken now.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::SystemTime,
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use local::ses::{Answered, Domains, Sent};
use serde_json::{Value, json};

/// A mail that was taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Posted {
    /// Whom it comes from.
    pub from: String,
    /// Where it went.
    pub to: String,
    /// Who got a copy.
    pub cc: Vec<String>,
    /// Its subject.
    pub subject: String,
    /// What it says.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// What becomes of the mails to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// They are refused for ever.
    Refused,
    /// They aren't taken now.
    NotNow,
}

#[derive(Debug, Default)]
struct Counter {
    posted: Vec<Posted>,
    /// The same as SES tells of them.
    sent: Vec<Sent>,
    fates: BTreeMap<String, Fate>,
    tries: BTreeMap<String, usize>,
    domains: Domains,
    /// Whether it says nothing of domains now.
    is_silent: bool,
}

/// It.
#[derive(Debug, Clone)]
pub struct PostOffice {
    url: String,
    counter: Arc<Mutex<Counter>>,
}

impl PostOffice {
    /// One that takes every mail so far.
    pub async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let counter = Arc::<Mutex<Counter>>::default();
        let router = Router::new().fallback(take).with_state(counter.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, counter }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Say what becomes of the mails to `address`; they are taken if nothing does.
    pub fn decide(&self, address: &str, fate: Option<Fate>) {
        let fates = &mut self.counter.lock().unwrap().fates;
        match fate {
            Some(fate) => fates.insert(address.to_owned(), fate),
            None => fates.remove(address),
        };
    }

    /// The mails to `address` that were taken, oldest first.
    pub fn mails_to(&self, address: &str) -> Vec<Posted> {
        self.counter.lock().unwrap().posted.iter().filter(|mail| mail.to == address).cloned().collect()
    }

    /// The same as SES tells of them.
    pub fn sent_to(&self, address: &str) -> Vec<Sent> {
        self.counter.lock().unwrap().sent.iter().filter(|mail| mail.to == address).cloned().collect()
    }

    /// Those to whom mails were taken since it took `since` of them; how many it took by now.
    pub fn since(&self, since: usize) -> (Vec<String>, usize) {
        let counter = self.counter.lock().unwrap();
        (counter.posted.iter().skip(since).map(|mail| mail.to.clone()).collect(), counter.posted.len())
    }

    /// What `act` makes of the domains that it knows, and of their DNS.
    pub fn domains<T>(&self, act: impl FnOnce(&mut Domains) -> T) -> T {
        act(&mut self.counter.lock().unwrap().domains)
    }

    /// Whether it says nothing of domains from now on.
    pub fn silence(&self, is_silent: bool) {
        self.counter.lock().unwrap().is_silent = is_silent;
    }

    /// How often a mail to `address` was handed in.
    pub fn tries(&self, address: &str) -> usize {
        self.counter.lock().unwrap().tries.get(address).copied().unwrap_or_default()
    }
}

async fn take(State(counter): State<Arc<Mutex<Counter>>>, method: Method, uri: Uri, body: Bytes) -> Response {
    {
        let mut counter = counter.lock().unwrap();
        let is_silent = counter.is_silent;
        if let Some(answered) = counter.domains.answer(method.as_str(), uri.path(), &body) {
            let busy = || (StatusCode::TOO_MANY_REQUESTS, [("x-amzn-errortype", "TooManyRequestsException")], "{}").into_response();
            return if is_silent { busy() } else { answered.into_response() };
        }
    }
    let mail: Value = serde_json::from_slice(&body).unwrap();
    let from = mail["FromEmailAddress"].as_str().unwrap().to_owned();
    let addresses = |kind: &str| -> Vec<String> {
        let mailboxes = mail["Destination"][kind].as_array().into_iter().flatten();
        mailboxes.map(|mailbox| mailbox.as_str().unwrap().rsplit('<').next().unwrap().trim_end_matches('>').to_owned()).collect()
    };
    let (to, cc) = (addresses("ToAddresses").remove(0), addresses("CcAddresses"));
    let mut counter = counter.lock().unwrap();
    *counter.tries.entry(to.clone()).or_default() += 1;
    let error = |status: StatusCode, kind: &'static str| (status, [("x-amzn-errortype", kind)], "{}").into_response();
    match counter.fates.get(&to) {
        Some(Fate::Refused) => return error(StatusCode::BAD_REQUEST, "MessageRejected"),
        Some(Fate::NotNow) => return error(StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException"),
        None => {}
    }
    if !from.trim_end_matches('>').ends_with("@consultantpro.example") && !counter.domains.sends_from(&from) {
        return Answered::unverified().into_response();
    }
    let content = |part: &str| mail.pointer(&format!("/Content/Simple/{part}/Data")).unwrap().as_str().unwrap().to_owned();
    let (subject, text, html) = (content("Subject"), content("Body/Text"), content("Body/Html"));
    counter.posted.push(Posted { from, to, cc, subject, text, html });
    let answer = json!({"MessageId": format!("posted-{}", counter.posted.len())});
    counter.sent.push(Sent::of(&mail, &answer, SystemTime::now().into()).unwrap());
    Json(answer).into_response()
}
