//! Effects that are set aside, and taken up again: each changes together with the record that shows it to the firm. So does a
//! mail that was sent, with the mark that it was.

use aws_sdk_dynamodb::types::{Update, builders::UpdateBuilder};
use domain::{
    Id,
    ids::{MailId, UndeliveredId},
    undelivered::{Event, Failure, Status, Undelivered},
};

use crate::{
    Change, Effect, Error, Held, Place, Record,
    effect::state,
    item::{millis, text},
    key::name,
};

impl Change {
    /// That the firm is shown that `effect`, of the event `event` at `place`, ended as `failure` says: under `known`, as which it
    /// was set aside before, or anew.
    pub fn show_undelivered(
        &mut self,
        known: Option<&Record<Undelivered>>,
        place: &Place,
        event: Option<&str>,
        effect: &Effect,
        failure: Failure,
    ) -> Result<UndeliveredId, Error> {
        if let Some(before) = known {
            return self.update(before, before.set_aside_again(failure)).map(|_| before.id);
        }
        let Failure { to, refused, reason, first_tried_at, last_tried_at, attempts, retry_at } = failure;
        let Place { firm: _, kind, record, sequence } = place.clone();
        let (event, effect, status) = (event.map(str::to_owned), effect.name().to_owned(), Status::Waiting);
        let item = Undelivered {
            kind,
            record,
            sequence,
            event,
            effect,
            to,
            refused,
            reason,
            first_tried_at,
            last_tried_at,
            attempts,
            status,
            retry_at,
        };
        Ok(self.create(Id::new(self.now(), rand::random()), item, Event::SetAside)?.id)
    }

    /// That `effect` was done: it is the mail `mail`.
    pub fn mailed(&mut self, effect: &Effect, mail: MailId) -> Result<(), Error> {
        let update = self.unheld(effect, state::DONE).update_expression("SET #state = :state, #until = :now, #mail = :mail");
        self.push_update(of_mail(update, mail))
    }

    /// That `effect` was done in vain: its mail `mail` came back already. It is set aside as `undelivered`.
    pub fn mailed_in_vain(&mut self, effect: &Effect, mail: MailId, undelivered: UndeliveredId) -> Result<(), Error> {
        let update = self
            .mark(effect, state::ASIDE, undelivered)
            .update_expression("SET #state = :state, #until = :now, #holder = :holder, #mail = :mail");
        self.push_update(of_mail(update, mail))
    }

    /// That `effect`, which was done, was in vain: its mail `mail` came back. It is set aside as `undelivered`.
    pub fn set_aside_mailed(&mut self, effect: &Effect, mail: MailId, undelivered: UndeliveredId) -> Result<(), Error> {
        let update = self
            .mark(effect, state::ASIDE, undelivered)
            .update_expression("SET #state = :state, #until = :now, #holder = :holder")
            .condition_expression("#state = :done AND #mail = :mail")
            .expression_attribute_values(":done", text(state::DONE));
        self.push_update(of_mail(update, mail))
    }

    /// That `effect`, which was set aside as `undelivered` because its mail `mail` seemed to have come back, was done.
    pub fn arrived(&mut self, effect: &Effect, mail: MailId, undelivered: UndeliveredId) -> Result<(), Error> {
        let update = self
            .mark(effect, state::DONE, undelivered)
            .update_expression("SET #state = :state, #until = :now")
            .condition_expression("#state = :aside AND #holder = :holder AND #mail = :mail")
            .expression_attribute_values(":aside", text(state::ASIDE));
        self.push_update(of_mail(update, mail))
    }

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

    /// That what `before` shows is tried again: its effect is taken up, as if it had never been tried.
    pub fn retry(&mut self, before: &Record<Undelivered>) -> Result<Record<Undelivered>, Error> {
        let retried = self.update(before, before.retry()?)?;
        let Undelivered { kind, record, sequence, effect, .. } = before.content.clone();
        self.take_up(&Effect::of(&Place { firm: self.firm(), kind, record, sequence }, &effect), before.id)?;
        Ok(retried)
    }

    fn take_up(&mut self, effect: &Effect, undelivered: UndeliveredId) -> Result<(), Error> {
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
        self.unheld(effect, state)
            .expression_attribute_names("#holder", name::HOLDER)
            .expression_attribute_values(":holder", text(undelivered.to_string()))
    }

    fn unheld(&self, effect: &Effect, state: &str) -> UpdateBuilder {
        Update::builder()
            .table_name(self.table())
            .set_key(Some(effect.key.item()))
            .expression_attribute_names("#state", name::STATE)
            .expression_attribute_names("#until", name::UPDATED)
            .expression_attribute_values(":state", text(state))
            .expression_attribute_values(":now", millis(self.now()))
    }
}

fn of_mail(update: UpdateBuilder, mail: MailId) -> UpdateBuilder {
    update.expression_attribute_names("#mail", name::MAIL).expression_attribute_values(":mail", text(mail.to_string()))
}
