//! What the demo tells of the firm's projects.

use super::clients::{ACME, ALDER, BRIGHTWATER, COBALT, DUNE, DUNMORE, EMBER, FJORD, GRANITE, HERON, KESTREL, LUMEN};

/// Where a project stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Planned,
    Active,
    OnHold,
    Completed,
    Cancelled,
}

impl Phase {
    /// Where the project is moved once its time is logged; nowhere if it goes on.
    pub(super) fn moved(self) -> Option<&'static str> {
        match self {
            Self::Active => None,
            Self::Planned => Some("planned"),
            Self::OnHold => Some("on_hold"),
            Self::Completed => Some("completed"),
            Self::Cancelled => Some("cancelled"),
        }
    }
}

/// A project.
pub(super) struct Project {
    pub(super) client: &'static str,
    pub(super) name: &'static str,
    /// The months of its work, counted back: the first and the last. None of a planned one.
    pub(super) months: Option<(u32, u32)>,
    /// How many months its contract runs, from its first.
    pub(super) runs: u32,
    pub(super) phase: Phase,
    pub(super) manager: &'static str,
    /// Who works on it; the first most of all.
    pub(super) team: &'static [&'static str],
    pub(super) rate: u32,
    /// The rate in the end, from two months back on.
    pub(super) raised: Option<u32>,
    /// To how many minutes time is rounded up.
    pub(super) increment: u32,
    pub(super) approval: bool,
    /// How many hundredths of the budget are used.
    pub(super) used: u32,
    pub(super) tasks: &'static [&'static str; 6],
    /// How many of the tasks were begun.
    pub(super) begun: usize,
}

impl Project {
    /// The months of its work, counted back, in the order of time.
    pub(super) fn worked(&self) -> impl Iterator<Item = u32> + use<> {
        let months = self.months;
        months.into_iter().flat_map(|(first, last)| (last..=first).rev())
    }
}

const STUDY: [&str; 6] = [
    "Agree on scope and questions",
    "Collect the figures",
    "Interview the experts",
    "Build the model",
    "Compare the options",
    "Present the recommendation",
];
const PROCESS: [&str; 6] = [
    "Map how it is done today",
    "Measure times and errors",
    "Workshop with the teams",
    "Design the new process",
    "Pilot with one team",
    "Plan the roll-out",
];
const INTEGRATION: [&str; 6] = [
    "Set up the integration office",
    "Baseline of cost and people",
    "Synergy workshops",
    "Target organisation",
    "Integration plan by function",
    "Handover to the line",
];
const DIGITAL: [&str; 6] = [
    "Inventory of services and systems",
    "Talk to users",
    "Sketch the target picture",
    "Business case",
    "Roadmap and priorities",
    "Brief the suppliers",
];
const GROWTH: [&str; 6] = [
    "Segment the customers",
    "Price and margin analysis",
    "Mystery shopping",
    "Test in two places",
    "Train the sales team",
    "Measure and adjust",
];
const PEOPLE: [&str; 6] =
    ["Role profiles", "Interview the leads", "Capacity plan", "Hiring funnel", "Onboarding programme", "Review after three months"];

/// A project that is delivered, with what most have.
const fn project(client: &'static str, name: &'static str, months: (u32, u32), tasks: &'static [&'static str; 6]) -> Project {
    Project {
        client,
        name,
        months: Some(months),
        runs: months.0 - months.1 + 1,
        phase: Phase::Completed,
        manager: "conor",
        team: &["aoife", "tomas"],
        rate: 140,
        raised: None,
        increment: 15,
        approval: true,
        used: 94,
        tasks,
        begun: 6,
    }
}

/// One that goes on, or was interrupted, and how many of its tasks were begun.
const fn open(project: Project, phase: Phase, runs: u32, used: u32, begun: usize) -> Project {
    Project { phase, runs, used, begun, ..project }
}

/// One that hasn't begun.
const fn planned(project: Project) -> Project {
    Project { months: None, runs: 4, phase: Phase::Planned, used: 0, begun: 0, ..project }
}

/// One with other people and another rate.
const fn staffed(project: Project, manager: &'static str, team: &'static [&'static str], rate: u32) -> Project {
    Project { manager, team, rate, ..project }
}

/// One whose time is billed as it is, to the minute, and without approval.
const fn loose(project: Project) -> Project {
    Project { increment: 1, approval: false, ..project }
}

pub(super) const MERGER: &str = "Post-merger integration";
pub(super) const ROADMAP: &str = "Digital services roadmap";
pub(super) const BRANCH: &str = "Branch of the future";
pub(super) const TURNAROUND: &str = "Turnaround plan";
pub(super) const WAREHOUSE: &str = "Warehouse automation";
pub(super) const CLAIMS: &str = "Claims process redesign";
pub(super) const GRID: &str = "Grid planning office";
pub(super) const LABS: &str = "Lab site consolidation";
pub(super) const PATIENTS: &str = "Patient flow";
pub(super) const PRICING: &str = "Pricing strategy";
pub(super) const ROLLOUT: &str = "Branch roll-out";
pub(super) const STORES: &str = "Store network study";
pub(super) const DESK: &str = "Citizen service desk";
pub(super) const HIRING: &str = "Hiring plan";
pub(super) const PARTNERS: &str = "Distribution partners";
pub(super) const FRAUD: &str = "Fraud analytics";

/// In the order in which they were sold.
pub(super) static PROJECTS: [Project; 20] = [
    staffed(project(LUMEN, MERGER, (17, 13), &INTEGRATION), "conor", &["tomas", "aoife", "emil", "conor"], 150),
    loose(staffed(project(ACME, "Market entry study", (16, 14), &STUDY), "mirela", &["colette", "sam"], 160)),
    staffed(project(DUNMORE, ROADMAP, (15, 12), &DIGITAL), "mirela", &["priya", "colette"], 120),
    project(GRANITE, BRANCH, (14, 12), &PROCESS),
    loose(open(project(BRIGHTWATER, TURNAROUND, (13, 11), &GROWTH), Phase::Cancelled, 6, 58, 3)),
    staffed(project(FJORD, WAREHOUSE, (12, 9), &PROCESS), "mirela", &["sam", "priya", "colette"], 145),
    staffed(project(COBALT, CLAIMS, (11, 8), &PROCESS), "mirela", &["priya", "tomas", "sam"], 140),
    Project { used: 104, ..staffed(project(KESTREL, GRID, (10, 7), &PEOPLE), "conor", &["emil", "aoife"], 150) },
    Project { used: 88, ..staffed(project(LUMEN, LABS, (9, 7), &INTEGRATION), "conor", &["tomas", "emil"], 155) },
    loose(staffed(project(ALDER, PATIENTS, (7, 5), &PROCESS), "mirela", &["colette", "priya"], 125)),
    open(project(DUNE, PRICING, (6, 4), &GROWTH), Phase::OnHold, 6, 63, 4),
    Project { raised: Some(160), ..open(project(GRANITE, ROLLOUT, (4, 0), &PROCESS), Phase::Active, 8, 66, 5) },
    staffed(open(project(EMBER, STORES, (3, 0), &STUDY), Phase::Active, 5, 81, 5), "mirela", &["sam", "colette", "aoife"], 145),
    staffed(open(project(DUNMORE, DESK, (3, 2), &DIGITAL), Phase::OnHold, 5, 45, 3), "mirela", &["priya", "sam"], 125),
    loose(staffed(open(project(HERON, HIRING, (2, 0), &PEOPLE), Phase::Active, 4, 97, 4), "conor", &["emil", "aoife"], 135)),
    loose(staffed(open(project(ACME, PARTNERS, (2, 0), &STUDY), Phase::Active, 4, 71, 4), "mirela", &["colette", "tomas"], 165)),
    staffed(open(project(COBALT, FRAUD, (1, 0), &DIGITAL), Phase::Active, 5, 38, 3), "mirela", &["priya", "tomas"], 150),
    staffed(open(project(FJORD, "Fleet electrification", (0, 0), &STUDY), Phase::Active, 6, 14, 2), "conor", &["sam", "emil"], 150),
    planned(project(KESTREL, "Control room training", (0, 0), &PEOPLE)),
    planned(project(ALDER, "Clinic scheduling", (0, 0), &DIGITAL)),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::{clients::CLIENTS, firm::STAFF};

    #[test]
    fn every_project_has_a_client_and_people_of_the_firm() {
        for project in &PROJECTS {
            assert!(CLIENTS.iter().any(|client| client.lead.company == project.client), "{}", project.name);
            let people = project.team.iter().chain([&project.manager]);
            assert!(people.into_iter().all(|key| STAFF.iter().any(|person| person.key == *key)), "{}", project.name);
        }
        assert!(CLIENTS.iter().all(|client| PROJECTS.iter().any(|project| project.client == client.lead.company)));
    }
}
