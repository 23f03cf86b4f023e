//! `/api/webhooks/`: what others tell us. Who tells it is known by a signature over the body as it came; it is put on a
//! queue unread, and answered at once. Deliberately absent: what an event means (`stripe-events`), and any table.

mod signature;
mod stripe;

use api::Routes;
use queue::Queue;
use runtime::Clock;
use secrets::{Kept, WebhookSecrets};

/// What the function has at hand from its start.
#[derive(Debug, Clone)]
pub struct Webhooks {
    /// Tells the time.
    pub clock: Clock,
    /// What Stripe signs with.
    pub secrets: Kept<WebhookSecrets>,
    /// Where Stripe's events go.
    pub queue: Queue,
}

/// Every route of this function.
pub fn router<R: Routes>(webhooks: Webhooks) -> R {
    R::default().merge(stripe::routes()).with(webhooks)
}
