//! Events on their way: signed, and sent until they are taken.

use aws_lc_rs::hmac;
use std::time::Duration;

use super::{StandIn, Switches, Webhook, books::Outgoing};

/// How often it is looked whether something is due.
const TICK: Duration = Duration::from_millis(100);
/// How long events are held back that are to be reordered, milliseconds.
const HELD: i64 = 1500;
/// How often an event is sent before it is given up.
const TRIES: u32 = 20;
/// The longest wait before it is sent again, milliseconds.
const LONGEST_WAIT: i64 = 60_000;

/// The `Stripe-Signature` of `body`, signed with `secret` at `at`, seconds since 1970.
pub fn sign(secret: &str, at: i64, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, &[at.to_string().as_bytes(), b".", body].concat());
    let hexadecimal: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={at},v1={hexadecimal}")
}

impl StandIn {
    /// Delivers events and lets sessions expire, for ever.
    pub(crate) async fn run(self) {
        loop {
            tokio::time::sleep(TICK).await;
            let (now, now_ms) = (self.now(), self.now_ms());
            if self.read(|books| books.sessions.values().any(|session| session.status == "open" && session.expires_at <= now)) {
                self.change(|books| books.expire(now));
            }
            let Some(webhook) = self.inner.webhook.clone() else { continue };
            let switches = self.switches().clone();
            let held = switches.delay_ms + if switches.reorder { HELD } else { 0 };
            if self.read(|books| books.outgoing.iter().any(|outgoing| outgoing.due + held <= now_ms)) {
                self.deliver(&webhook, &switches, now_ms - held).await;
            }
        }
    }

    /// Sends what was due at `until`, and keeps what isn't taken for later.
    async fn deliver(&self, webhook: &Webhook, switches: &Switches, until: i64) {
        let mut due = self.read(|books| books.outgoing.iter().filter(|outgoing| outgoing.due <= until).cloned().collect::<Vec<_>>());
        if switches.reorder {
            due.reverse();
        }
        for outgoing in due {
            let mut taken = true;
            for _ in 0..switches.copies {
                taken &= self.send(webhook, &outgoing.body).await;
            }
            let now = self.now_ms();
            // Taken off only now: what is on its way when the stack ends is sent again at the next start.
            self.change(|books| {
                books.outgoing.retain(|other| other.body != outgoing.body);
                match again(outgoing, now) {
                    Some(later) if !taken => books.outgoing.push(later),
                    Some(_) => {}
                    None => tracing::warn!("an event was sent {TRIES} times and never taken"),
                }
            });
        }
    }

    /// Sends an event; whether it was taken.
    async fn send(&self, webhook: &Webhook, body: &str) -> bool {
        let is_connected = serde_json::from_str(body).is_ok_and(|event: serde_json::Value| event.get("account").is_some());
        let (url, secret) = match is_connected {
            true => (format!("{}connect/", webhook.url), &webhook.connect_secret),
            false => (webhook.url.clone(), &webhook.secret),
        };
        let signature = sign(secret, self.now(), body.as_bytes());
        let request = self.inner.http.post(url).timeout(Duration::from_secs(20)).header("stripe-signature", signature);
        let answer = request.header("content-type", "application/json; charset=utf-8").body(body.to_owned()).send().await;
        match answer {
            Ok(answer) if answer.status().is_success() => true,
            Ok(answer) => {
                tracing::warn!(status = answer.status().as_u16(), "an event of Stripe's wasn't taken; it is sent again");
                false
            }
            Err(error) => {
                tracing::warn!(%error, "an event of Stripe's didn't arrive; it is sent again");
                false
            }
        }
    }
}

/// The same event for another time, if it wasn't sent often enough.
fn again(outgoing: Outgoing, now: i64) -> Option<Outgoing> {
    let tries = outgoing.tries + 1;
    let wait = (500_i64 << tries.min(10)).min(LONGEST_WAIT);
    (tries < TRIES).then_some(Outgoing { due: now + wait, tries, ..outgoing })
}
