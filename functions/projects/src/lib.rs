//! `/api/projects/`: projects, tasks, time entries. One file a resource: its routes, handlers and wire types.

mod project_shape;
mod projects;
mod tasks;
mod time_entries;
mod time_entry_shape;

use api::{App, Problem, Routes};
use domain::{invitation::Standing, user::UserId};
use store::Found;

/// Every route of this function.
pub fn router<R: Routes<State = App>>() -> R {
    R::default().merge(projects::routes()).merge(tasks::routes()).merge(time_entries::routes())
}

/// That the person whom the body names in `field`, if it does, is one of the firm's and isn't shut out.
fn person(found: &Found, field: &'static str, id: Option<UserId>) -> Result<(), Problem> {
    let Some(id) = id else { return Ok(()) };
    match found.named(field, id)?.status {
        Standing::Invited | Standing::Active => Ok(()),
        Standing::Deactivated => Err(Problem::invalid(field, "Is deactivated.")),
    }
}
