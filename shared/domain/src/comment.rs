//! Comments: what a client and the firm say to each other about a task.

use serde::{Deserialize, Serialize};

use crate::{
    MultiLine, SingleLine, Time,
    client::OfClient,
    ids::{ClientId, PortalUserId, ProjectId, TaskId, UserId},
};

crate::events! {
    Comment {
        /// Written.
        Created = "comment.created" is Creation,
        /// Somebody of the firm has read it.
        Read = "comment.read" is Change,
    }
}

/// Who wrote a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// Somebody of the firm.
    Staff(UserId),
    /// Somebody at the client.
    Client(PortalUserId),
}

impl Author {
    /// The id of the user or portal user.
    pub fn id(&self) -> String {
        match self {
            Self::Staff(user) => user.to_string(),
            Self::Client(user) => user.to_string(),
        }
    }
}

/// Who of the firm read a comment, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Who.
    pub by: UserId,
    /// When.
    pub at: Time,
}

/// What somebody said about a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comment {
    /// The client to whom the task is done.
    pub client: ClientId,
    /// The task's project.
    pub project: ProjectId,
    /// The task.
    pub task: TaskId,
    /// Who wrote it.
    pub author: Author,
    /// What they were called then.
    pub author_name: SingleLine<200>,
    /// What they wrote.
    pub comment: MultiLine<5000>,
    /// Who of the firm read it first; who wrote it, if that was somebody of the firm.
    pub read: Option<Reading>,
}

impl OfClient for Comment {
    fn client(&self) -> ClientId {
        self.client
    }
}

impl Comment {
    /// The comment once `by` has read it at `now`; nothing if somebody of the firm had before.
    pub fn mark_read(&self, by: UserId, now: Time) -> Option<(Self, Event)> {
        self.read.is_none().then(|| (Self { read: Some(Reading { by, at: now }), ..self.clone() }, Event::Read))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Id;

    #[test]
    fn who_read_a_comment_first_stays() {
        let (now, user) = (Time::default(), Id::new(Time::default(), 1));
        let comment = Comment {
            client: Id::new(now, 2),
            project: Id::new(now, 3),
            task: Id::new(now, 4),
            author: Author::Client(Id::new(now, 5)),
            author_name: SingleLine::new("Ann Lee").unwrap(),
            comment: MultiLine::new("Please update it.").unwrap(),
            read: None,
        };
        let (read, event) = comment.mark_read(user, now).unwrap();
        assert_eq!((read.read, event), (Some(Reading { by: user, at: now }), Event::Read));
        assert_eq!(read.mark_read(Id::new(now, 9), now), None);
    }
}
