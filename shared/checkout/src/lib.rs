//! A page of Stripe's on which all that is due on an invoice can be paid, for who is signed in at the client and for whoever has
//! the invoice's link. It is in the firm's own account, or in the installation's, as the installation takes payments.
//!
//! The attempt is stored before Stripe is asked, and Stripe is asked with the attempt's key: whatever gets lost on the
//! way, the next call goes on with the same attempt, and there is one page. While it is open, it is given out again. So it
//! needs no idempotency key, and nothing is kept under one: the page of yesterday may be closed. Deliberately absent: who may
//! pay, and that the invoice is theirs, which the callers look at.

use std::sync::Arc;

use api::{Answer, Cx, Problem};
use chrono::{DateTime, Utc};
use domain::{
    Email, Refusal,
    ids::{FirmId, InvoiceId, PaymentAccountId},
    invoice::{Checkout, Invoice, Link},
    payment_account::{PaymentAccount, Taking},
};
use payments::{Opened, Order, PaymentError, Payments};
use secrets::Kept;
use serde::Serialize;
use store::{Change, Record, Reply};
use utoipa::ToSchema;

/// Why nothing can be paid in an account that isn't connected any more.
const GONE: &str = "The firm takes no payments online for now: its account at Stripe isn't connected any more.";

/// Where an invoice can be paid.
#[derive(Debug, Serialize, ToSchema)]
pub struct PaymentLink {
    /// A page of Stripe's.
    url: String,
    /// Until when; ask again then.
    expires_at: Option<DateTime<Utc>>,
}

/// Who pays, and where they come from.
#[derive(Debug)]
pub struct Payer {
    /// Whose invoice it is.
    pub firm: FirmId,
    /// By which of the invoice's links they come; none, if they are signed in.
    pub link: Option<u32>,
    /// Their address, for Stripe's form, if it may be shown to them.
    pub email: Option<Email>,
    /// The page of the web app that they come from, and go back to.
    pub page: String,
}

/// What payments are taken with.
#[derive(Debug, Clone)]
pub struct Till {
    /// Our account at Stripe, through which others' are reached.
    pub payments: Kept<Payments>,
    /// Into whose account they go.
    pub taking: Taking,
}

/// An invoice, and the account of the firm that it is to be paid into, if the firm has one.
#[derive(Debug)]
pub struct Payable {
    /// The invoice.
    pub invoice: Record<Invoice>,
    /// The account.
    pub account: Option<Record<PaymentAccount>>,
}

impl Payable {
    /// Read them. A firm's invoice that isn't there is 404.
    pub async fn read(cx: &Cx, firm: FirmId, invoice: InvoiceId) -> Result<Self, Problem> {
        let account = PaymentAccountId::of_firm(firm);
        let found = cx.store.read(firm).record(invoice).record(account).fetch().await?;
        Ok(Self { invoice: found.record(invoice)?, account: found.maybe(account)? })
    }
}

/// The page on which `payer` can pay what is due; what it takes to open it is written by changes that `begin` begins.
pub async fn open(
    cx: &Cx,
    till: &Till,
    payer: Payer,
    Payable { invoice, account }: Payable,
    begin: impl Fn() -> Change,
) -> Result<Answer<PaymentLink>, Problem> {
    let terms = match till.taking.terms(account.as_deref(), invoice.currency) {
        Ok(terms) => terms,
        Err(refusal) => {
            // The firm is told, once.
            if let Some(unavailable) = invoice.checkout_unavailable(cx.now) {
                let mut change = begin();
                change.update(&invoice, unavailable)?;
                change.commit(&Reply::none()).await?;
            }
            return Err(refusal.into());
        }
    };
    let payments = async || till.payments.get(cx.now).await.map_err(Problem::unavailable);
    let (payments, invoice, checkout) = match invoice.prepare_checkout(payer.link, &terms, cx.now)? {
        Link::Open(checkout) => return answer(cx, checkout.url.unwrap_or_default(), checkout.expires_at),
        Link::Prepared(checkout) => (payments().await?, invoice, checkout),
        Link::New(prepared, checkout) => {
            let payments = payments().await?;
            let mut change = begin();
            let invoice = change.update(&invoice, *prepared)?;
            change.commit(&Reply::none()).await?;
            (payments, invoice, checkout)
        }
    };
    let opened = ask(cx, &till.payments, &payments, &order(payer, &invoice, &checkout)).await?;
    if let Some(changed) = invoice.checkout_opened(checkout.attempt, &opened.session, &opened.url, opened.expires_at) {
        let mut change = begin();
        change.update(&invoice, changed)?;
        change.commit(&Reply::none()).await?;
    }
    answer(cx, opened.url, Some(opened.expires_at))
}

/// The page for `order`. A key that Stripe doesn't take is read again.
async fn ask(cx: &Cx, account: &Kept<Payments>, payments: &Arc<Payments>, order: &Order) -> Result<Opened, Problem> {
    let opened = match payments.open_checkout(order).await {
        Err(PaymentError::KeyRefused(why)) => match account.again(payments, cx.now).await {
            Some(payments) => payments.open_checkout(order).await,
            None => Err(PaymentError::KeyRefused(why)),
        },
        opened => opened,
    };
    opened.map_err(|error| match error {
        PaymentError::Unavailable(_) | PaymentError::KeyRefused(_) => Problem::unavailable(error),
        // Before Stripe told us so.
        PaymentError::AccountLost(_) => Refusal::unpayable(GONE).into(),
        PaymentError::Refused(why) => Problem::conflict(why),
    })
}

fn answer(cx: &Cx, url: String, expires_at: Option<DateTime<Utc>>) -> Result<Answer<PaymentLink>, Problem> {
    cx.json(&PaymentLink { url, expires_at })
}

/// What Stripe is asked for: the attempt `checkout` to pay `invoice`. It is the same whenever it is asked for again.
fn order(Payer { firm, email, page, .. }: Payer, invoice: &Record<Invoice>, checkout: &Checkout) -> Order {
    let metadata = [("firm", firm.to_string()), ("invoice", invoice.id.to_string()), ("attempt", checkout.attempt.to_string())];
    Order {
        key: checkout.key(invoice.id),
        account: checkout.account.clone(),
        methods: checkout.methods.clone(),
        fee: checkout.fee,
        reference: invoice.id.to_string(),
        metadata: metadata.map(|(name, value)| (name.to_owned(), value)).into(),
        amount: checkout.amount,
        description: format!("Invoice {}", invoice.label().unwrap_or_default()),
        email,
        success_url: format!("{page}?paid=1"),
        cancel_url: page,
    }
}
