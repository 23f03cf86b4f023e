//! What a request counts as: once, however often its handler is run after a lost race.

use std::sync::PoisonError;

use domain::{Id, firm::Firm};
use http::StatusCode;

use crate::{App, Attempt, Caller, Cx, Problem};

impl Cx {
    /// Count the request among those of `caller`, as what their token says; once, however often its handler is run.
    pub async fn count(&self, app: &App, caller: Caller) -> Result<(), Problem> {
        self.count_once("caller", app.limiter.count_member(&self.store, caller, self.now)).await
    }

    /// Count the request among those of the user or portal user `subject`, whatever they may do; once.
    pub async fn count_subject(&self, app: &App, firm: Id<Firm>, subject: &str) -> Result<(), Problem> {
        self.count_once("caller", app.limiter.count_subject(&self.store, firm, subject, self.now)).await
    }

    /// Count the request among the pages to pay that `subject` asks for, a portal user of `firm`, or whoever has the link of that
    /// invoice of theirs; once, however often its handler is run.
    pub async fn count_payment(&self, app: &App, firm: Id<Firm>, subject: &str) -> Result<(), Problem> {
        self.count_once("payment", app.limiter.count_payment(&self.store, firm, subject, self.now)).await
    }

    /// Count the request among those by links from its address; once, however often its handler is run.
    pub async fn count_guest(&self, app: &App) -> Result<(), Problem> {
        self.count_once("guest", app.limiter.count_guest(&self.store, self.source_address.as_deref(), self.now)).await
    }

    /// Count the request among those from its address; once, however often its handler is run.
    pub async fn count_address(&self, app: &App) -> Result<(), Problem> {
        self.count_once("address", app.limiter.count_address(&self.store, self.source_address.as_deref(), self.now)).await
    }

    /// That who makes `attempt` hasn't failed too often, or a moment ago.
    pub async fn admit(&self, app: &App, attempt: &Attempt) -> Result<(), Problem> {
        let admitted = app.limiter.admit(&self.store, attempt, self.now).await;
        if admitted.as_ref().is_err_and(|problem| problem.status() == StatusCode::TOO_MANY_REQUESTS) {
            self.tell("session.refused", attempt.person());
        }
        admitted
    }

    /// Count the failure of `attempt` to sign in; once.
    pub async fn count_failure(&self, app: &App, attempt: &Attempt) -> Result<(), Problem> {
        self.tell("session.failed", attempt.person());
        self.count_once("failure", app.limiter.count_failure(&self.store, attempt, self.now)).await
    }

    /// Count the request as `what`, unless it was counted so before: when it was run and lost a race.
    async fn count_once(&self, what: &'static str, count: impl Future<Output = Result<(), Problem>>) -> Result<(), Problem> {
        let counted = || self.request.counted.lock().unwrap_or_else(PoisonError::into_inner);
        if !counted().contains(what) {
            count.await?;
            counted().insert(what);
        }
        Ok(())
    }

    /// Somebody tries to sign in as `username`, from where the request came.
    pub fn attempt(&self, username: &str) -> Attempt {
        Attempt::new(self.source_address.as_deref(), username)
    }
}
