//! Who may sign up a firm where not everybody may: whoever has an invitation of the operators', or whoever is the first.

use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};
use chrono::TimeDelta;
use domain::{Digest, Id, Refusal, Time, firm::Firm};

use crate::{
    Change, Error, Found, Read, Store,
    change::OnFailure,
    item::{Attributes, Item, number, text},
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
    /// Whether there is the invitation `token` to sign up a firm, too.
    #[must_use]
    pub fn firm_invitation(self, token: &str) -> Self {
        self.key(Key::firm_invitation(&digest(token)))
    }

    /// Which firm was the first, too.
    #[must_use]
    pub fn first_firm(self) -> Self {
        self.key(Key::first_firm())
    }
}

impl Found {
    /// Whether the invitation `token` to sign up a firm works at `now`.
    pub fn has_firm_invitation(&self, token: &str, now: Time) -> bool {
        let expires = self.item(&Key::firm_invitation(&digest(token))).and_then(|item| item.number(name::EXPIRES).ok());
        expires.and_then(|expires| i64::try_from(expires).ok()).is_some_and(|expires| expires > now.timestamp())
    }

    /// Which firm was the first, if there was one, and whether it is there for good: its founder's e-mail is confirmed.
    pub fn first_firm(&self) -> Result<Option<(Id<Firm>, bool)>, Error> {
        let first = self.item(&Key::first_firm());
        let of = |item: &Item| Ok((item.text(name::HOLDER)?.parse().map_err(Error::internal)?, item.contains_key(name::ACTIVE)));
        first.map(of).transpose()
    }
}

/// Why an invitation to sign up a firm isn't taken.
pub fn no_firm_invitation() -> Refusal {
    Refusal::rule("invitation", "This invitation was used, is older than a week, or isn't ours.")
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
        self.push(TransactWriteItem::builder().delete(delete).build(), OnFailure::Refused(no_firm_invitation()));
        Ok(())
    }

    /// That `firm` is the first, for good if it is `confirmed`; unless another is, as was `found`: one that nobody confirmed makes way.
    pub fn be_first_firm(&mut self, firm: Id<Firm>, confirmed: bool, found: &Found) -> Result<(), Error> {
        let first = found.first_firm()?;
        if first.is_some_and(|(_, is_confirmed)| is_confirmed || !confirmed) {
            return Ok(());
        }
        let mut item = Key::first_firm().item();
        item.insert(name::HOLDER.to_owned(), text(firm.to_string()));
        if confirmed {
            item.insert(name::ACTIVE.to_owned(), text("confirmed"));
        }
        let put = self.put(item);
        let put = match first {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some((holder, _)) => put
                .condition_expression("#holder = :holder")
                .expression_attribute_names("#holder", name::HOLDER)
                .expression_attribute_values(":holder", text(holder.to_string())),
        };
        self.push_put(put, OnFailure::Lost)
    }

    /// That the next firm is the first, if `firm` was found to be, which nobody confirmed and is closed.
    pub fn forget_first_firm(&mut self, firm: Id<Firm>, found: &Found) -> Result<(), Error> {
        if found.first_firm()?.is_none_or(|(first, _)| first != firm) {
            return Ok(());
        }
        // Another may have taken its place meanwhile.
        let delete = Delete::builder().table_name(self.table()).set_key(Some(Key::first_firm().item()));
        let delete = delete
            .condition_expression("#holder = :holder")
            .expression_attribute_names("#holder", name::HOLDER)
            .expression_attribute_values(":holder", text(firm.to_string()));
        self.push(TransactWriteItem::builder().delete(delete.build().map_err(Error::internal)?).build(), OnFailure::Lost);
        Ok(())
    }
}

fn digest(token: &str) -> Digest {
    Digest::of(&[token.as_bytes()])
}
