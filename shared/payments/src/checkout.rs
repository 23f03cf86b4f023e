//! Checkout Sessions: pages of Stripe's on which somebody pays.

use std::collections::HashMap;

use chrono::DateTime;
use domain::{
    Email, Money, Time,
    payment_account::{AccountId, PaymentMethods},
};
use stripe_checkout::{
    CheckoutSessionMode,
    checkout_session::{
        CreateCheckoutSession, CreateCheckoutSessionAllowedPaymentMethodTypes as Allowed, CreateCheckoutSessionLineItems,
        CreateCheckoutSessionLineItemsPriceData, CreateCheckoutSessionPaymentIntentData, ExpireCheckoutSession, ProductData,
    },
};
use stripe_client_core::{IdempotencyKey, RequestStrategy, StripeRequest};

use crate::{
    PaymentError, Payments,
    amount::{fee_to_stripe, to_stripe},
    within,
};

/// What is to be paid, and by whom.
#[derive(Debug, Clone)]
pub struct Order {
    /// Names this attempt to be paid: asked twice with one key, Stripe answers the same.
    pub key: String,
    /// In which account; ours, if in none.
    pub account: Option<AccountId>,
    /// In which ways alone it can be paid, if not in all that fit.
    pub methods: Option<PaymentMethods>,
    /// How much of it is ours, of what is paid into another account.
    pub fee: Option<Money>,
    /// What we call it.
    pub reference: String,
    /// What Stripe tells us with every event about the session, and with the payment.
    pub metadata: Vec<(String, String)>,
    /// How much.
    pub amount: Money,
    /// What for, as the payer reads it.
    pub description: String,
    /// The payer's address, for Stripe's form.
    pub email: Option<Email>,
    /// Where the payer goes who has paid.
    pub success_url: String,
    /// Where the payer goes who doesn't want to.
    pub cancel_url: String,
}

/// A session that can be paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Its id.
    pub session: String,
    /// Stripe's page.
    pub url: String,
    /// Until when it can be paid.
    pub expires_at: Time,
}

impl Payments {
    /// Open a Checkout Session for `order`, or find again the one that its key opened.
    pub async fn open_checkout(&self, order: &Order) -> Result<Opened, PaymentError> {
        let request = request(order)?;
        let key = IdempotencyKey::new(&order.key).map_err(|error| PaymentError::Refused(error.to_string()))?;
        let strategy = || RequestStrategy::Idempotent(key.clone());
        let session = self.send(|| within(order.account.as_ref(), request.customize()).request_strategy(strategy())).await?;
        let unusable = || PaymentError::Unavailable(format!("the session {} can't be paid", session.id));
        Ok(Opened {
            url: session.url.clone().ok_or_else(unusable)?,
            expires_at: DateTime::from_timestamp(session.expires_at, 0).ok_or_else(unusable)?,
            session: session.id.to_string(),
        })
    }

    /// Have nobody pay on the page `session` in `account`, or in our own, any more. It is refused where that was paid, is being paid
    /// or expired before.
    pub async fn expire_checkout(&self, account: Option<&AccountId>, session: &str) -> Result<(), PaymentError> {
        let request = ExpireCheckoutSession::new(session);
        let key = IdempotencyKey::new(format!("expire:{session}")).map_err(|error| PaymentError::Refused(error.to_string()))?;
        let strategy = || RequestStrategy::Idempotent(key.clone());
        self.send(|| within(account, request.customize()).request_strategy(strategy())).await?;
        Ok(())
    }
}

fn request(order: &Order) -> Result<CreateCheckoutSession, PaymentError> {
    let currency = order.amount.currency().code().to_ascii_lowercase();
    // A name of a currency is always taken: one that the library doesn't know goes as it is.
    let currency = currency.parse::<stripe_types::Currency>().unwrap_or_default();
    let price = CreateCheckoutSessionLineItemsPriceData {
        product_data: Some(ProductData::new(&order.description)),
        unit_amount: Some(to_stripe(order.amount)?),
        ..CreateCheckoutSessionLineItemsPriceData::new(currency)
    };
    let line = CreateCheckoutSessionLineItems { price_data: Some(price), quantity: Some(1), ..CreateCheckoutSessionLineItems::new() };
    let metadata: HashMap<String, String> = order.metadata.iter().cloned().collect();
    let payment = CreateCheckoutSessionPaymentIntentData {
        description: Some(order.description.clone()),
        metadata: Some(metadata.clone()),
        application_fee_amount: order.fee.and_then(fee_to_stripe),
        ..CreateCheckoutSessionPaymentIntentData::new()
    };
    let request = CreateCheckoutSession::new()
        .mode(CheckoutSessionMode::Payment)
        .client_reference_id(&order.reference)
        .line_items([line])
        .metadata(metadata)
        .payment_intent_data(payment)
        .success_url(&order.success_url)
        .cancel_url(&order.cancel_url);
    let request = match &order.email {
        Some(email) => request.customer_email(email.to_string()),
        None => request,
    };
    // A name of a way to pay is always taken, as above.
    let allowed = |methods: &PaymentMethods| methods.iter().filter_map(|method| method.as_str().parse().ok()).collect::<Vec<Allowed>>();
    Ok(match &order.methods {
        Some(methods) => request.allowed_payment_method_types(allowed(methods)),
        None => request,
    })
}
