//! Whether mail to an address is suppressed: an item for each address that ever was, in each firm, names the record that says
//! how that stands.

use domain::{
    Email, Id,
    firm::Firm,
    ids::SuppressionId,
    suppression::{Cause, Event, Suppression},
};

use crate::{Change, Error, Found, Record, Store, Unique, claim, key::Key};

impl Store {
    /// The record of `email` of `firm`, to which mail is or was suppressed; none if it never was.
    pub async fn suppression(&self, firm: Id<Firm>, email: &Email) -> Result<Option<Record<Suppression>>, Error> {
        let found = self.read(firm).unique(&Unique::Suppressed(email.clone())).fetch().await?;
        self.suppression_found(&found, email).await
    }

    /// The same, where [`Unique::Suppressed`] was read already.
    pub async fn suppression_found(&self, found: &Found, email: &Email) -> Result<Option<Record<Suppression>>, Error> {
        let unique = Unique::Suppressed(email.clone());
        let Some(item) = found.item(&Key::unique(found.firm(), &unique)) else { return Ok(None) };
        let id: SuppressionId = claim::holder(item).parse().map_err(Error::internal)?;
        self.read(found.firm()).record(id).fetch().await?.record(id).map(Some)
    }
}

impl Change {
    /// That no mail is sent to `email` from now on because of `cause`, where `known` says how that stood; whether that is news.
    pub fn suppress(&mut self, known: Option<&Record<Suppression>>, email: &Email, cause: Cause) -> Result<bool, Error> {
        if let Some(known) = known {
            let again = known.again(cause);
            return again.map_or(Ok(false), |again| self.update(known, again).map(|_| true));
        }
        let id = Id::new(self.now(), rand::random());
        self.claim_free(&Unique::Suppressed(email.clone()), id)?;
        self.create(id, Suppression::new(email.clone(), cause), Event::Added).map(|_| true)
    }
}
