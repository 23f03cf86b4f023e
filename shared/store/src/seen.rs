//! Events from Stripe that were applied: each is, once, however often it comes. Kept longer than Stripe sends an event again.

use chrono::TimeDelta;

use crate::{
    Change, Error, Found, Read,
    change::OnFailure,
    item::number,
    key::{Key, name},
};

/// How long it is known that an event was applied. Stripe tries for three days, by hand for thirty.
const KEPT: TimeDelta = TimeDelta::days(60);

impl Change {
    /// That this change applies the event `id` of Stripe's. The commit gives [`Error::Seen`] if it was applied before.
    pub fn seen(&mut self, id: &str) -> Result<(), Error> {
        let mut item = Key::stripe_event(id).item();
        item.insert(name::EXPIRES.to_owned(), number((self.now() + KEPT).timestamp()));
        let put = self.put(item).condition_expression("attribute_not_exists(pk)");
        self.push_put(put, OnFailure::Seen)
    }
}

impl Read<'_> {
    /// Whether the event `id` of Stripe's was applied, too.
    #[must_use]
    pub fn seen(self, id: &str) -> Self {
        self.key(Key::stripe_event(id))
    }
}

impl Found {
    /// Whether the event `id` of Stripe's was applied.
    pub fn seen(&self, id: &str) -> bool {
        self.item(&Key::stripe_event(id)).is_some()
    }
}
