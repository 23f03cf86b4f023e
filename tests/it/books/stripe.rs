//! What clients and their banks do at Stripe, and when the firm hears of it.

use local::stripe::Action;
use rand::{RngExt, seq::SliceRandom};

use super::{Bill, Session, World, operations::minor};

impl World<'_, '_> {
    /// Somebody at the client opens the page on which an invoice can be paid.
    pub(super) async fn open_page(&mut self) {
        let Some(Bill { id: invoice, client, currency, .. }) = self.invoice(&["sent", "uncollectible"]) else { return };
        let portal = self.clients[client].portal.clone();
        let path = format!("/api/clients/invoices/{invoice}/");
        let shown = portal.get(&path).await;
        let answer = portal.get(format!("{path}payment-link/")).await;
        let Some(link) = self.did("payment link", answer) else { return };
        let id = link.text("/url").trim_end_matches('/').rsplit('/').next().unwrap().to_owned();
        if self.sessions.iter().all(|session| session.id != id) {
            self.sessions.push(Session { id, currency, minor: minor(&shown, "/amount_due"), paid: false });
        }
    }

    /// A button is pressed, if it is one that fits.
    pub(super) async fn press(&mut self) {
        use Action::{Arrive, Bounce, Dispute, Expire, Lose, Pay, PayLater, Refund, Win};
        let Some(session) = Self::one(&mut self.random, &self.sessions, |_| true) else { return };
        let part = self.random.random_range(1..=session.minor);
        let action = match (session.paid, self.random.random_range(0..12)) {
            (false, 0..7) => Pay,
            (false, 7..9) => PayLater,
            (false, 9) => Arrive,
            (false, 10) => Bounce,
            (false, _) => Expire,
            (true, 0..4) => Refund(Some(part)),
            (true, 4) => Refund(None),
            (true, 5..9) => Dispute,
            (true, 9) => Win,
            (true, _) => Lose,
        };
        let done = self.firm.app.stand_in.press(&session.id, action).is_ok();
        let name = match action {
            Pay => "pay",
            PayLater => "pay later",
            Arrive => "arrive",
            Bounce => "bounce",
            Expire => "expire",
            Refund(_) => "refund",
            Dispute => "dispute",
            Win => "win",
            Lose => "lose",
        };
        self.done.entry(name).or_default()[usize::from(!done)] += 1;
        if done && matches!(action, Pay | Arrive) {
            *self.received.entry(session.currency).or_default() += session.minor;
            self.sessions.iter_mut().filter(|other| other.id == session.id).for_each(|session| session.paid = true);
        }
    }

    /// What Stripe has to tell is applied, in any order, some of it twice.
    pub(super) async fn hear_stripe(&mut self) {
        let mut events = self.firm.app.stand_in.take_events();
        let twice: Vec<_> = events.iter().filter(|_| self.random.random_bool(0.3)).cloned().collect();
        events.extend(twice);
        events.shuffle(&mut self.random);
        for batch in events.chunks(10) {
            self.firm.app.apply_stripe(batch).await;
        }
    }

    /// Nothing is on its way any more: neither from Stripe nor in the stream.
    pub(super) async fn settle_all(&mut self) {
        self.hear_stripe().await;
        self.firm.app.deliver().await;
        // Pages that can't stay as they are.
        assert_eq!(self.firm.app.stripe.deliver_to(&self.firm.app.stripe_events()).await, 0);
        self.hear_stripe().await;
        self.firm.app.deliver().await;
    }
}
