//! Who may sign up a firm where not everybody may: whoever has an invitation of the operators', or whoever is the first.

use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};
use chrono::TimeDelta;
use domain::{Digest, Id, Refusal, Time, firm::Firm};

use crate::{
    Change, Error, Found, Read, Store,
    change::OnFailure,
    item::{Attributes, number, text},
    key::{Key, name},
};

/// How long an invitation to sign up a firm works.
const LASTS: TimeDelta = TimeDelta::days(7);

impl Store {
    /// An invitation to sign up a firm, once, within a week of `now`: a token, of which only a digest is kept.
    pub async fn invite_firm(&self, now: Time) -> Result<String, Error> {
        let token = format!("{:032x}", rand::random::<u128>());
        let mut item = Key::firm_invitation(&digest(&token)).item();
        item.insert(name::EXPIRES.to_owned(), number((now + LASTS).timestamp()));
        self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await?;
        Ok(token)
    }
}

impl Read<'_> {
    /// Which firm was the first, too.
    #[must_use]
    pub fn first_firm(self) -> Self {
        self.key(Key::first_firm())
    }
}

impl Found {
    /// Which firm was the first, if there was one.
    pub fn first_firm(&self) -> Result<Option<Id<Firm>>, Error> {
        let first = self.item(&Key::first_firm());
        first.map(|item| item.text(name::HOLDER)?.parse().map_err(Error::internal)).transpose()
    }
}

impl Change {
    /// That the invitation `token` to sign up a firm is used by this; refused if it was used, is too old or never was.
    pub fn use_firm_invitation(&mut self, token: &str) -> Result<(), Error> {
        let delete = Delete::builder()
            .table_name(self.table())
            .set_key(Some(Key::firm_invitation(&digest(token)).item()))
            .condition_expression("#expires > :now")
            .expression_attribute_names("#expires", name::EXPIRES)
            .expression_attribute_values(":now", number(self.now().timestamp()))
            .build()
            .map_err(Error::internal)?;
        let refused = Refusal::rule("invitation", "This invitation was used, is older than a week, or isn't ours.");
        self.push(TransactWriteItem::builder().delete(delete).build(), OnFailure::Refused(refused));
        Ok(())
    }

    /// That `firm` is the first, since none was found.
    pub fn be_first_firm(&mut self, firm: Id<Firm>) -> Result<(), Error> {
        let mut item = Key::first_firm().item();
        item.insert(name::HOLDER.to_owned(), text(firm.to_string()));
        let put = self.put(item).condition_expression("attribute_not_exists(pk)");
        self.push_put(put, OnFailure::Lost)
    }

    /// That the next firm is the first, since the one that was is closed.
    pub fn forget_first_firm(&mut self) -> Result<(), Error> {
        self.delete(Key::first_firm())
    }
}

fn digest(token: &str) -> Digest {
    Digest::of(&[token.as_bytes()])
}
