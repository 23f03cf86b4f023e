//! What becomes of firms' accounts at Stripe: how each stands is asked after its record was read, and written only if nobody wrote that
//! meanwhile; so events may come late, twice and in any order.

use domain::{
    Time,
    ids::{FirmId, InvoiceId, PaymentAccountId},
    invoice::Invoice,
    payment_account::{self, AccountId, LeaveAccount, PaymentAccount},
};
use payments::PaymentError;
use store::{Cursor, ListScope, PageRequest, Record, Reply, retry_if_lost};

use crate::{Applying, Failed, InvoiceRef, apply::applied};

/// In which states an invoice can be paid, as lists know them.
const PAYABLE: [&str; 3] = ["sent", "overdue", "uncollectible"];
/// How many invoices are read at once: each may have 180 kB.
const AT_ONCE: u16 = 25;

impl Applying<'_> {
    /// Write down how `account` stands now, as the event `event` gives reason to.
    pub(crate) async fn restate(&self, event: &str, account: &AccountId) -> Result<(), Failed> {
        applied(retry_if_lost(async || self.restate_once(event, account).await).await)
    }

    /// Write down that `account` isn't connected any more, as the event `event` tells.
    pub(crate) async fn deauthorize(&self, event: &str, account: &AccountId) -> Result<(), Failed> {
        applied(retry_if_lost(async || self.deauthorize_once(event, account).await).await)
    }

    async fn restate_once(&self, event: &str, account: &AccountId) -> Result<(), Failed> {
        let Some((firm, record)) = self.unseen(event, account).await? else { return Ok(()) };
        if record.account != *account || record.ended.is_some() {
            return Ok(());
        }
        let changed = match self.payments.account(account).await {
            Ok(standing) => record.restate(account, standing),
            Err(PaymentError::AccountLost(_)) => record.deauthorize(account, self.clock.now()),
            Err(error) => return Err(error.into()),
        };
        self.write(event, firm, &record, changed).await
    }

    async fn deauthorize_once(&self, event: &str, account: &AccountId) -> Result<(), Failed> {
        let Some((firm, record)) = self.unseen(event, account).await? else { return Ok(()) };
        if record.account != *account {
            // Another has taken its place, but what is on its way there isn't waited for any more either.
            return self.leave(&LeaveAccount { firm, leave_account: account.clone(), lost: true }).await;
        }
        let changed = record.deauthorize(account, self.clock.now());
        self.write(event, firm, &record, changed).await
    }

    /// The firm whose `account` is, and its record; none if it is nobody's that we know, or the event `event` was applied before.
    async fn unseen(&self, event: &str, account: &AccountId) -> Result<Option<(FirmId, Record<PaymentAccount>)>, Failed> {
        let Some(firm) = self.store.firm_of_account(account).await? else {
            tracing::info!(event, account = &**account, "is of nobody's account");
            return Ok(None);
        };
        let id = PaymentAccountId::of_firm(firm);
        let found = self.store.read(firm).record(id).seen(event).fetch().await?;
        let record = found.maybe(id)?.filter(|_| !found.seen(event));
        Ok(record.map(|record| (firm, record)))
    }

    async fn write(
        &self,
        event: &str,
        firm: FirmId,
        before: &Record<PaymentAccount>,
        changed: Option<(PaymentAccount, payment_account::Event)>,
    ) -> Result<(), Failed> {
        let Some(changed) = changed else { return Ok(()) };
        let mut change = self.change(event, firm, self.clock.now())?;
        change.update(before, changed)?;
        Ok(change.commit(&Reply::none()).await?)
    }

    /// See to it that nothing is paid any more in an account that isn't the firm's: its pages are expired there; where nothing more is
    /// heard of it, they are gone for us, and what is on its way there isn't waited for. What isn't done in time comes back, and goes on.
    pub(crate) async fn leave(&self, order: &LeaveAccount) -> Result<(), Failed> {
        for state in PAYABLE {
            let mut cursor: Option<Cursor> = None;
            loop {
                let page = PageRequest { limit: AT_ONCE, ascending: true, cursor };
                let page = self.store.list::<Invoice>(order.firm, &ListScope::State(state), &page).await?;
                self.leave_invoices(order, page.items.iter().map(|row| row.id).collect()).await?;
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
        }
        Ok(())
    }

    async fn leave_invoices(&self, order: &LeaveAccount, ids: Vec<InvoiceId>) -> Result<(), Failed> {
        if ids.is_empty() {
            return Ok(());
        }
        let found = ids.iter().fold(self.store.read(order.firm), |read, id| read.record(*id)).fetch().await?;
        for id in ids {
            let Some(invoice) = found.maybe(id)? else { continue };
            if invoice.open_in(&order.leave_account).next().is_some() || invoice.lose_account(&order.leave_account).is_some() {
                retry_if_lost(async || self.leave_once(order, id).await).await?;
            }
        }
        Ok(())
    }

    async fn leave_once(&self, order: &LeaveAccount, id: InvoiceId) -> Result<(), Failed> {
        let invoice = self.store.read(order.firm).record(id).fetch().await?.record(id)?;
        let target = InvoiceRef { firm: order.firm, invoice: id };
        if !order.lost {
            let pages: Vec<_> = invoice.open_in(&order.leave_account).collect();
            return self.expire_pages(target, &invoice, &pages).await;
        }
        let Some(lost) = invoice.lose_account(&order.leave_account) else { return Ok(()) };
        let now: Time = self.clock.now();
        let mut change = self.begin(&format!("leave/{id}/{}", invoice.version), order.firm, now);
        change.update(&invoice, lost)?;
        Ok(change.commit(&Reply::none()).await?)
    }
}
