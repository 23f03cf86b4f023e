//! A stand-in for Stripe: Checkout Sessions with a page to pay on, refunds, disputes, accounts of others that are connected to ours
//! with pages to set them up, and signed webhooks that are tried again until they are taken. Events can be told to come twice, late or out of order, and answers to get lost.
//!
//! Deliberately absent: anything that the product doesn't use. No card is asked for, no fee taken, and every currency
//! and amount within Stripe's bounds is fine.

mod account;
mod action;
mod api;
mod books;
mod connected;
mod delivery;
mod form;
mod objects;
mod pages;

use axum::{Router, routing::get};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};
use tokio::net::TcpListener;

use crate::error::{Doing, Result};
use books::Books;

pub use account::Account;
pub use action::Action;
pub use books::No;
pub use connected::Move;
pub use delivery::sign;

/// Where it is served, beside the API's routes.
pub(crate) const PATH: &str = "/_local/stripe/";

/// Where events go: those of our own account to an endpoint, those of others to the one below it.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// The endpoint's URL. That of the other is `connect/` below it.
    pub url: String,
    /// What those of our own account are signed with.
    pub secret: String,
    /// What those of others are signed with.
    pub connect_secret: String,
}

/// What can go wrong on purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// How often each event is sent.
    pub copies: u32,
    /// Whether events are held back for a moment, and the newest is sent first.
    pub reorder: bool,
    /// How long an event is held back, milliseconds.
    pub delay_ms: i64,
    /// How many of the next calls are refused (503) before anything is done.
    pub refuse: u32,
    /// How many of the next calls are done, and their answers lost.
    pub lose: u32,
    /// How long each call's answer takes, milliseconds.
    pub slow_ms: u64,
}

impl Default for Switches {
    fn default() -> Self {
        Self { copies: 1, reorder: false, delay_ms: 0, refuse: 0, lose: 0, slow_ms: 0 }
    }
}

/// The stand-in. Cloning it is cheap.
#[derive(Clone)]
pub struct StandIn {
    inner: Arc<Inner>,
}

struct Inner {
    /// Where it is served: what `STRIPE_API_URL` has to be.
    url: String,
    webhook: Option<Webhook>,
    file: Option<PathBuf>,
    http: reqwest::Client,
    books: Mutex<Books>,
    switches: Mutex<Switches>,
    ahead: AtomicI64,
}

impl StandIn {
    /// One that will be served at `url`, and keeps its books in `folder`.
    pub(crate) fn kept(url: &str, webhook: Webhook, folder: &std::path::Path) -> Result<Self> {
        let file = folder.join("stripe.json");
        let books = match fs::read(&file) {
            Ok(kept) => serde_json::from_slice(&kept).doing(format!("{} can't be read: start with --fresh", file.display()))?,
            Err(_) => Books::default(),
        };
        Ok(Self::new(url, Some(webhook), Some(file), books))
    }

    /// One of its own on a free port. It sends its events to `webhook`; without one they wait for [`StandIn::take_events`].
    /// It ends with the runtime that it is started in.
    pub async fn start(webhook: Option<Webhook>) -> Result<Self> {
        let sentence = "the stand-in for Stripe can't be served";
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.doing(sentence)?;
        let url = format!("http://{}{PATH}", listener.local_addr().doing(sentence)?);
        let stand_in = Self::new(&url, webhook, None, Books::default());
        let app = stand_in.clone().router();
        tokio::spawn(async move { axum::serve(listener, app).await });
        tokio::spawn(stand_in.clone().run());
        Ok(stand_in)
    }

    fn new(url: &str, webhook: Option<Webhook>, file: Option<PathBuf>, books: Books) -> Self {
        let inner = Inner {
            url: url.to_owned(),
            webhook,
            file,
            http: reqwest::Client::new(),
            books: Mutex::new(books),
            switches: Mutex::default(),
            ahead: AtomicI64::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Its API, its pages and its switches.
    pub(crate) fn router(self) -> Router {
        let routes = api::routes(&self).merge(pages::routes());
        // A nested router doesn't serve its own root with the slash at its end.
        Router::new().route(PATH, get(pages::list)).nest(PATH.trim_end_matches('/'), routes).with_state(self)
    }

    /// Where it is: what `STRIPE_API_URL` has to be.
    pub fn url(&self) -> &str {
        &self.inner.url
    }

    /// Set what goes wrong from now on.
    pub fn switch(&self, switches: Switches) {
        *self.switches() = switches;
    }

    /// Let so many seconds pass.
    pub fn advance(&self, seconds: i64) {
        self.inner.ahead.fetch_add(seconds, Ordering::Relaxed);
        self.change(|books| books.expire(self.now()));
    }

    /// Press a button of the payment page of `session`.
    pub fn press(&self, session: &str, action: Action) -> Result<(), No> {
        self.change(|books| books.act(session, action, self.now()))
    }

    /// Do `step` about the account `id`, as its holder does on the page to set it up, or as Stripe does.
    pub fn step(&self, id: &str, step: Move) -> Result<(), No> {
        self.change(|books| books.step(id, step, self.now()))
    }

    /// A new account that is connected and set up, of which nothing is told: what tests begin with.
    pub fn connected(&self) -> String {
        self.change(|books| {
            let form = form::parse("type=standard");
            let account = books.create_account(&form, self.now()).map(|account| account.id).unwrap_or_default();
            let told = books.outgoing.len();
            if let Err(no) = books.step(&account, Move::Complete, self.now()) {
                tracing::error!(%no, "an account can't be set up");
            }
            books.outgoing.truncate(told);
            account
        })
    }

    /// How much of the payments in `account` is ours, by the sessions of each.
    pub fn fees(&self, account: &str) -> Vec<i64> {
        self.read(|books| {
            books.payments.values().filter(|paid| paid.account.as_deref() == Some(account)).filter_map(|paid| paid.fee).collect()
        })
    }

    /// In which ways alone `session` can be paid; in all that fit, if in none.
    pub fn allowed(&self, session: &str) -> Vec<String> {
        self.read(|books| books.session(session).map(|session| session.allowed.clone()).unwrap_or_default())
    }

    /// What was to be sent since it was last asked, oldest first; nothing of it will be sent by itself any more.
    pub fn take_events(&self) -> Vec<String> {
        self.change(|books| std::mem::take(&mut books.outgoing)).into_iter().map(|outgoing| outgoing.body).collect()
    }

    /// Send all events again that it still has; how many.
    pub fn resend(&self) -> usize {
        self.change(books::Books::resend)
    }

    /// The page on which `session` can be paid.
    fn page(&self, session: &str) -> String {
        format!("{}pay/{session}/", self.inner.url)
    }

    /// The page on which an account is set up.
    fn onboarding(&self, link: &str) -> String {
        format!("{}onboard/{link}/", self.inner.url)
    }

    /// Its time, seconds since 1970.
    fn now(&self) -> i64 {
        self.now_ms() / 1000
    }

    fn now_ms(&self) -> i64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(now.as_millis()).unwrap_or_default() + self.inner.ahead.load(Ordering::Relaxed) * 1000
    }

    fn read<T>(&self, read: impl FnOnce(&Books) -> T) -> T {
        read(&self.books())
    }

    /// Changes the books, and keeps them.
    fn change<T>(&self, change: impl FnOnce(&mut Books) -> T) -> T {
        let mut books = self.books();
        let changed = change(&mut books);
        if let Some(file) = &self.inner.file
            && let Err(error) = serde_json::to_vec(&*books).map_err(std::io::Error::other).and_then(|text| fs::write(file, text))
        {
            tracing::warn!(%error, "the stand-in for Stripe will forget what it just did");
        }
        changed
    }

    /// Takes one from a switch that counts; whether there was one.
    fn spend(&self, count: impl FnOnce(&mut Switches) -> &mut u32) -> bool {
        let mut switches = self.switches();
        let count = count(&mut switches);
        let had = *count > 0;
        *count = count.saturating_sub(1);
        had
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.inner.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn switches(&self) -> MutexGuard<'_, Switches> {
        self.inner.switches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
