//! What is undelivered, in the table.

use domain::{
    timer::{Timer, TimerKind},
    undelivered::Undelivered,
};

use crate::{Entity, Placement};

impl Entity for Undelivered {
    const TYPE: &'static str = "UNDELIVERED";
    type Row = Self;

    fn row(&self) -> Self {
        self.clone()
    }

    fn placement(&self) -> Placement<Self> {
        Placement {
            parent: None,
            filter: Some(self.status.as_str().to_owned()),
            parent_state: None,
            person: None,
            keeps_open: Vec::new(),
            timers: self.retry_at.map(|at| Timer { at, kind: TimerKind::MailRetry }).into_iter().collect(),
        }
    }
}
