//! Whose an account at Stripe is. Stripe tells of an account by its name alone, so an item for each account that a firm ever had
//! names the firm; it stays, since refunds come years later.

use domain::{Id, firm::Firm, ids::FirmId, payment_account::AccountId};

use crate::{
    Change, Error, Found, Read, Store,
    change::OnFailure,
    claim,
    item::text,
    key::{Key, name},
};

impl Store {
    /// Whose `account` is or was; nobody's whom we know, if no firm's.
    pub async fn firm_of_account(&self, account: &AccountId) -> Result<Option<FirmId>, Error> {
        let item = self.item(&Key::stripe_account(account)).await?;
        item.map(|item| claim::holder(&item).parse().map_err(Error::internal)).transpose()
    }
}

impl Change {
    /// That `account` is this firm's, and was nobody's.
    pub fn hold_account(&mut self, account: &AccountId) -> Result<(), Error> {
        let mut item = Key::stripe_account(account).item();
        item.insert(name::HOLDER.to_owned(), text(self.firm().to_string()));
        let put = self.put(item).condition_expression("attribute_not_exists(pk)");
        self.push_put(put, OnFailure::Lost)
    }
}

impl Read<'_> {
    /// Whose `account` is too, if there is one.
    #[must_use]
    pub fn account(self, account: Option<&AccountId>) -> Self {
        match account {
            Some(account) => self.key(Key::stripe_account(account)),
            None => self,
        }
    }
}

impl Found {
    /// Whether `account`, whose it is having been read, is or was `firm`'s.
    pub fn is_account_of(&self, account: &AccountId, firm: Id<Firm>) -> bool {
        self.item(&Key::stripe_account(account)).is_some_and(|item| claim::holder(item) == firm.to_string())
    }
}
