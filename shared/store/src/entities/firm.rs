//! Firms in the table.

use domain::{
    firm::{Firm, Unconfirmed},
    timer::{Timer, TimerKind},
};

use crate::{Entity, Placement};

impl Entity for Firm {
    const TYPE: &'static str = "FIRM";
    type Row = Self;

    fn row(&self) -> Self {
        self.clone()
    }

    fn placement(&self) -> Placement<Self> {
        let timer = |unconfirmed: Unconfirmed| Timer { at: unconfirmed.until, kind: TimerKind::FirmUnconfirmed };
        let timers = self.unconfirmed.filter(|_| self.closed_at.is_none()).map(timer).into_iter().collect();
        Placement { timers, ..Placement::nowhere() }
    }
}
