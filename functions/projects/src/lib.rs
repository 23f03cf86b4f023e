//! `/api/projects/`: projects, tasks, time entries. One file a resource: its routes, handlers and wire types.

mod project_shape;
mod projects;
mod tasks;
mod time_entries;
mod time_entry_shape;

use api::{App, Problem, Routes};
use domain::{ids::UserId, invitation::Standing};
use store::{Change, Found, Named};

/// Every route of this function.
pub fn router<R: Routes<State = App>>() -> R {
    R::default().merge(projects::routes()).merge(tasks::routes()).merge(time_entries::routes())
}

/// The person whom the body names in `field`, as found: one of the firm's who isn't deactivated, which `change` depends on.
fn person(change: &mut Change, found: &Found, field: &'static str, named: Named<UserId>) -> Result<UserId, Problem> {
    let person = change.depend(found, field, named)?;
    match person.status {
        Standing::Invited | Standing::Active => Ok(person.id),
        Standing::Deactivated => Err(Problem::invalid(field, "Is deactivated.")),
    }
}

/// The same, if the body names somebody else than `known`.
fn other_person(
    change: &mut Change,
    found: &Found,
    field: &'static str,
    named: Named<UserId>,
    known: Option<UserId>,
) -> Result<UserId, Problem> {
    match change.depend_other(found, field, named, known)? {
        (_, Some(person)) if person.status == Standing::Deactivated => Err(Problem::invalid(field, "Is deactivated.")),
        (id, _) => Ok(id),
    }
}
