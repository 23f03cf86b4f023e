//! What happened to a record, for callers.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::event::{Details, Event, Kept};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// Something that happened to a record.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub struct EventOut {
    /// 1 for the first; the record's version after it.
    pub sequence: u64,
    /// What: `lead.converted`.
    pub event: String,
    /// Who: the id of a user or portal user, or `system:` and a name.
    pub actor: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The request, or the event that it follows up.
    pub request_id: String,
    /// The address that the request came from.
    pub source_address: Option<String>,
    /// The fields that changed; none once the details were erased.
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

impl From<&Event> for EventOut {
    fn from(event: &Event) -> Self {
        let Event { sequence, name, record: _, actor, at, request, details, previous: _, hash } = event;
        let details = match details {
            Kept::Whole(json) => serde_json::from_str::<Details>(json).ok(),
            Kept::Erased(_) => None,
        };
        let (source_address, changes) = match details {
            Some(Details { salt: _, source_address, changes }) => {
                let change = |change: domain::event::Change| ChangeOut { before: change.before, after: change.after };
                (source_address, Some(changes.into_iter().map(|(field, c)| (field, change(c))).collect()))
            }
            None => (None, None),
        };
        Self {
            sequence: *sequence,
            event: name.clone(),
            actor: actor.to_string(),
            at: *at,
            request_id: request.clone(),
            source_address,
            changes,
            hash: *hash,
        }
    }
}
