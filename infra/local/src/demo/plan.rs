//! Who worked on what, when and for how long: the time of 18 months, drawn by chance from a seed.

use chrono::NaiveDate;
use std::collections::HashMap;

use super::{
    calendar::Calendar,
    chance::Chance,
    projects::{PROJECTS, Project},
};

const SEED: u64 = 20_241_107;
/// How many entries are drawn. Two more come of the correction of one; see `billing`.
pub(super) const ENTRIES: usize = 598;

/// Time is drawn in quarters of an hour: the least and the most of an entry, and the most of somebody's day.
const LEAST: u32 = 2;
const MOST: u32 = 32;
const DAY: u32 = 34;
/// How long entries are, in quarters of an hour, each as likely.
const LENGTHS: [u32; 24] = [2, 3, 4, 6, 6, 8, 8, 10, 12, 12, 14, 16, 16, 18, 20, 22, 24, 24, 26, 28, 28, 30, 32, 32];

/// What was done on a task.
const DOINGS: [&str; 18] = [
    "interviews",
    "desk research",
    "data clean-up",
    "analysis",
    "slides for the steering group",
    "workshop preparation",
    "workshop on site",
    "write-up",
    "review with the client",
    "second pass after comments",
    "call with the sponsor",
    "draft",
    "figures checked against the books",
    "site visit",
    "working session with the team leads",
    "quality check",
    "documentation",
    "weekly status",
];
/// What the client isn't charged for.
const INTERNAL: [&str; 4] = ["Internal hand-over", "Travel", "Team planning", "Reading in"];

/// How far an entry of the month that goes on came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reached {
    Open,
    Submitted,
    Approved,
    /// Handed back after it was submitted.
    Rejected,
}

/// Some time of somebody.
pub(super) struct Entry {
    pub(super) project: &'static Project,
    /// In which month, counted back.
    pub(super) back: u32,
    pub(super) person: &'static str,
    pub(super) date: NaiveDate,
    /// In quarters of an hour.
    pub(super) quarters: u32,
    /// Which of the project's tasks, if it was one.
    pub(super) task: Option<usize>,
    pub(super) description: String,
    pub(super) reached: Reached,
}

impl Entry {
    /// Its hours as a decimal.
    pub(super) fn hours(&self) -> String {
        hours(self.quarters)
    }

    /// Whether the client is charged for it.
    pub(super) fn billable(&self) -> bool {
        self.task.is_some()
    }
}

/// So many quarters of an hour as a decimal number of hours.
pub(super) fn hours(quarters: u32) -> String {
    format!("{}.{:02}", quarters / 4, quarters % 4 * 25)
}

/// All time up to today, in the order of its days.
pub(super) fn entries(calendar: Calendar) -> Vec<Entry> {
    let mut chance = Chance::seeded(SEED);
    let months: Vec<_> = PROJECTS.iter().flat_map(|project| project.worked().map(move |back| (project, back))).collect();
    let weights: Vec<usize> = months.iter().map(|_| 7 + chance.below(7)).collect();
    let whole: usize = weights.iter().sum();
    let mut drawer = Drawer { calendar, chance, worked: HashMap::new() };
    let (mut entries, mut passed) = (Vec::new(), 0);
    for ((project, back), weight) in months.into_iter().zip(weights) {
        passed += weight;
        while entries.len() < ENTRIES * passed / whole {
            let Some(entry) = drawer.draw(project, back) else { break };
            entries.push(entry);
        }
    }
    entries.sort_by_key(|entry| entry.date);
    entries
}

/// What entries are drawn from.
struct Drawer {
    calendar: Calendar,
    chance: Chance,
    /// How much somebody worked on a day.
    worked: HashMap<(&'static str, NaiveDate), u32>,
}

impl Drawer {
    /// An entry of one month of a project; nothing if nobody has any time left in it.
    fn draw(&mut self, project: &'static Project, back: u32) -> Option<Entry> {
        let days = self.calendar.workdays(back);
        // Who comes first does most.
        let people = project.team.first().into_iter().chain(project.team);
        let free: Vec<_> = people
            .flat_map(|person| days.iter().map(|day| (*person, *day)))
            .filter(|slot| self.worked.get(slot).copied().unwrap_or_default() + LEAST <= DAY)
            .collect();
        let (person, date) = free.get(self.chance.below(free.len())).copied()?;
        let worked = self.worked.entry((person, date)).or_default();
        let quarters = self.chance.pick(&LENGTHS).clamp(LEAST, (DAY - *worked).min(MOST));
        *worked += quarters;
        let task = (!self.chance.once_in(18)).then(|| self.task(project, back));
        let title = task.and_then(|task| project.tasks.get(task));
        let description = match title {
            Some(title) => format!("{title}: {}", self.chance.pick(&DOINGS)),
            None => self.chance.pick(&INTERNAL).to_owned(),
        };
        Some(Entry { project, back, person, date, quarters, task, description, reached: self.reached(project, back, date) })
    }

    /// Which task of `project` was worked on in the month so many back: one after the other, more or less.
    fn task(&mut self, project: &Project, back: u32) -> usize {
        let months = project.worked().count().max(1);
        let passed = project.worked().take_while(|month| *month > back).count();
        let task = (passed * project.begun + self.chance.below(project.begun + 1)) / months;
        task.min(project.begun.saturating_sub(1))
    }

    /// How far an entry of `date` came: older time is approved where that is asked for.
    fn reached(&mut self, project: &Project, back: u32, date: NaiveDate) -> Reached {
        let age = (self.calendar.today - date).num_days();
        match (back, age) {
            (0, 0..=4) => Reached::Open,
            (0, 5..=9) if project.approval && self.chance.once_in(5) => Reached::Rejected,
            (0, 5..=9) => Reached::Submitted,
            _ if project.approval => Reached::Approved,
            _ => Reached::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{Datelike, Weekday};

    fn at(today: &str) -> Vec<Entry> {
        entries(Calendar { today: today.parse().unwrap() })
    }

    #[test]
    fn on_any_day_of_the_year_there_are_as_many_entries_of_reasonable_days() {
        let first: NaiveDate = "2026-11-01".parse().unwrap();
        for today in first.iter_days().take(400).step_by(9) {
            let entries = entries(Calendar { today });
            assert_eq!(entries.len(), ENTRIES, "{today}");
            let mut worked: HashMap<_, u32> = HashMap::new();
            for entry in &entries {
                assert!(entry.date <= today && !matches!(entry.date.weekday(), Weekday::Sat | Weekday::Sun), "{today}");
                assert!((LEAST..=MOST).contains(&entry.quarters), "{today}");
                *worked.entry((entry.person, entry.date)).or_default() += entry.quarters;
            }
            assert!(worked.values().all(|quarters| *quarters <= DAY), "{today}");
            let most = PROJECTS
                .iter()
                .flat_map(|project| project.worked().map(move |back| (project, back)))
                .map(|(project, back)| entries.iter().filter(|entry| entry.project.name == project.name && entry.back == back).count());
            // An invoice takes 40.
            assert!(most.max() < Some(30), "{today}");
        }
    }

    #[test]
    fn the_same_day_gives_the_same_time() {
        let told =
            |entries: Vec<Entry>| entries.iter().map(|entry| (entry.date, entry.hours(), entry.description.clone())).collect::<Vec<_>>();
        assert_eq!(told(at("2026-11-22")), told(at("2026-11-22")));
        assert_eq!((hours(2), hours(13)), ("0.50".to_owned(), "3.25".to_owned()));
    }

    #[test]
    fn time_is_in_every_state() {
        let entries = at("2026-11-22");
        for reached in [Reached::Open, Reached::Submitted, Reached::Approved, Reached::Rejected] {
            assert!(entries.iter().any(|entry| entry.back == 0 && entry.reached == reached), "{reached:?}");
        }
    }
}
