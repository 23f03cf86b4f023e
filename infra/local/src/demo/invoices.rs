//! What the demo tells of the firm's invoices: what became of each, where it isn't simply paid.

use chrono::{Days, NaiveDate};

use super::{
    calendar::Calendar,
    projects::{
        CLAIMS, DESK, FRAUD, GRID, HIRING, LABS, MERGER, PARTNERS, PATIENTS, PRICING, PROJECTS, Project, ROADMAP, ROLLOUT, STORES,
        TURNAROUND, WAREHOUSE,
    },
};

/// How many invoices there are.
pub(super) const PLANNED_INVOICES: usize = 60;

/// What becomes of an invoice.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Paid by bank transfer in the client's time, if that has come.
    Paid,
    /// Paid by card when the client visited, as staff record it.
    PaidByCard,
    /// Paid by the client in the portal, today.
    PaidOnline,
    /// So many hundredths of it are paid.
    PartPaid(i64),
    /// Somebody mistyped: so many cents more than due are paid, and become credit.
    Overpaid(i64),
    /// The client's credit pays as much as it can, a transfer the rest.
    PaidFromCredit,
    /// A credit note takes back so much, without tax, before the rest is paid.
    NotedThenPaid(&'static str, &'static str),
    /// A credit note takes back so much, without tax, after all was paid: it becomes credit.
    PaidThenNoted(&'static str, &'static str),
    /// Likewise, and the money went back.
    PaidThenRefunded(&'static str, &'static str),
    Unpaid,
    Uncollectible(&'static str),
    Void(&'static str),
    /// Isn't sent yet.
    Draft,
}

/// An invoice.
#[derive(Clone, Copy)]
pub(super) struct PlannedInvoice {
    pub(super) project: &'static Project,
    /// The month that it bills, counted back.
    pub(super) back: u32,
    /// The day on it, and from which it is late.
    pub(super) issued: NaiveDate,
    /// What it charges besides time: description, quantity, price.
    pub(super) lines: &'static [Line],
    /// Whether it charges the month's time.
    pub(super) time: bool,
    /// What is taken off it, in percent.
    pub(super) discount: Option<&'static str>,
    pub(super) fate: Fate,
}

/// What became of the invoice of a project's month, where it isn't simply paid.
const FATES: [(&str, u32, Fate); 20] = [
    (MERGER, 14, Fate::Overpaid(45_000)),
    (LABS, 9, Fate::PaidFromCredit),
    (ROADMAP, 13, Fate::PaidByCard),
    (PATIENTS, 6, Fate::PaidByCard),
    (WAREHOUSE, 9, Fate::PaidThenNoted("620.00", "The pilot took a day less than agreed")),
    (CLAIMS, 8, Fate::NotedThenPaid("350.00", "Travel that was included in the price")),
    (GRID, 7, Fate::PaidThenRefunded("480.00", "A workshop was cancelled after it was paid")),
    (TURNAROUND, 12, Fate::Uncollectible("The client is in liquidation")),
    (TURNAROUND, 11, Fate::Uncollectible("The client is in liquidation")),
    (PRICING, 5, Fate::PartPaid(40)),
    (PRICING, 4, Fate::Unpaid),
    (DESK, 3, Fate::Unpaid),
    (DESK, 2, Fate::Unpaid),
    (STORES, 2, Fate::Unpaid),
    (STORES, 1, Fate::PartPaid(50)),
    (HIRING, 2, Fate::PaidOnline),
    (HIRING, 1, Fate::Unpaid),
    (ROLLOUT, 1, Fate::PaidOnline),
    (PARTNERS, 1, Fate::Unpaid),
    (FRAUD, 1, Fate::Unpaid),
];

/// Projects whose month that goes on is being written up.
const DRAFTS: [&str; 3] = [ROLLOUT, STORES, PARTNERS];

/// Something that is charged beside time: description, quantity, price.
type Line = (&'static str, &'static str, &'static str);

/// An invoice that charges no time.
struct Fixed {
    project: &'static str,
    back: u32,
    lines: &'static [Line],
    discount: Option<&'static str>,
    fate: Fate,
}

const FIXED: [Fixed; 4] = [
    Fixed {
        project: MERGER,
        back: 17,
        lines: &[("Kick-off workshop, two days", "2", "2400.00"), ("Room and catering", "1", "685.00")],
        discount: Some("10"),
        fate: Fate::Paid,
    },
    Fixed { project: STORES, back: 3, lines: &[("Footfall data for 40 stores", "40", "42.50")], discount: None, fate: Fate::Paid },
    Fixed {
        project: WAREHOUSE,
        back: 11,
        lines: &[("Simulation software, one year", "1", "1890.00")],
        discount: None,
        fate: Fate::Void("The client bought it directly"),
    },
    Fixed {
        project: HIRING,
        back: 2,
        lines: &[("Assessment tool, twelve seats", "12", "49.00")],
        discount: None,
        fate: Fate::Void("Was included in the price"),
    },
];

/// What travelling cost, in turn.
const TRAVEL: [&[Line]; 4] =
    [&[], &[("Flights and trains, at cost", "1", "412.60")], &[], &[("Hotel nights, at cost", "3", "139.00"), ("Mileage", "184", "0.42")]];

/// All invoices, in the order in which they are sent; the drafts come last.
pub(super) fn planned_invoices(calendar: Calendar) -> Vec<PlannedInvoice> {
    let monthly = PROJECTS.iter().flat_map(|project| project.worked().filter(|back| *back > 0).map(move |back| (project, back)));
    let monthly = monthly.map(|(project, back)| {
        let fate = FATES.iter().find(|(name, month, _)| (*name, *month) == (project.name, back));
        let lines = TRAVEL.iter().cycle().nth(back as usize + project.name.len()).copied().unwrap_or_default();
        plan(calendar, project, back, lines, fate.map_or(Fate::Paid, |(_, _, fate)| *fate))
    });
    let drafts = PROJECTS.iter().filter(|project| DRAFTS.contains(&project.name));
    let drafts = drafts.map(|project| plan(calendar, project, 0, &[("Travel, at cost", "1", "96.20")], Fate::Draft));
    let fixed = FIXED.iter().filter_map(|fixed| {
        let project = PROJECTS.iter().find(|project| project.name == fixed.project)?;
        let plan = plan(calendar, project, fixed.back, fixed.lines, fixed.fate);
        // In the middle of the month, not with its time.
        Some(PlannedInvoice { issued: calendar.first(fixed.back) + Days::new(13), time: false, discount: fixed.discount, ..plan })
    });
    let mut planned_invoices: Vec<_> = fixed.chain(monthly).chain(drafts).collect();
    planned_invoices.sort_by_key(|plan| plan.issued);
    planned_invoices
}

fn plan(calendar: Calendar, project: &'static Project, back: u32, lines: &'static [Line], fate: Fate) -> PlannedInvoice {
    PlannedInvoice { project, back, issued: calendar.last(back), lines, time: true, discount: None, fate }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_sixty_and_every_fate_is_somebodys() {
        let planned_invoices = planned_invoices(Calendar { today: "2026-11-22".parse().unwrap() });
        assert_eq!(planned_invoices.len(), PLANNED_INVOICES);
        for (name, back, fate) in &FATES {
            let fits = |plan: &PlannedInvoice| plan.time && plan.project.name == *name && plan.back == *back && plan.fate == *fate;
            assert!(planned_invoices.iter().any(fits), "{name}, {back} back");
        }
        assert_eq!(planned_invoices.iter().filter(|plan| !plan.time).count(), FIXED.len());
        assert_eq!(planned_invoices.iter().filter(|plan| plan.fate == Fate::Draft).count(), DRAFTS.len());
    }
}
