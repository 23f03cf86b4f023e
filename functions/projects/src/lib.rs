//! `/api/projects/`: projects, tasks, time entries. One file a resource: its routes, handlers and wire types.

mod project_shape;
mod projects;
mod tasks;
mod time_entries;
mod time_entry_shape;

use api::{App, Problem, Routes, Staff, may};
use domain::{access::Permission, ids::UserId};
use store::{Change, Found, Named};

/// Every route of this function.
pub fn router<R: Routes<State = App>>() -> R {
    R::default().merge(projects::routes()).merge(tasks::routes()).merge(time_entries::routes())
}

/// The person whom the body names in `field`, as found: one of the firm's who takes work, which `change` depends on.
fn person(change: &mut Change, found: &Found, field: &'static str, named: Named<UserId>) -> Result<UserId, Problem> {
    let person = change.depend(found, field, named)?;
    person.takes_work(field)?;
    Ok(person.id)
}

/// The same, if the body names somebody else than `known`.
fn other_person(
    change: &mut Change,
    found: &Found,
    field: &'static str,
    named: Named<UserId>,
    known: Option<UserId>,
) -> Result<UserId, Problem> {
    let (id, person) = change.depend_other(found, field, named, known)?;
    person.map(|person| person.takes_work(field)).transpose()?;
    Ok(id)
}

/// That the rate is the one that follows, or one manages work: what an hour costs isn't for who works it to say.
fn manages_rates(staff: &Staff<may::WriteWork>, follows: bool) -> Result<(), Problem> {
    takes_management(staff, follows, "Another rate")
}

/// That it `is_free` to everybody who works, or one manages work.
fn takes_management(staff: &Staff<may::WriteWork>, is_free: bool, what: &str) -> Result<(), Problem> {
    if is_free || staff.role.may(Permission::ManageWork) {
        return Ok(());
    }
    Err(Problem::forbidden(format!("{what} takes the permission {}.", Permission::ManageWork.as_str())))
}
