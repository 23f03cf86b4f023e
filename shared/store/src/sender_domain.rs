//! Whose a domain is, and when it is looked at.
//!
//! An item for each domain that is claimed names the firm that claims it, to all firms. When a domain was looked at, and is next, lies
//! in an item beside its record, with its timer: mostly nothing else comes of looking, and that is no event.

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use domain::{
    Id,
    ids::{FirmId, SenderDomainId},
    sender_domain::{Checks, DomainName, Hold, Holding},
    timer::{Timer, TimerKind},
};

use crate::{
    Change, Due, Error, Found, Read,
    change::OnFailure,
    claim,
    item::{Attributes, Item, millis, text},
    key::{Key, name},
};

impl Read<'_> {
    /// Who holds `domain`, too.
    #[must_use]
    pub fn domain_hold(self, domain: &DomainName) -> Self {
        self.key(Key::sender_domain(domain))
    }

    /// When the firm's own domain is looked at, too.
    #[must_use]
    pub fn domain_checks(self) -> Self {
        let key = checks_of(self.firm());
        self.key(key)
    }
}

impl Found {
    /// Who holds `domain`, if anybody does.
    pub fn domain_hold(&self, domain: &DomainName) -> Result<Option<Hold>, Error> {
        self.item(&Key::sender_domain(domain)).map(hold).transpose()
    }

    /// When the firm's own domain was looked at, and is next.
    pub fn domain_checks(&self) -> Result<Checks, Error> {
        let Some(item) = self.item(&checks_of(self.firm())) else { return Ok(Checks::default()) };
        let at = |name: &str| item.contains_key(name).then(|| item.time(name)).transpose();
        Ok(Checks { last: at(name::LAST)?, next: at(name::NEXT)? })
    }
}

impl Change {
    /// That `domain` is held as `after` says, which was held as `before`.
    pub fn hold_domain(&mut self, domain: &DomainName, before: Option<&Hold>, after: &Hold) -> Result<(), Error> {
        if before == Some(after) {
            return Ok(());
        }
        let mut item = Key::sender_domain(domain).item();
        item.insert(name::HOLDER.to_owned(), text(after.firm.to_string()));
        item.insert(name::CREATED.to_owned(), millis(after.since));
        item.insert(name::STATE.to_owned(), text(after.holding.as_str()));
        let put = Put::builder().table_name(self.table()).set_item(Some(item));
        let put = match before {
            None => put.condition_expression("attribute_not_exists(pk)"),
            Some(before) => put
                .condition_expression("#holder = :holder AND #created = :created AND #state = :state")
                .expression_attribute_names("#holder", name::HOLDER)
                .expression_attribute_names("#created", name::CREATED)
                .expression_attribute_names("#state", name::STATE)
                .expression_attribute_values(":holder", text(before.firm.to_string()))
                .expression_attribute_values(":created", millis(before.since))
                .expression_attribute_values(":state", text(before.holding.as_str())),
        };
        let put = put.build().map_err(Error::internal)?;
        self.push(TransactWriteItem::builder().put(put).build(), OnFailure::Lost);
        Ok(())
    }

    /// That others may claim `domain`, if it was this firm that held it, by `before`.
    pub fn release_domain(&mut self, domain: &DomainName, before: Option<&Hold>) -> Result<(), Error> {
        match before.filter(|hold| hold.is_of(self.firm())) {
            Some(hold) => self.hold_domain(domain, before, &hold.released()),
            None => Ok(()),
        }
    }

    /// That the firm's domain is looked at as `after` says, which it was as `before`.
    pub fn set_domain_checks(&mut self, before: &Checks, after: &Checks) -> Result<(), Error> {
        let key = checks_of(self.firm());
        let mut item = key.item();
        item.extend(after.last.map(|last| (name::LAST.to_owned(), millis(last))));
        item.extend(after.next.map(|next| (name::NEXT.to_owned(), millis(next))));
        let put = Put::builder().table_name(self.table()).set_item(Some(item)).expression_attribute_names("#next", name::NEXT);
        let put = match before.next {
            None => put.condition_expression("attribute_not_exists(#next)"),
            Some(next) => put.condition_expression("#next = :next").expression_attribute_values(":next", millis(next)),
        };
        let put = put.build().map_err(Error::internal)?;
        self.push(TransactWriteItem::builder().put(put).build(), OnFailure::Lost);
        self.retime(SenderDomainId::of_firm(self.firm()), &timers(before), &timers(after))
    }
}

impl Due {
    /// Whether `checks`, of the timer's firm, are for this very timer.
    pub fn is_wanted_by_checks(&self, checks: &Checks) -> bool {
        let id = SenderDomainId::of_firm(self.firm);
        timers(checks).into_iter().any(|timer| Key::timer(self.firm, id, timer) == self.key)
    }
}

fn timers(checks: &Checks) -> Vec<Timer> {
    checks.next.map(|at| Timer { at, kind: TimerKind::SenderDomainCheck }).into_iter().collect()
}

fn checks_of(firm: FirmId) -> Key {
    Key::domain_checks(firm, SenderDomainId::of_firm(firm))
}

fn hold(item: &Item) -> Result<Hold, Error> {
    let firm: Id<_> = claim::holder(item).parse().map_err(Error::internal)?;
    let state = item.text(name::STATE)?;
    let holding = Holding::ALL.into_iter().find(|holding| holding.as_str() == state);
    let holding = holding.ok_or_else(|| Error::Internal(format!("a domain is held as {state}")))?;
    Ok(Hold { firm, since: item.time(name::CREATED)?, holding })
}
