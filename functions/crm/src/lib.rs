//! `/api/crm/`: campaigns, leads, prospects, proposals, contracts. One file a resource: its routes, handlers and wire types.

mod acceptance;
mod campaigns;
mod contracts;
mod leads;
mod onboarding;
mod proposal_shape;
mod proposals;
mod prospect_shape;
mod prospects;

use api::{App, Routes};

/// Every route of this function.
pub fn router<R: Routes<State = App>>() -> R {
    R::default()
        .merge(campaigns::routes())
        .merge(leads::routes())
        .merge(prospects::routes())
        .merge(proposals::routes())
        .merge(contracts::routes())
}
