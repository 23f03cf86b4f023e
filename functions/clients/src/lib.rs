//! `/api/clients/`, the firm's side: clients, portal users, engagements. One file a resource: its routes, handlers and
//! wire types.

mod clients;
mod engagements;
mod portal_users;

use api::{App, Routes};

/// Every route of this function.
pub fn router<R: Routes<State = App>>() -> R {
    R::default().merge(clients::routes()).merge(portal_users::routes()).merge(engagements::routes())
}
