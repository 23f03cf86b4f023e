//! What projects may take, by the time that they took.

use std::collections::HashMap;

use super::{
    plan::Entry,
    projects::{PROJECTS, Project},
};

/// The hours of a project that hasn't begun.
const UNKNOWN: u32 = 160;

/// What a project may take.
pub(super) struct Budget {
    pub(super) hours: u32,
    /// What these cost at the project's rate: a decimal.
    pub(super) amount: String,
}

/// The budgets of all projects by their names.
pub(super) fn budgets(entries: &[Entry]) -> HashMap<&'static str, Budget> {
    let budget = |project: &'static Project| {
        let quarters: u32 = entries.iter().filter(|entry| entry.project.name == project.name).map(|entry| entry.quarters).sum();
        // So that as much of it is used as the story says, in fives.
        let hours = (quarters * 100 / 4).checked_div(project.used).map_or(UNKNOWN, |hours| (hours.div_ceil(5) * 5).max(5));
        (project.name, Budget { hours, amount: format!("{}.00", hours * project.rate) })
    };
    PROJECTS.iter().map(budget).collect()
}
