//! How records look to callers that more than one function answers with. Each field is written down once; what only
//! one function shows stays there.

mod client;
mod contact;
mod engagement;
mod portal_user;

pub use client::{ClientOut, ClientSummary};
pub use contact::{ContactOut, ContactPatch};
pub use engagement::{EngagementOut, EngagementSummary};
pub use portal_user::PortalUserOut;

use domain::{Currency, Money, Price, Refusal};

/// An optional amount in a body: `price` in `currency`.
pub fn money(field: &'static str, price: Option<Price>, currency: Currency) -> Result<Option<Money>, Refusal> {
    price.map(|price| Money::new(field, price, currency)).transpose()
}
