//! How to call every operation: one row each, in the file of its resource. The sweeps take what an operation is (its
//! method, path, permission, schemas) from the document, and from here how to come to a call of it that is valid.
//!
//! A new resource needs a file here with its rows, a `mod` line and a line in [`catalog`].

mod auth;
mod campaigns;
mod clients;
mod contracts;
mod credit_notes;
mod credits;
mod docs;
mod engagements;
mod firm;
mod guest;
mod invoices;
mod leads;
mod mail_texts;
mod mails;
mod notifications;
mod payments;
mod portal;
mod portal_users;
mod projects;
mod proposals;
mod prospects;
mod sender_domain;
mod tasks;
mod time_entries;
mod undelivered;
mod users;
mod webhooks;

use std::pin::Pin;

use domain::access::Permission;
use serde_json::Value;

use crate::{Call, Document, Firm, Operation};

/// What a call of an operation needs that the document doesn't say: it was made before the call, in the state that it
/// has to be in.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// The path's parameter: mostly a record's id.
    pub named: Option<String>,
    /// The body.
    pub body: Option<Value>,
    /// Headers beside those that every call has.
    pub headers: Vec<(String, String)>,
    /// The access token of somebody who may make the call.
    pub by: String,
}

type Make = dyn for<'f, 'a> Fn(&'f Firm<'a>) -> Pin<Box<dyn Future<Output = Given> + 'f>>;

/// How to call an operation.
pub struct Row {
    /// The operation, by its `operationId`.
    pub operation: &'static str,
    /// Whether the same call can be made again, is answered, and changes nothing then.
    pub repeatable: bool,
    /// Whether it asks others than DynamoDB, and so can't be done in one request to that.
    pub asks_others: bool,
    /// How many reads it may take: one, unless it looks for what is open below a record.
    pub reads: usize,
    /// The permission that it takes beside its own: where what it is done to is somebody else's, say.
    pub others: Option<Permission>,
    /// Fields of its body that can't be null by themselves, since others need them.
    pub needed: &'static [&'static str],
    /// Fields that its body must have by a rule, of which its schema doesn't tell: these or others.
    pub by_rule: &'static [&'static str],
    /// Fields of its body that aren't what its answer has by the same name.
    pub unshown: &'static [&'static str],
    /// Ids in its body, as JSON pointers, that may belong to another client than the others.
    pub of_any_client: &'static [&'static str],
    /// Whether it takes what it is done to out of the archive.
    pub takes_out_of_the_archive: bool,
    /// Whether whoever calls it may not afterwards, so that the same call again isn't answered the same.
    pub gives_up_access: bool,
    /// Whether what it is done to is no record, and so in no archive and without a history.
    pub of_no_record: bool,
    /// Whether what it needs is good for half a minute: a code.
    pub does_not_keep: bool,
    /// Whether each call is answered with something else, which is good once.
    pub answers_anew: bool,
    /// Whether it writes nothing, though it isn't a GET: it only shows what its body would do.
    pub keeps_nothing: bool,
    make: Box<Make>,
}

/// Every row.
pub fn catalog() -> Vec<Row> {
    [
        auth::rows(),
        users::rows(),
        firm::rows(),
        mail_texts::rows(),
        mails::rows(),
        notifications::rows(),
        payments::rows(),
        sender_domain::rows(),
        undelivered::rows(),
        campaigns::rows(),
        leads::rows(),
        prospects::rows(),
        proposals::rows(),
        contracts::rows(),
        clients::rows(),
        portal_users::rows(),
        portal::rows(),
        guest::rows(),
        engagements::rows(),
        projects::rows(),
        tasks::rows(),
        time_entries::rows(),
        invoices::rows(),
        credit_notes::rows(),
        credits::rows(),
        docs::rows(),
        webhooks::rows(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The row of `operation`, whose calls need what `make` gives.
fn row(operation: &'static str, make: impl AsyncFn(&Firm<'_>) -> Given + Copy + 'static) -> Row {
    let make: Box<Make> = Box::new(move |firm| Box::pin(async move { make(firm).await }));
    Row {
        operation,
        repeatable: false,
        asks_others: false,
        reads: 1,
        others: None,
        needed: &[],
        by_rule: &[],
        unshown: &[],
        of_any_client: &[],
        takes_out_of_the_archive: false,
        gives_up_access: false,
        of_no_record: false,
        does_not_keep: false,
        answers_anew: false,
        keeps_nothing: false,
        make,
    }
}

impl Row {
    /// The same call again does nothing more.
    fn repeatable(self) -> Self {
        Self { repeatable: true, ..self }
    }

    /// It asks others too.
    fn asks_others(self) -> Self {
        Self { asks_others: true, ..self }
    }

    /// It may take so many reads.
    fn reads(self, reads: usize) -> Self {
        Self { reads, ..self }
    }

    /// What is done to what, or with what, takes `permission` too.
    fn others(self, permission: Permission) -> Self {
        Self { others: Some(permission), ..self }
    }

    /// These `fields` can't be null by themselves.
    fn needed(self, fields: &'static [&'static str]) -> Self {
        Self { needed: fields, ..self }
    }

    /// These `fields` must be there, or others.
    fn by_rule(self, fields: &'static [&'static str]) -> Self {
        Self { by_rule: fields, ..self }
    }

    /// These `fields` mean something else in the answer.
    fn unshown(self, fields: &'static [&'static str]) -> Self {
        Self { unshown: fields, ..self }
    }

    /// The ids at these `places` of the body may belong to any client.
    fn of_any_client(self, places: &'static [&'static str]) -> Self {
        Self { of_any_client: places, ..self }
    }

    /// What is archived is taken out of the archive by it.
    fn takes_out_of_the_archive(self) -> Self {
        Self { takes_out_of_the_archive: true, ..self }
    }

    /// Whoever calls it may not afterwards.
    fn gives_up_access(self) -> Self {
        Self { gives_up_access: true, ..self }
    }

    /// What it needs is good for half a minute.
    fn does_not_keep(self) -> Self {
        Self { does_not_keep: true, ..self }
    }

    /// Each call is answered with something else.
    fn answers_anew(self) -> Self {
        Self { answers_anew: true, ..self }
    }

    /// It writes nothing.
    fn keeps_nothing(self) -> Self {
        Self { keeps_nothing: true, ..self }
    }

    /// What it is done to is no record.
    fn of_no_record(self) -> Self {
        Self { of_no_record: true, ..self }
    }

    /// What the document says of it.
    #[track_caller]
    pub fn described(&self) -> &'static Operation {
        Document::of_routers().operation(self.operation)
    }

    /// Make in `firm` what a call needs; what is a client's is made for the firm's portal user.
    pub async fn given(&self, firm: &Firm<'_>) -> Given {
        let given = (self.make)(firm).await;
        if given.by.is_empty() { Given { by: self.caller(firm).await, ..given } } else { given }
    }

    /// The access token of somebody who may call it: the owner, or the portal user where it isn't for staff.
    async fn caller(&self, firm: &Firm<'_>) -> String {
        let operation = self.described();
        let for_staff = !operation.signed_in() || operation.is_for("staff");
        if for_staff { firm.owner.access.clone() } else { firm.portal().await.user.access.clone() }
    }

    /// A call of it, by nobody so far.
    pub fn call<'a>(&self, firm: &Firm<'a>, given: &Given) -> Call<'a> {
        let operation = self.described();
        let call = firm.app.call(operation.method.clone(), operation.path_of(given.named.as_deref()));
        let call = given.headers.iter().fold(call, |call, (name, value)| call.header(name, value));
        match &given.body {
            Some(body) => call.json(body.clone()),
            None => call,
        }
    }

    /// A call of it, by somebody who may make it.
    pub fn rightful<'a>(&self, firm: &Firm<'a>, given: &Given) -> Call<'a> {
        self.call(firm, given).bearer(&given.by)
    }
}

impl Given {
    /// Nothing.
    fn nothing() -> Self {
        Self::default()
    }

    /// Nothing, but that something was made beside it: what a list shows.
    fn beside<T>(_made: T) -> Self {
        Self::default()
    }

    /// A record or file to be named in the path.
    fn named(name: impl Into<String>) -> Self {
        Self { named: Some(name.into()), ..Self::default() }
    }

    /// A body.
    fn body(body: Value) -> Self {
        Self { body: Some(body), ..Self::default() }
    }

    /// A body too.
    fn with(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    /// By the owner of another firm.
    fn by(self, owner: &crate::User<'_>) -> Self {
        Self { by: owner.access.clone(), ..self }
    }

    /// By a page of the web app.
    fn by_a_page(self) -> Self {
        self.header("origin", crate::WEB_ORIGIN)
    }

    /// A header too.
    fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// The record `id`, which is found at `path`, in the archive.
async fn archived(firm: &Firm<'_>, path: &str, id: String) -> String {
    firm.owner.call(http::Method::DELETE, format!("{path}{id}/")).send().await.expect(204);
    id
}
