//! Pages at Stripe on which something else can be paid than what is due, or a second time. They are expired by `stripe-events`,
//! so that an outage of Stripe holds up no stream.

use domain::invoice::{ExpireCheckouts, Invoice};
use store::{Error, Record};

use crate::{Cause, EffectKind, Failed, Outbox, Outcome};

/// What is due on the invoice that `logged` is about has changed: have the pages expired on which that can't be paid any more,
/// if there are any.
pub(crate) async fn expire_stale(outbox: &Outbox, logged: &Cause) -> Result<(), Failed> {
    let invoice = logged.id::<Invoice>()?;
    let found: Option<Record<Invoice>> = outbox.store.read(logged.firm).record(invoice).fetch().await?.maybe(invoice)?;
    if found.is_none_or(|found| found.stale_checkouts().next().is_none()) {
        return Ok(());
    }
    let order = ExpireCheckouts { firm: logged.firm, expire_checkouts_of: invoice };
    let order = serde_json::to_string(&order).map_err(|error| Error::Internal(error.to_string()))?;
    let queue = async || {
        outbox.stripe_events.send(&order, &[]).await?;
        Ok(Outcome::Done)
    };
    outbox.run_effect(logged, EffectKind::Expire, queue).await
}
