//! Sessions: the families of refresh tokens, each beside the login that it was begun with. Technical, so without an event log; they
//! go a while after their last use.

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, TransactWriteItem};
use chrono::TimeDelta;
use domain::{
    Id, Time,
    ids::LoginId,
    session::{REFRESH, Session},
};

use crate::{
    Change, Error, Found, Read, Store,
    change::OnFailure,
    item::{Attributes, Item, number, text},
    key::{Key, SESSIONS, name},
};

/// How long a session that nobody can use is kept, so that the reuse of its tokens is still noticed.
const KEPT: TimeDelta = TimeDelta::days(1);
/// That a session is as it was read.
const UNCHANGED: &str = "#version = :version AND #active = :active AND #epoch = :epoch";

impl Read<'_> {
    /// The session `id` of `login`, too.
    #[must_use]
    pub fn session(self, login: LoginId, id: Id<Session>) -> Self {
        self.key(Key::session(login, id))
    }
}

impl Found {
    /// The session `id` of `login`, if it is still kept.
    pub fn session(&self, login: LoginId, id: Id<Session>) -> Result<Option<Session>, Error> {
        self.item(&Key::session(login, id)).map(session_in).transpose()
    }
}

impl Change {
    /// Begin the session `id`.
    pub fn begin_session(&mut self, id: Id<Session>, session: &Session) -> Result<(), Error> {
        let put = self.put(to_item(id, session)?).condition_expression("attribute_not_exists(pk)");
        self.push_put(put, OnFailure::Lost)
    }

    /// That the session `id` is as it was `known`.
    pub fn require_session(&mut self, id: Id<Session>, known: &Session) -> Result<(), Error> {
        let mut check = ConditionCheck::builder()
            .table_name(self.table())
            .set_key(Some(Key::session(known.login, id).item()))
            .condition_expression(UNCHANGED);
        for (name, value, attribute) in unchanged(known) {
            check = check.expression_attribute_names(format!("#{name}"), attribute).expression_attribute_values(format!(":{name}"), value);
        }
        let check = check.build().map_err(Error::internal)?;
        self.push(TransactWriteItem::builder().condition_check(check).build(), OnFailure::Lost);
        Ok(())
    }

    /// Replace the session `id` as it was `before`; who was faster is read again.
    pub fn replace_session(&mut self, id: Id<Session>, before: &Session, after: &Session) -> Result<(), Error> {
        let mut put = self.put(to_item(id, after)?).condition_expression(UNCHANGED);
        for (name, value, attribute) in unchanged(before) {
            put = put.expression_attribute_names(format!("#{name}"), attribute).expression_attribute_values(format!(":{name}"), value);
        }
        self.push_put(put, OnFailure::Lost)
    }
}

impl Store {
    /// Replace the session `id` as it was `before`; [`Error::Lost`] if it isn't that any more.
    pub async fn replace_session(&self, id: Id<Session>, before: &Session, after: &Session) -> Result<(), Error> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(to_item(id, after)?)).condition_expression(UNCHANGED);
        let put = unchanged(before).into_iter().fold(put, |put, (name, value, attribute)| {
            put.expression_attribute_names(format!("#{name}"), attribute).expression_attribute_values(format!(":{name}"), value)
        });
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Err(Error::Lost),
            Err(error) => Err(error.into()),
        }
    }

    /// The sessions of `login` that go on at `now`, the newest first, as they were a moment ago at the latest: of who signed in some
    /// thousand times lately, the newest thousand.
    pub async fn sessions(&self, login: LoginId, now: Time) -> Result<Vec<(Id<Session>, Session)>, Error> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(Key::credentials(login).pk))
            .scan_index_forward(false);
        let (mut sessions, mut epoch) = (Vec::<(Id<Session>, Session)>::new(), None);
        let page = query.send().await?;
        for item in page.items.unwrap_or_default() {
            if let Some(id) = item.text(name::SK)?.strip_prefix(SESSIONS) {
                sessions.push((id.parse().map_err(Error::internal)?, session_in(&item)?));
            } else if item.contains_key(name::PASSWORD) {
                epoch = Some(item.number(name::EPOCH)?);
            }
        }
        // The secrets come last, and not at all in a page that is cut.
        if epoch.is_none() && page.last_evaluated_key.is_some() {
            let secrets = self.item(&Key::credentials(login)).await?;
            epoch = secrets.map(|secrets| secrets.number(name::EPOCH)).transpose()?;
        }
        sessions.retain(|(_, session)| epoch.is_some_and(|epoch| session.goes_on(epoch, now)));
        Ok(sessions)
    }
}

/// What is to be as it was `before`: the name of its value in [`UNCHANGED`], the value, and the attribute.
fn unchanged(before: &Session) -> [(&'static str, AttributeValue, &'static str); 3] {
    [
        ("version", number(before.generation), name::VERSION),
        ("active", AttributeValue::Bool(!before.revoked), name::ACTIVE),
        ("epoch", number(before.epoch), name::EPOCH),
    ]
}

fn session_in(item: &Item) -> Result<Session, Error> {
    serde_json::from_value(item.fields(name::DATA)?.into()).map_err(Error::internal)
}

fn to_item(id: Id<Session>, session: &Session) -> Result<Item, Error> {
    let mut item = Key::session(session.login, id).item();
    let expires: Time = session.rotated_at + REFRESH + KEPT;
    item.insert(name::VERSION.to_owned(), number(session.generation));
    item.insert(name::ACTIVE.to_owned(), AttributeValue::Bool(!session.revoked));
    item.insert(name::EPOCH.to_owned(), number(session.epoch));
    item.insert(name::DATA.to_owned(), serde_dynamo::to_attribute_value(session).map_err(Error::internal)?);
    item.insert(name::EXPIRES.to_owned(), number(expires.timestamp()));
    Ok(item)
}
