//! Tasks: what is to be done on a project, by whom, by when.

use serde::{Deserialize, Serialize};

use crate::{
    Archive, Currency, Date, Money, MultiLine, Price, Quantity, Refusal, SingleLine, Time, Transition,
    client::OfClient,
    ids::{ClientId, ProjectId, UserId},
};

crate::events! {
    Task {
        /// Entered.
        Created = "task.created" is Creation,
        /// Its fields were changed.
        Updated = "task.updated" is Edit,
        /// Its status or its place was changed.
        Moved = "task.moved" is Change,
        /// Archived.
        Archived = "task.archived" is Archiving,
        /// Taken out of the archive.
        Restored = "task.restored" is Restoring,
    }
}

/// Where a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = TaskStatus))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not begun.
    Todo,
    /// Somebody is at it.
    InProgress,
    /// Waits for something.
    Blocked,
    /// Is looked at.
    Review,
    /// Over.
    Done,
}

/// What is to be done on a project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// On which project.
    pub project: ProjectId,
    /// The project's client.
    pub client: ClientId,
    /// What is to be done; the client sees it.
    pub title: SingleLine<200>,
    /// More of it; the client sees it.
    pub description: Option<MultiLine<10000>>,
    /// Where it stands.
    pub status: Status,
    /// Who does it.
    pub assignee: Option<UserId>,
    /// By when.
    pub due_date: Option<Date>,
    /// How many hours it should take.
    pub estimate_hours: Option<Quantity>,
    /// Its place among the tasks of its status: the lowest comes first.
    pub position: i32,
    /// What an hour on it costs, whoever does it.
    pub hourly_rate: Option<Price>,
    /// What that is in: the project's currency, which it has for good.
    pub currency: Currency,
}

/// The place of a task that is entered at `now`: after all that were entered before.
pub fn last_place(now: Time) -> i32 {
    let begun = 1_767_225_600; // 2026-01-01, so that seconds fit
    i32::try_from(now.timestamp() - begun).unwrap_or(i32::MAX)
}

impl OfClient for Task {
    fn client(&self) -> ClientId {
        self.client
    }
}

impl Task {
    /// That its rate is an amount in its currency, so that time can be logged at it.
    pub fn checked(self) -> Result<Self, Refusal> {
        self.hourly_rate.map(|rate| Money::new("hourly_rate", rate, self.currency)).transpose()?;
        Ok(self)
    }

    /// The task with other fields.
    pub fn edit(&self, edited: Self) -> Transition<Self> {
        Ok((edited.checked()?, Event::Updated))
    }

    /// The task of `from` as one of `to`, where it is still to be done and theirs.
    pub fn hand_over(&self, from: UserId, to: UserId) -> Option<(Self, Event)> {
        let is_theirs = self.assignee == Some(from) && self.status != Status::Done;
        is_theirs.then(|| (Self { assignee: Some(to), ..self.clone() }, Event::Updated))
    }

    /// The task at another status or place. Any status can follow any other: work goes back and forth.
    pub fn move_to(&self, to: Status, position: Option<i32>) -> Transition<Self> {
        let position = position.unwrap_or(self.position);
        if (to, position) == (self.status, self.position) {
            return Err(Refusal::state("The task is there already."));
        }
        Ok((Self { status: to, position, ..self.clone() }, Event::Moved))
    }
}

impl Archive for Task {
    /// Whether it can be archived: the time on it stays.
    fn archive(&self) -> Result<Event, Refusal> {
        Ok(Event::Archived)
    }

    fn restore(&self) -> Event {
        Event::Restored
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Id;

    fn task() -> Task {
        Task {
            project: Id::new(Time::default(), 1),
            client: Id::new(Time::default(), 2),
            title: SingleLine::new("Interview importers").unwrap(),
            description: None,
            status: Status::Todo,
            assignee: None,
            due_date: None,
            estimate_hours: None,
            position: 3,
            hourly_rate: None,
            currency: Currency::USD,
        }
    }

    #[test]
    fn a_rate_is_an_amount_in_the_projects_currency_when_it_is_said_and_when_it_is_changed() {
        for (code, rate, good) in [("USD", "150.50", true), ("USD", "150.005", false), ("JPY", "150.5", false), ("KWD", "150.005", true)] {
            let edited = Task { hourly_rate: rate.parse().ok(), currency: code.parse().unwrap(), ..task() };
            assert_eq!(edited.clone().checked().is_ok(), good, "{code} {rate}");
            assert_eq!(
                task().edit(edited).err().and_then(|refused| refused.field),
                (!good).then_some("hourly_rate".into()),
                "{code} {rate}"
            );
        }
    }

    #[test]
    fn what_is_done_or_somebody_elses_is_not_handed_over() {
        let [ann, bo, cy] = [1, 2, 3].map(|n| Id::new(Time::default(), n));
        for (assignee, status, moves) in [
            (Some(ann), Status::Blocked, true),
            (Some(ann), Status::Done, false),
            (Some(cy), Status::Todo, false),
            (None, Status::Todo, false),
        ] {
            let task = Task { assignee, status, ..task() };
            let handed = task.hand_over(ann, bo).map(|(task, _)| task.assignee);
            assert_eq!(handed, moves.then_some(Some(bo)), "{assignee:?} {status:?}");
        }
    }

    #[test]
    fn a_task_moves_anywhere_but_to_where_it_is() {
        use Status::{Blocked, Done, InProgress, Review, Todo};
        for from in [Todo, InProgress, Blocked, Review, Done] {
            for to in [Todo, InProgress, Blocked, Review, Done] {
                let task = Task { status: from, ..task() };
                assert_eq!(task.move_to(to, None).is_ok(), from != to, "{from:?} → {to:?}");
                assert!(task.move_to(to, Some(4)).is_ok());
            }
        }
    }
}
