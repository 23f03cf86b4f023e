//! `/api/clients/`: clients, portal users and engagements, for the firm; and the client's own side, in `portal/`. One file a
//! resource: its routes, handlers and wire types.

mod clients;
mod engagements;
mod portal;
mod portal_users;

use api::{App, Routes};
use checkout::Till;

/// Every route of this function; payments are taken by `till`, which nothing but payment links needs.
pub fn router<R: Routes<State = App>>(till: Till) -> R {
    let routes = R::default().merge(clients::routes()).merge(portal_users::routes()).merge(engagements::routes()).merge(portal::routes());
    routes.with(till)
}
