//! Memberships: that somebody is let into a firm, and as what, until they are deleted. Whoever answers somebody's requests leases them
//! from an item beside ([`crate::Lease`]), so nobody is answered who isn't let in any more.

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Delete, TransactWriteItem, Update};
use domain::{
    Id, Time,
    client::Client,
    firm::Firm,
    ids::LoginId,
    login::Joined,
    session::{Principal, Session},
};
use serde::{Deserialize, Serialize};

use crate::{
    Change, Error, Found, Read, Record, Shown, Store,
    change::OnFailure,
    item::{Attributes, Item, number, text},
    key::{Key, name},
};

/// Who acts, as their token says.
#[derive(Debug, Clone, Copy)]
pub struct Acting {
    /// Who, and what they may do.
    pub principal: Principal,
    /// When the token was made, seconds since 1970.
    pub issued: i64,
    /// In which epoch of their login.
    pub epoch: u64,
    /// In which session.
    pub session: Id<Session>,
}

impl Acting {
    /// What that shows, of who may do `access`.
    fn shown(self, access: &str) -> Shown<'_> {
        let Self { issued, epoch, session, .. } = self;
        Shown { access, issued, epoch, session }
    }
}

/// Whom a login stands for in a firm.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Membership {
    /// The firm.
    pub firm: Id<Firm>,
    /// Who it is there, with their role or rights.
    pub principal: Principal,
}

impl Store {
    /// Those of the memberships of `joined` that there still are, in the same order.
    pub async fn memberships(&self, joined: &[Joined]) -> Result<Vec<Membership>, Error> {
        let keys: Vec<Key> = joined.iter().map(|joined| Key::membership(joined.firm, &joined.subject)).collect();
        let items = self.items(keys.iter().cloned().collect(), true).await?;
        keys.iter().filter_map(|key| items.get(key)).map(membership_in).collect()
    }

    /// The same, with the firms.
    pub async fn memberships_in(&self, joined: &[Joined]) -> Result<Vec<(Membership, Record<Firm>)>, Error> {
        let keys: Vec<_> =
            joined.iter().map(|Joined { firm, subject, .. }| (Key::membership(*firm, subject), Key::record(*firm, *firm))).collect();
        let items = self.items(keys.iter().flat_map(|(membership, firm)| [membership, firm]).cloned().collect(), true).await?;
        let found = keys.iter().filter_map(|(membership, firm)| items.get(membership).zip(items.get(firm)));
        found.map(|(membership, firm)| Ok((membership_in(membership)?, Record::from_item(firm)?))).collect()
    }

    /// The same, with the clients of those who are a client's too; as they were a moment ago at the latest.
    pub async fn memberships_named(&self, joined: &[Joined]) -> Result<Vec<(Membership, Record<Firm>, Option<Record<Client>>)>, Error> {
        let of = |Joined { firm, subject, client, .. }: &Joined| {
            (Key::membership(*firm, subject), Key::record(*firm, *firm), client.map(|client| Key::record(*firm, client)))
        };
        let keys: Vec<_> = joined.iter().map(of).collect();
        let all = keys.iter().flat_map(|(membership, firm, client)| [membership, firm].into_iter().chain(client)).cloned();
        let items = self.items(all.collect(), false).await?;
        let mut found = Vec::new();
        for (membership, firm, client) in &keys {
            if let Some((membership, firm)) = items.get(membership).zip(items.get(firm)) {
                let client = client.as_ref().and_then(|client| items.get(client)).map(Record::from_item).transpose()?;
                found.push((membership_in(membership)?, Record::from_item(firm)?, client));
            }
        }
        Ok(found)
    }
}

impl Read<'_> {
    /// Since when tokens of `subject` are taken, too.
    #[must_use]
    pub fn tokens_since(self, subject: &str) -> Self {
        let key = Key::lease(self.firm(), subject);
        self.key(key)
    }
}

impl Found {
    /// Since when tokens of `subject` are taken, if they are let into the firm: those that say they are older aren't.
    pub fn tokens_since(&self, subject: &str) -> Option<Time> {
        let since = self.item(&Key::lease(self.firm(), subject))?.number(name::SINCE).ok()?;
        Time::from_timestamp_secs(i64::try_from(since).ok()?)
    }
}

impl Change {
    /// That the login `id` leads to the firm, as `principal`, who was entered there at `since`.
    pub fn link_login(&mut self, id: LoginId, principal: Principal, since: Time) -> Result<(), Error> {
        let client = match principal {
            Principal::Staff { .. } => None,
            Principal::Portal { client, .. } => Some(client),
        };
        let joined = Joined { firm: self.firm(), subject: principal.subject(), client, since };
        let mut item = Key::joined(id, self.firm(), &joined.subject).item();
        item.insert(name::DATA.to_owned(), serde_dynamo::to_attribute_value(joined).map_err(Error::internal)?);
        let put = self.put(item);
        self.push_put(put, OnFailure::Lost)
    }

    /// Let `principal` into the firm from now on, with a login that is in `epoch`: tokens from before are worth nothing.
    pub fn put_membership(&mut self, principal: Principal, epoch: u64) -> Result<(), Error> {
        let since = self.now().timestamp();
        self.write_membership(principal, "SET #access = :becomes, #since = :since, #epoch = :begins REMOVE #kept", Some((since, epoch)))
    }

    /// Let `principal`, who is let into the firm, do something else there. Tokens that say what they could do before end with
    /// the lease of requests that is running, within a minute.
    pub fn change_membership(&mut self, principal: Principal) -> Result<(), Error> {
        self.write_membership(principal, "SET #access = :becomes", None)
    }

    fn write_membership(&mut self, principal: Principal, set: &str, begins: Option<(i64, u64)>) -> Result<(), Error> {
        let membership = Membership { firm: self.firm(), principal };
        let mut item = Key::membership(self.firm(), &principal.subject()).item();
        item.insert(name::DATA.to_owned(), serde_dynamo::to_attribute_value(membership).map_err(Error::internal)?);
        let put = self.put(item);
        self.push_put(put, OnFailure::Lost)?;
        // What is counted of their requests stays.
        let lease = Update::builder()
            .table_name(self.table())
            .set_key(Some(Key::lease(self.firm(), &principal.subject()).item()))
            .update_expression(set)
            .expression_attribute_names("#access", name::ACCESS)
            .expression_attribute_values(":becomes", text(principal.access()));
        let lease = match begins {
            Some((since, epoch)) => lease
                .expression_attribute_names("#since", name::SINCE)
                .expression_attribute_names("#epoch", name::EPOCH)
                .expression_attribute_names("#kept", name::KEPT)
                .expression_attribute_values(":since", number(since))
                .expression_attribute_values(":begins", number(epoch)),
            None => lease,
        };
        // Who changes what they may do themselves has to be let in as what they come: an item is named once in a transaction.
        match self.member.take_if(|acting| acting.principal.subject() == principal.subject()) {
            // Who isn't let in any more isn't let in by it again.
            None if begins.is_none() => self.push_update(lease.condition_expression("attribute_exists(pk)")),
            None => self.push_update(lease),
            Some(acting) => {
                let access = acting.principal.access();
                let lease = lease.condition_expression(Shown::IS_TRUE);
                let lease = Shown::NAMES.into_iter().fold(lease, |lease, (name, of)| lease.expression_attribute_names(name, of));
                let values = acting.shown(&access).values();
                let lease = values.into_iter().fold(lease, |lease, (name, value)| lease.expression_attribute_values(name, value));
                let lease = lease.build().map_err(Error::internal)?;
                self.push(TransactWriteItem::builder().update(lease).build(), OnFailure::Revoked);
                Ok(())
            }
        }
    }

    /// Shut `subject` out of the firm.
    pub fn remove_membership(&mut self, subject: &str) -> Result<(), Error> {
        self.delete(Key::membership(self.firm(), subject))?;
        let lease = Key::lease(self.firm(), subject);
        // Who leaves has to be let in as what they come: an item is named once in a transaction.
        let Some(acting) = self.member.take_if(|acting| acting.principal.subject() == subject) else { return self.delete(lease) };
        let access = acting.principal.access();
        let delete = Delete::builder().table_name(self.table()).set_key(Some(lease.item())).condition_expression(Shown::IS_TRUE);
        let delete = Shown::NAMES.into_iter().fold(delete, |delete, (name, of)| delete.expression_attribute_names(name, of));
        let values = acting.shown(&access).values();
        let delete = values.into_iter().fold(delete, |delete, (name, value)| delete.expression_attribute_values(name, value));
        let delete = delete.build().map_err(Error::internal)?;
        self.push(TransactWriteItem::builder().delete(delete).build(), OnFailure::Revoked);
        Ok(())
    }

    /// Depend on that `acting` is still let into the firm as what they come: who changes people or the firm itself isn't believed by
    /// their token alone. The commit gives [`Error::Revoked`] if they aren't.
    #[must_use]
    pub fn by_member(mut self, acting: Acting) -> Self {
        self.member = Some(acting);
        self
    }

    pub(crate) fn push_member(&mut self) -> Result<(), Error> {
        let Some(acting @ Acting { principal, .. }) = self.member else { return Ok(()) };
        let access = principal.access();
        let shown = acting.shown(&access);
        let check = ConditionCheck::builder()
            .table_name(self.table())
            .set_key(Some(Key::lease(self.firm(), &principal.subject()).item()))
            .condition_expression(Shown::IS_TRUE);
        let check = Shown::NAMES.into_iter().fold(check, |check, (name, attribute)| check.expression_attribute_names(name, attribute));
        let check = shown.values().into_iter().fold(check, |check, (name, value)| check.expression_attribute_values(name, value));
        let check = check.build().map_err(Error::internal)?;
        self.push(TransactWriteItem::builder().condition_check(check).build(), OnFailure::Revoked);
        Ok(())
    }

    /// That tokens of other epochs than `epoch` are worth nothing for `members`, within a minute, but for those of the session `kept`.
    /// Who is shut out meanwhile is read again.
    pub fn end_access(&mut self, members: &[Membership], epoch: u64, kept: Option<Id<Session>>) -> Result<(), Error> {
        members.iter().try_for_each(|member| self.update_lease(member, (name::EPOCH, number(epoch)), kept))
    }

    /// That tokens for `member` of until now, and of the second of `last` at least, are worth nothing, within a minute, but for those of
    /// the session `kept`. Tokens tell seconds.
    pub fn end_tokens(&mut self, member: &Membership, last: Time, kept: Option<Id<Session>>) -> Result<(), Error> {
        let since = self.now().timestamp().max(last.timestamp() + 1);
        self.update_lease(member, (name::SINCE, number(since)), kept)
    }

    fn update_lease(
        &mut self,
        Membership { firm, principal }: &Membership,
        (attribute, value): (&str, AttributeValue),
        kept: Option<Id<Session>>,
    ) -> Result<(), Error> {
        let lease = Update::builder()
            .table_name(self.table())
            .set_key(Some(Key::lease(*firm, &principal.subject()).item()))
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#attribute", attribute)
            .expression_attribute_names("#kept", name::KEPT)
            .expression_attribute_values(":value", value);
        self.push_update(match kept {
            Some(session) => lease
                .update_expression("SET #attribute = :value, #kept = :session")
                .expression_attribute_values(":session", text(session.to_string())),
            None => lease.update_expression("SET #attribute = :value REMOVE #kept"),
        })
    }
}

fn membership_in(item: &Item) -> Result<Membership, Error> {
    serde_json::from_value(item.fields(name::DATA)?.into()).map_err(Error::internal)
}
