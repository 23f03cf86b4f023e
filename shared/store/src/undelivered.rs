//! Effects that are set aside, and taken up again: each changes together with the record that shows it to the firm.

use aws_sdk_dynamodb::types::{Update, builders::UpdateBuilder};
use domain::ids::UndeliveredId;

use crate::{
    Change, Effect, Error, Held,
    effect::state,
    item::{millis, text},
    key::name,
};

impl Change {
    /// That `effect`, which is claimed as `held`, is set aside as `undelivered`: nobody does it until it is taken up again.
    pub fn set_aside(&mut self, effect: &Effect, held: &Held, undelivered: UndeliveredId) -> Result<(), Error> {
        let update = self
            .mark(effect, state::ASIDE, undelivered)
            .update_expression("SET #state = :state, #until = :now, #holder = :holder")
            .condition_expression("#state = :claimed AND #until = :until")
            .expression_attribute_values(":claimed", text(state::CLAIMED))
            .expression_attribute_values(":until", millis(held.until));
        self.push_update(update)
    }

    /// That `effect`, which was set aside as `undelivered`, is taken up again, as if it had never been tried.
    pub fn take_up(&mut self, effect: &Effect, undelivered: UndeliveredId) -> Result<(), Error> {
        let update = self
            .mark(effect, state::FAILED, undelivered)
            .expression_attribute_names("#first", name::CREATED)
            .expression_attribute_names("#attempts", name::ATTEMPTS)
            .update_expression("SET #state = :state, #until = :now, #holder = :holder REMOVE #first, #attempts")
            .condition_expression("#state = :aside AND #holder = :holder")
            .expression_attribute_values(":aside", text(state::ASIDE));
        self.push_update(update)
    }

    fn mark(&self, effect: &Effect, state: &str, undelivered: UndeliveredId) -> UpdateBuilder {
        Update::builder()
            .table_name(self.table())
            .set_key(Some(effect.key.item()))
            .expression_attribute_names("#state", name::STATE)
            .expression_attribute_names("#until", name::UPDATED)
            .expression_attribute_names("#holder", name::HOLDER)
            .expression_attribute_values(":state", text(state))
            .expression_attribute_values(":now", millis(self.now()))
            .expression_attribute_values(":holder", text(undelivered.to_string()))
    }
}
