//! What happened to a record, for callers.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{
    Time,
    event::{Details, Event, Kept},
};
use serde::Serialize;
use serde_json::Value;
use store::{BeforeAndAfter, Happened, Record};
use utoipa::ToSchema;

use crate::Shape;

/// Something that happened to a record.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub struct EventOut {
    /// 1 for the first; the record's version after it.
    pub sequence: u64,
    /// What: `lead.converted`.
    pub event: String,
    /// Who: the id of a user or portal user, `system:` and a name, or `guest`, who has the link of the record.
    pub actor: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The request, or the event that it follows up.
    pub request_id: String,
    /// The address that the request came from; shown to owners and managers.
    pub source_address: Option<String>,
    /// The fields that changed, as the record shows them, but for its times and version, which the event itself has; none once they
    /// were erased.
    pub changes: Option<BTreeMap<String, ChangeOut>>,
    /// Its hash, over the one before it.
    #[schema(value_type = String)]
    pub hash: domain::Digest,
}

/// A field's value before and after.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Change)]
pub struct ChangeOut {
    /// Before; null where it had none.
    pub before: Option<Value>,
    /// After; null where it has none.
    pub after: Option<Value>,
}

/// What every record has, and what every event says by itself.
const OF_EVERY_RECORD: [&str; 4] = ["id", "created_at", "updated_at", "archived_at"];

impl EventOut {
    /// What happened, to those who see the record as an `S`: the difference of what they see, so that what is stored but
    /// not shown stays so, and another name in the store changes nothing. The address is for those who run the firm.
    pub(crate) fn of<S: Shape>(happened: &Happened<S::Of>, shows_address: bool) -> Self {
        let Event { sequence, name, record: _, actor, at, request, details, previous: _, hash } = &happened.event;
        let details = match details {
            Kept::Whole(json) if shows_address => serde_json::from_str::<Details>(json).ok(),
            Kept::Whole(_) | Kept::Erased(_) => None,
        };
        Self {
            sequence: *sequence,
            event: name.clone(),
            actor: actor.to_string(),
            at: *at,
            request_id: request.clone(),
            source_address: details.and_then(|details| details.source_address),
            changes: happened.change.as_ref().map(|change| changes::<S>(change, *at)),
            hash: *hash,
        }
    }
}

fn changes<S: Shape>(BeforeAndAfter { before, after }: &BeforeAndAfter<S::Of>, at: Time) -> BTreeMap<String, ChangeOut> {
    let seen = |record: &Option<Record<S::Of>>| record.as_ref().and_then(|record| serde_json::to_value(S::shape(record, at)).ok());
    let changes = domain::event::changes(seen(before).as_ref(), seen(after).as_ref()).into_iter();
    let changes = changes.filter(|(field, _)| !OF_EVERY_RECORD.contains(&field.as_str()));
    changes.map(|(field, change)| (field, ChangeOut { before: change.before, after: change.after })).collect()
}
