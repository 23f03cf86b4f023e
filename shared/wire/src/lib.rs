//! How records look to callers that more than one function answers with. Each field is written down once; what only
//! one function shows stays there.

mod client;
mod contact;
mod engagement;
mod invoice;
mod portal_user;
mod rate;
mod work;

pub use client::{ClientOut, ClientSummary};
pub use contact::{ContactOut, ContactPatch};
pub use engagement::{EngagementOut, EngagementSummary};
pub use invoice::{DiscountOut, InvoiceLineView, InvoiceView, InvoiceViewRow, PendingPayment, TaxOut};
pub use portal_user::PortalUserOut;
pub use rate::{NewRate, RateOut, patch_rates, price, rate_card, rates};
pub use work::{ProjectView, TaskView};

use domain::{Currency, Money, Price, Refusal};

use api::Patch;

/// An optional amount in a body: `price` in `currency`.
pub fn money(field: &'static str, price: Option<Price>, currency: Currency) -> Result<Option<Money>, Refusal> {
    price.map(|price| Money::new(field, price, currency)).transpose()
}

/// An optional amount that was `before`, after a patch of its `price` and `currency`. One that had none is in `currency`
/// or in the firm's, which is `default`; another currency needs another price, and goes with it. So what is read can be written
/// back: of no amount there is no currency either, and a currency of null is the one that it is in.
pub fn patch_money(
    field: &'static str,
    before: Option<Money>,
    price: Patch<Price>,
    currency: Patch<Currency>,
    default: Currency,
) -> Result<Option<Money>, Refusal> {
    match (currency, &price) {
        (Patch::To(_), Patch::Absent | Patch::Clear) => return Err(Refusal::rule("currency", format!("Send the {field} in it too."))),
        (Patch::Clear, Patch::Absent) if before.is_some() => {
            return Err(Refusal::rule("currency", format!("Is that of the {field}; clear that.")));
        }
        (Patch::Absent | Patch::Clear | Patch::To(_), _) => {}
    }
    let currency = currency.over(None).unwrap_or(before.map_or(default, Money::currency));
    Ok(price.try_map(|price| Money::new(field, price, currency))?.over(before))
}
