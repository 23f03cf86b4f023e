//! Projects: what the firm does for a client, with whom, at which rates, within which budget.
//!
//! What was used of the budget isn't in the record: it is summed up beside it as time is logged, so that logging doesn't
//! contend with editing. Deliberately absent: counting through time entries.

mod budget;

pub use budget::{Budget, hours, sum};

use serde::{Deserialize, Serialize};

use crate::{
    Archive, Currency, Date, Money, MultiLine, Quantity, Refusal, SingleLine, Transition,
    client::OfClient,
    date::in_order,
    ids::{ClientId, ContractId, UserId},
    rate::RateCard,
};

/// Most people that one project can have; they live inside its record.
pub const MOST_MEMBERS: usize = 50;

crate::events! {
    Project {
        /// Planned.
        Created = "project.created" is Creation,
        /// Its fields were changed.
        Updated = "project.updated" is Edit,
        /// Its status was changed.
        Moved = "project.moved" is Change,
        /// Somebody joined, or joined at other rates.
        MemberAdded = "project.member_added" is Change,
        /// Somebody left.
        MemberRemoved = "project.member_removed" is Change,
        /// Archived.
        Archived = "project.archived" is Archiving,
        /// Taken out of the archive.
        Restored = "project.restored" is Restoring,
    }
}

/// Where a project stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = ProjectStatus))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not yet begun.
    Planned,
    /// Going on.
    Active,
    /// Interrupted.
    OnHold,
    /// Delivered.
    Completed,
    /// Given up.
    Cancelled,
}

impl Status {
    /// Whether there is work to come.
    pub fn is_open(self) -> bool {
        match self {
            Self::Planned | Self::Active | Self::OnHold => true,
            Self::Completed | Self::Cancelled => false,
        }
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Active => "active",
            Self::OnHold => "on_hold",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// In which direction time is rounded for billing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// To the next full increment.
    Up,
    /// To the nearest, half of one up.
    Nearest,
    /// To the last full one.
    Down,
}

/// To how many minutes time is rounded for billing: one of 1, 5, 6, 10, 15, 30 and 60.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Increment(u16);

/// The number is no increment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("One of these: 1, 5, 6, 10, 15, 30, 60.")]
pub struct NotAnIncrement;

impl Increment {
    /// The increments that there are.
    pub const ALL: [u16; 7] = [1, 5, 6, 10, 15, 30, 60];
    /// Every minute counts as it is.
    pub const MINUTE: Self = Self(1);

    /// So many minutes.
    pub fn new(minutes: u16) -> Result<Self, NotAnIncrement> {
        if Self::ALL.contains(&minutes) { Ok(Self(minutes)) } else { Err(NotAnIncrement) }
    }

    /// In minutes.
    pub fn minutes(self) -> u16 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Increment {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(u16::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// How time is rounded for billing. What was worked stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rounding {
    /// To how many minutes.
    pub increment: Increment,
    /// In which direction.
    pub direction: Direction,
}

impl Rounding {
    /// None: every minute is billed as it is.
    pub const NONE: Self = Self { increment: Increment::MINUTE, direction: Direction::Nearest };

    /// What of so many minutes is billed. What is taken back is rounded as it was when it was billed.
    pub fn billed(self, minutes: i32) -> i32 {
        let increment = i32::from(self.increment.minutes());
        let (worked, sign) = (minutes.saturating_abs(), minutes.signum());
        let steps = match self.direction {
            Direction::Up => worked.saturating_add(increment - 1) / increment,
            Direction::Nearest => worked.saturating_add(increment / 2) / increment,
            Direction::Down => worked / increment,
        };
        steps * increment * sign
    }
}

/// Somebody who works on a project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// Who.
    pub user: UserId,
    /// What their hour costs on it; the project's rates hold where these don't.
    #[serde(default)]
    pub rates: RateCard,
}

/// What the firm does for a client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Project {
    /// For whom.
    pub client: ClientId,
    /// The contract that it carries out.
    pub contract: Option<ContractId>,
    /// What it is called; the client sees it.
    pub name: SingleLine<200>,
    /// What it is about; the client sees it.
    pub description: Option<MultiLine<10000>>,
    /// Where it stands.
    pub status: Status,
    /// What its time is billed in.
    pub currency: Currency,
    /// What an hour costs on it; the firm's rates hold where these don't.
    #[serde(default)]
    pub rates: RateCard,
    /// How many hours it may take.
    pub budget_hours: Option<Quantity>,
    /// How much its time may cost.
    pub budget_amount: Option<Money>,
    /// How its time is rounded for billing.
    pub rounding: Rounding,
    /// Whether its time has to be approved before it is billed.
    pub requires_approval: bool,
    /// Who answers for it.
    pub manager: Option<UserId>,
    /// Who works on it.
    #[serde(default)]
    pub members: Vec<Member>,
    /// Its first day.
    pub start_date: Option<Date>,
    /// Its last day.
    pub end_date: Option<Date>,
}

impl OfClient for Project {
    fn client(&self) -> ClientId {
        self.client
    }
}

impl Project {
    /// That its days are in order, its rates in its currency and its people no more than there can be.
    pub fn checked(self) -> Result<Self, Refusal> {
        in_order(self.start_date, self.end_date)?;
        [&self.rates]
            .into_iter()
            .chain(self.members.iter().map(|member| &member.rates))
            .try_for_each(|rates| rates.fit("rates", self.currency))?;
        if self.members.len() > MOST_MEMBERS {
            return Err(Refusal::rule("user", format!("A project has at most {MOST_MEMBERS} members.")));
        }
        Ok(self)
    }

    /// The project with other fields, as long as it isn't over.
    pub fn edit(&self, edited: Self) -> Transition<Self> {
        self.open()?;
        Ok((edited.checked()?, Event::Updated))
    }

    /// The project at another status. A new one is active until it is said to be only planned; one that is over can be
    /// taken up again.
    pub fn move_to(&self, to: Status) -> Transition<Self> {
        use Status::{Active, Cancelled, Completed, OnHold, Planned};
        let allowed = match self.status {
            Planned => matches!(to, Active | Cancelled),
            Active => matches!(to, Planned | OnHold | Completed | Cancelled),
            OnHold => matches!(to, Active | Completed | Cancelled),
            Completed | Cancelled => to == Active,
        };
        if allowed {
            return Ok((Self { status: to, ..self.clone() }, Event::Moved));
        }
        let (from, to) = (self.status.as_str().replace('_', " "), to.as_str().replace('_', " "));
        Err(Refusal::state(format!("The project is {from}; it can't become {to}.")))
    }

    /// The project with `member` on it, in place of what they were on it before.
    pub fn add_member(&self, member: Member) -> Transition<Self> {
        self.open()?;
        let mut members: Vec<Member> = self.members.iter().filter(|other| other.user != member.user).cloned().collect();
        members.push(member);
        Ok((Self { members, ..self.clone() }.checked()?, Event::MemberAdded))
    }

    /// The project without `user` on it. The time that they logged stays.
    pub fn remove_member(&self, user: UserId) -> Transition<Self> {
        self.open()?;
        if !self.is_member(user) {
            return Err(Refusal::rule("user", "Isn't a member of the project."));
        }
        let members = self.members.iter().filter(|member| member.user != user).cloned().collect();
        Ok((Self { members, ..self.clone() }, Event::MemberRemoved))
    }

    /// That time can be logged on it.
    pub fn takes_time(&self) -> Result<(), Refusal> {
        match self.status {
            Status::Active => Ok(()),
            Status::Planned | Status::OnHold | Status::Completed | Status::Cancelled => {
                let status = self.status.as_str().replace('_', " ");
                Err(Refusal::state(format!("The project is {status}; time is logged on an active one.")))
            }
        }
    }

    /// Whether `user` works on it.
    pub fn is_member(&self, user: UserId) -> bool {
        self.members.iter().any(|member| member.user == user)
    }

    /// Who hears of what the client says of it: who answers for it and who works on it, each once.
    pub fn team(&self) -> Vec<UserId> {
        let mut team: Vec<UserId> = self.manager.into_iter().chain(self.members.iter().map(|member| member.user)).collect();
        team.sort_unstable();
        team.dedup();
        team
    }

    /// What an hour of `user` costs on it on `day`: the person's rate on it, else its own; nothing if neither holds.
    pub fn rate(&self, user: UserId, day: Date) -> Option<crate::Price> {
        let member = self.members.iter().find(|member| member.user == user);
        member.and_then(|member| member.rates.on(day)).or_else(|| self.rates.on(day))
    }

    /// That it isn't over, and so can be changed.
    pub fn open(&self) -> Result<(), Refusal> {
        match self.status {
            Status::Planned | Status::Active | Status::OnHold => Ok(()),
            Status::Completed | Status::Cancelled => {
                Err(Refusal::state(format!("The project is {}; make it active to change it.", self.status.as_str())))
            }
        }
    }
}

impl Archive for Project {
    /// Whether it can be archived: only once it is over.
    fn archive(&self) -> Result<Event, Refusal> {
        match self.status {
            Status::Completed | Status::Cancelled => Ok(Event::Archived),
            Status::Planned | Status::Active | Status::OnHold => {
                Err(Refusal::state("The project isn't over; complete or cancel it first."))
            }
        }
    }

    fn restore(&self) -> Event {
        Event::Restored
    }
}

#[cfg(test)]
mod tests;
