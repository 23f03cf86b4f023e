//! Sessions: the families of refresh tokens. Technical, so without an event log; they go a while after their last use.

use chrono::TimeDelta;
use domain::{
    Id, Time,
    session::{REFRESH, Session},
};

use crate::{
    Change, Error, Found, Store,
    change::OnFailure,
    item::{Attributes, Item, number},
    key::{Key, name},
};

/// How long a session that nobody can use is kept, so that the reuse of its tokens is still noticed.
const KEPT: TimeDelta = TimeDelta::days(1);

impl Found {
    /// The session `id`, if it is still kept.
    pub fn session(&self, id: Id<Session>) -> Result<Option<Session>, Error> {
        let item = self.item(&Key::session(self.firm(), id));
        item.map(|item| serde_json::from_value(item.fields(name::DATA)?.into()).map_err(Error::internal)).transpose()
    }
}

impl Change {
    /// Begin the session `id`.
    pub fn begin_session(&mut self, id: Id<Session>, session: &Session) -> Result<(), Error> {
        let put = self.put(to_item(id, session)?).condition_expression("attribute_not_exists(pk)");
        self.push_put(put, OnFailure::Lost)
    }
}

impl Store {
    /// Replace the session `id` as it was `before`; [`Error::Lost`] if it isn't that any more.
    pub async fn replace_session(&self, id: Id<Session>, before: &Session, after: &Session) -> Result<(), Error> {
        let result = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(to_item(id, after)?))
            .condition_expression("#version = :version AND #active = :active")
            .expression_attribute_names("#version", name::VERSION)
            .expression_attribute_names("#active", name::ACTIVE)
            .expression_attribute_values(":version", number(before.generation))
            .expression_attribute_values(":active", aws_sdk_dynamodb::types::AttributeValue::Bool(!before.revoked))
            .send()
            .await;
        match result {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Err(Error::Lost),
            Err(error) => Err(error.into()),
        }
    }
}

fn to_item(id: Id<Session>, session: &Session) -> Result<Item, Error> {
    let mut item = Key::session(session.firm, id).item();
    let expires: Time = session.rotated_at + REFRESH + KEPT;
    item.insert(name::VERSION.to_owned(), number(session.generation));
    item.insert(name::ACTIVE.to_owned(), aws_sdk_dynamodb::types::AttributeValue::Bool(!session.revoked));
    item.insert(name::DATA.to_owned(), serde_dynamo::to_attribute_value(session).map_err(Error::internal)?);
    item.insert(name::EXPIRES.to_owned(), number(expires.timestamp()));
    Ok(item)
}
