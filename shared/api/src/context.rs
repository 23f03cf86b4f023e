//! A request's context, and what a handler does with it: read, change, answer.

mod count;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use axum::extract::FromRequestParts;
use domain::{Archive, Id, Kind, Time, Transition, access::Role, event::Actor, firm::Firm, session::Origin};
use http::{StatusCode, request::Parts};
use serde::Serialize;
use store::{Acting, Audit, Change, Closable, Entity, Found, IdempotentRequest, ListScope, Parent, Read, Record, Store};

use crate::{
    Acts, Answer, App, Caller, EventOut, ListQuery, Listed, Page, Problem, SecurityEvent, Shape, answer::matches_version, security::Told,
};

/// What the front knows of a request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) id: String,
    pub(crate) now: Time,
    pub(crate) source_address: Option<String>,
    /// What the caller's program says that it is.
    pub(crate) user_agent: Option<String>,
    /// The idempotency key and a hash of what is asked, of a POST that has a key.
    pub(crate) idempotency: Option<(String, String)>,
    pub(crate) if_match: Option<String>,
    /// Of which origin the page is that a browser asks for.
    pub(crate) origin: Option<String>,
    pub(crate) cookies: Option<String>,
    /// As what it was counted, which it is once, however often it is run after a lost race.
    pub(crate) counted: Arc<Mutex<BTreeSet<&'static str>>>,
    /// What the security log is told of it.
    pub(crate) told: Told,
}

/// The context of a request.
#[derive(Debug, Clone)]
pub struct Cx {
    /// The table.
    pub store: Store,
    /// When the request came in, or was run again after a lost race.
    pub now: Time,
    /// Where it came from.
    pub source_address: Option<String>,
    request: Request,
}

impl Cx {
    pub(crate) fn of(parts: &Parts, app: &App) -> Result<Self, Problem> {
        let request = parts.extensions.get::<Request>().cloned().ok_or_else(|| Problem::internal("no context"))?;
        Ok(Self { store: app.store.clone(), now: request.now, source_address: request.source_address.clone(), request })
    }

    /// From where the request came, as the session tells that it began or went on with.
    pub fn origin(&self) -> Origin {
        Origin::new(self.request.user_agent.as_deref(), self.source_address.clone())
    }

    /// The request's id, as logs name it.
    pub(crate) fn request_id(&self) -> &str {
        &self.request.id
    }

    /// Have the security log told of `event`.
    pub(crate) fn note(&self, event: SecurityEvent) {
        self.request.told.add(event);
    }

    /// The idempotency key, of a POST that has one.
    pub fn idempotency_key(&self) -> Option<&str> {
        self.request.idempotency.as_ref().map(|(key, _)| key.as_str())
    }

    /// The cookie `name`, if the request has one.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let cookies = self.request.cookies.as_deref().unwrap_or_default().split(';');
        cookies.filter_map(|cookie| cookie.trim().split_once('=')).find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
    }

    /// That a page of the web app asks, as the browser says: what a cookie shows is shown by every page that has it sent.
    pub fn require_own_origin(&self, app: &App) -> Result<(), Problem> {
        match &self.request.origin {
            Some(origin) if **origin == *app.web_origin => Ok(()),
            _ => Err(Problem::forbidden("Cookies are for the web app's pages; send the token in the body.")),
        }
    }

    /// A new id.
    pub fn new_id<K: Kind>(&self) -> Id<K> {
        Id::new(self.now, rand::random())
    }

    /// Begin to read what a write by `by` depends on. A request that was done before ends with the fetch.
    pub fn read(&self, by: &impl Acts) -> Read<'_> {
        self.store.read(by.caller().firm).idempotent(self.idempotent(by), self.now)
    }

    /// The same for somebody who isn't signed in, in `firm`.
    pub fn read_anonymous(&self, firm: Id<Firm>) -> Read<'_> {
        self.store.read(firm).idempotent(self.idempotent_anonymous(), self.now)
    }

    /// Begin a change by `by`.
    pub fn change(&self, by: &impl Acts) -> Change {
        self.begin(by, self.idempotent(by), by.is_looked_up())
    }

    /// The same, of which it is a condition that `by` still is what their token says: where somebody is let in by it.
    pub fn change_of_access(&self, by: &impl Acts) -> Change {
        self.begin(by, self.idempotent(by), true)
    }

    /// The same as [`Cx::change`], where nothing is to be kept under the request's idempotency key, since what it does comes
    /// to the same however often it is done.
    pub fn change_without_key(&self, by: &impl Acts) -> Change {
        self.begin(by, None, by.is_looked_up())
    }

    fn begin(&self, by: &impl Acts, idempotent: Option<IdempotentRequest>, is_looked_up: bool) -> Change {
        let Caller { firm, principal, issued, epoch, session, .. } = by.caller();
        let change = self.store.change(firm, self.audit(by.actor()), idempotent);
        if is_looked_up { change.by_member(Acting { principal, issued, epoch, session }) } else { change }
    }

    /// Begin a change in `firm` by whoever has the link of a record; nothing is kept under the request's idempotency key, as in
    /// [`Cx::change_without_key`].
    pub fn change_by_guest(&self, firm: Id<Firm>) -> Change {
        self.store.change(firm, self.audit(Actor::Guest), None)
    }

    /// Begin a change in `firm` by `actor`, who isn't signed in.
    pub fn change_anonymous(&self, firm: Id<Firm>, actor: Actor) -> Change {
        self.store.change(firm, self.audit(actor), self.idempotent_anonymous())
    }

    /// Begin a change by `by` of the record `id`, and read it.
    pub async fn edit<T: Entity>(&self, by: &impl Acts, id: Id<T>) -> Result<(Change, Record<T>), Problem> {
        let found = self.read(by).record(id).fetch().await?;
        Ok((self.change(by), self.target(&found, id)?))
    }

    /// The same, and the firm, whose currency is the default of new amounts.
    pub async fn edit_with_firm<T: Entity>(&self, by: &impl Acts, id: Id<T>) -> Result<(Change, Record<T>, Record<Firm>), Problem> {
        let firm = by.caller().firm;
        let found = self.read(by).record(id).record(firm).fetch().await?;
        Ok((self.change(by), self.target(&found, id)?, found.record(firm)?))
    }

    /// Load the record `id`, let `decide` change its state, save it, show it: an action of a record on itself.
    pub async fn act<T: Entity, S: Shape<Of = T>>(
        &self,
        by: &impl Acts,
        id: Id<T>,
        decide: impl FnOnce(&T) -> Transition<T>,
    ) -> Result<Answer<S>, Problem> {
        let (mut change, record) = self.edit(by, id).await?;
        let record = change.update(&record, decide(&record)?)?;
        self.commit(change, self.ok(&record)).await
    }

    /// Archive the record `id`, or delete it where it is a draft, unless something of what belongs to it is open.
    pub async fn archive<T: Closable>(&self, by: &impl Acts, id: Id<T>) -> Result<Answer<()>, Problem> {
        let (mut change, record) = self.edit(by, id).await?;
        let event = record.archive()?;
        let open = T::open_below(&self.store, by.caller().firm, &record).await?;
        if !open.is_empty() {
            return Err(Problem::conflict(format!("Not while something of the {} is open: {}.", T::NAME, open.join(", "))));
        }
        change.remove(&record, event)?;
        self.commit(change, Ok(Answer::no_content())).await
    }

    /// Take the record `id` out of the archive, and show it. One that isn't archived is shown as it is.
    pub async fn restore<S: Shape>(&self, by: &impl Acts, id: Id<S::Of>) -> Result<Answer<S>, Problem>
    where
        S::Of: Archive,
    {
        self.restore_with(by, id, |_, _| Ok(())).await
    }

    /// The same, with what else is to be written then.
    pub async fn restore_with<T: Entity + Archive, S: Shape<Of = T>>(
        &self,
        by: &impl Acts,
        id: Id<T>,
        and: impl FnOnce(&mut Change, &Record<T>) -> Result<(), store::Error>,
    ) -> Result<Answer<S>, Problem> {
        let before = self.read(by).record(id).fetch().await?.record(id)?;
        let Some((mut change, record)) = self.restored(by, &before)? else { return self.ok(&before) };
        and(&mut change, &record)?;
        self.commit(change, self.ok(&record)).await
    }

    /// What `before` is outside of the archive, and the change that takes it out; nothing if it isn't archived.
    pub fn restored<T: Entity + Archive>(&self, by: &impl Acts, before: &Record<T>) -> Result<Option<(Change, Record<T>)>, Problem> {
        self.matches(before)?;
        if before.archived_at.is_none() {
            return Ok(None);
        }
        let mut change = self.change(by);
        let record = change.restore(before)?;
        Ok(Some((change, record)))
    }

    /// The record `id` among what was `found`, if it may be written: it is what `If-Match` says and not archived.
    pub fn target<T: Entity>(&self, found: &Found, id: Id<T>) -> Result<Record<T>, Problem> {
        let record = found.record(id)?;
        self.matches(&record)?;
        unarchived(record)
    }

    /// That `record` is what `If-Match` says, if it says any.
    pub fn matches<T: Entity>(&self, record: &Record<T>) -> Result<(), Problem> {
        self.matches_version(record.version)
    }

    /// That what is at `version` is what `If-Match` says, if it says any.
    pub fn matches_version(&self, version: u64) -> Result<(), Problem> {
        if self.request.if_match.as_deref().is_some_and(|wanted| !matches_version(wanted, version)) {
            let detail = format!("It was changed since; it is at version {version} now.");
            return Err(Problem::new(StatusCode::PRECONDITION_FAILED, "stale", detail));
        }
        Ok(())
    }

    /// Write `change`, and give `answer`, now and to the same key.
    pub async fn commit<A>(&self, change: Change, answer: Result<Answer<A>, Problem>) -> Result<Answer<A>, Problem> {
        let answer = answer?;
        self.committed(change, answer.reply()).await?;
        Ok(answer)
    }

    /// The same, where what was done before isn't answered again to whoever has the key: the handler is run again, and looks who asks.
    pub async fn commit_anew<A>(&self, change: Change, answer: Result<Answer<A>, Problem>) -> Result<Answer<A>, Problem> {
        let answer = answer?;
        match self.committed(change, answer.reply()).await {
            Ok(()) => Ok(answer),
            Err(store::Error::Replayed(_)) => Err(store::Error::Lost.into()),
            Err(error) => Err(error.into()),
        }
    }

    /// 200 with `record`.
    pub fn ok<S: Shape>(&self, record: &Record<S::Of>) -> Result<Answer<S>, Problem> {
        Ok(Answer::json(StatusCode::OK, &S::shape(record, self.now))?.version(record.version))
    }

    /// 201 with `record`.
    pub fn created<S: Shape>(&self, record: &Record<S::Of>) -> Result<Answer<S>, Problem> {
        Ok(self.made::<S, S>(record.id, &S::shape(record, self.now))?.version(record.version))
    }

    /// 201 with `body`, which tells of the new record `id` and of what else was made.
    pub fn made<S: Shape, B: Serialize>(&self, id: Id<S::Of>, body: &B) -> Result<Answer<B>, Problem> {
        Ok(Answer::json(StatusCode::CREATED, body)?.location(format!("{}{id}/", S::PATH)))
    }

    /// 200 with the record `id`.
    pub async fn show<S: Shape>(&self, by: &impl Acts, id: Id<S::Of>) -> Result<Answer<S>, Problem> {
        self.ok(&self.store.get(by.caller().firm, id).await?)
    }

    /// 200 with the record `id`, as it is now: what a write answers that was done before.
    pub async fn show_current<S: Shape>(&self, by: &impl Acts, id: Id<S::Of>) -> Result<Answer<S>, Problem> {
        self.ok(&self.read(by).record(id).fetch().await?.record(id)?)
    }

    /// 200 with a page of the records in `scope`.
    pub async fn list<S: Listed, F>(&self, by: &impl Acts, scope: ListScope, query: &ListQuery<F>) -> Result<Answer<Page<S>>, Problem> {
        let page = self.store.list(by.caller().firm, &scope, &query.page).await?;
        Answer::json(StatusCode::OK, &query.page(&page, |row| S::listed(row, self.now)))
    }

    /// 200 with a page of the records that belong to the record `parent`; 404 if there is no such record, which is
    /// looked at only where none are found that belong to it.
    pub async fn list_below<S: Listed, P: Entity, F>(
        &self,
        by: &impl Acts,
        parent: Id<P>,
        query: &ListQuery<F>,
    ) -> Result<Answer<Page<S>>, Problem>
    where
        Parent: From<Id<P>>,
    {
        self.list_within(by, ListScope::Parent(parent.into()), parent, query).await
    }

    /// 200 with a page of the records in `scope`, which are those of the record `of`; 404 if there is no such record, which is
    /// looked at only where none are found.
    pub async fn list_within<S: Listed, P: Entity, F>(
        &self,
        by: &impl Acts,
        scope: ListScope,
        of: Id<P>,
        query: &ListQuery<F>,
    ) -> Result<Answer<Page<S>>, Problem> {
        let page = self.store.list(by.caller().firm, &scope, &query.page).await?;
        if page.items.is_empty() {
            self.store.get(by.caller().firm, of).await?;
        }
        Answer::json(StatusCode::OK, &query.page(&page, |row| S::listed(row, self.now)))
    }

    /// 200 with a page of what happened to the record `id`: how it changed for those who see it as an `S`.
    pub async fn history<S: Shape, F>(
        &self,
        by: &impl Acts,
        id: Id<S::Of>,
        query: &ListQuery<F>,
    ) -> Result<Answer<Page<EventOut>>, Problem> {
        let page = self.store.history(by.caller().firm, id, &query.page).await?;
        let shows_addresses = by.caller().role().is_some_and(Role::sees_addresses);
        Answer::json(StatusCode::OK, &query.page(&page, |happened| EventOut::of::<S>(happened, shows_addresses)))
    }

    /// 200 with a body that is no record.
    pub fn json<B: Serialize>(&self, body: &B) -> Result<Answer<B>, Problem> {
        Answer::json(StatusCode::OK, body)
    }

    fn audit(&self, actor: Actor) -> Audit {
        Audit { actor, at: self.now, request: self.request.id.clone(), source_address: self.source_address.clone() }
    }

    fn idempotent(&self, by: &impl Acts) -> Option<IdempotentRequest> {
        let caller = by.caller();
        self.idempotent_by(Some(caller.firm), caller.principal.subject())
    }

    fn idempotent_anonymous(&self) -> Option<IdempotentRequest> {
        // Strangers who choose the same key must not meet.
        self.idempotent_by(None, format!("anonymous#{}", self.source_address.as_deref().unwrap_or_default()))
    }

    fn idempotent_by(&self, firm: Option<Id<Firm>>, caller: String) -> Option<IdempotentRequest> {
        let (key, request) = self.request.idempotency.clone()?;
        Some(IdempotentRequest { firm, caller, key, request })
    }
}

/// `record`, if it isn't archived.
pub fn unarchived<T: Entity>(record: Record<T>) -> Result<Record<T>, Problem> {
    if record.archived_at.is_some() {
        return Err(Problem::conflict(format!("The {} is archived; restore it to change it.", T::NAME.replace('_', " "))));
    }
    Ok(record)
}

impl FromRequestParts<App> for Cx {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Self::of(parts, app)
    }
}
