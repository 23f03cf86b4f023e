//! Stripe's objects as its API shows them, with all that its own libraries insist on.

use serde_json::{Value, json};

use super::{
    books::{Dispute, Payment, Refund, Session},
    connected::{CAPABILITIES, Connected},
};

/// The version of Stripe's API that is stood in for.
pub(super) const API_VERSION: &str = "2026-09-30.endive";

/// A session; `page` is where it can be paid.
pub(super) fn session(session: &Session, page: Option<String>) -> Value {
    let Session { id, created, expires_at, amount, currency, status, payment_status, .. } = session;
    json!({
        "id": id, "object": "checkout.session", "amount_subtotal": amount, "amount_total": amount,
        "automatic_tax": { "enabled": false, "liability": null, "status": null }, "cancel_url": session.cancel_url,
        "client_reference_id": session.reference, "created": created, "currency": currency, "custom_fields": [], "custom_text": {},
        "customer": null, "customer_email": session.email, "expires_at": expires_at, "livemode": false, "metadata": session.metadata,
        "mode": "payment", "payment_intent": session.payment, "payment_method_types": ["card"], "payment_status": payment_status,
        "shipping_options": [], "status": status, "success_url": session.success_url,
        "url": page.filter(|_| status == "open"),
    })
}

/// A payment; `whole` with its charge, else with the charge's id.
pub(super) fn payment(payment: &Payment, whole: bool) -> Value {
    let Payment { id, amount, currency, created, status, metadata, .. } = payment;
    let succeeded = status == "succeeded";
    let charge = match (succeeded, whole) {
        (false, _) => Value::Null,
        (true, false) => payment.charge.clone().into(),
        (true, true) => charge(payment),
    };
    json!({
        "id": id, "object": "payment_intent", "amount": amount, "amount_capturable": 0,
        "amount_received": if succeeded { *amount } else { 0 }, "capture_method": "automatic", "confirmation_method": "automatic",
        "application_fee_amount": payment.fee,
        "created": created, "currency": currency, "description": payment.description, "latest_charge": charge, "livemode": false,
        "metadata": metadata, "payment_method_types": ["card"], "status": status,
    })
}

pub(super) fn charge(payment: &Payment) -> Value {
    let Payment { id, charge, amount, currency, created, metadata, .. } = payment;
    json!({
        "id": charge, "object": "charge", "amount": amount, "amount_captured": amount, "amount_refunded": payment.refunded(),
        "billing_details": { "address": null, "email": null, "name": null, "phone": null, "tax_id": null }, "captured": true,
        "created": created, "currency": currency, "description": payment.description, "disputed": payment.dispute.is_some(),
        "livemode": false, "metadata": metadata, "paid": true, "payment_intent": id, "refunded": payment.left() == 0,
        "status": "succeeded",
    })
}

pub(super) fn refund(payment: &Payment, refund: &Refund) -> Value {
    json!({
        "id": refund.id, "object": "refund", "amount": refund.amount, "charge": payment.charge, "created": refund.created,
        "currency": payment.currency, "metadata": {}, "payment_intent": payment.id, "reason": null, "status": "succeeded",
    })
}

pub(super) fn dispute(payment: &Payment, dispute: &Dispute) -> Value {
    json!({
        "id": dispute.id, "object": "dispute", "amount": payment.amount, "balance_transactions": [], "charge": payment.charge,
        "created": dispute.created, "currency": payment.currency, "enhanced_eligibility_types": [],
        "evidence": { "enhanced_evidence": {} },
        "evidence_details": { "due_by": null, "enhanced_eligibility": {}, "has_evidence": false, "past_due": false, "submission_count": 0 },
        "is_charge_refundable": false, "livemode": false, "metadata": {}, "payment_intent": payment.id, "reason": "general",
        "status": dispute.status,
    })
}

/// An account that is connected to ours.
pub(super) fn account(account: &Connected) -> Value {
    let Connected { id, created, country, metadata, details_submitted, charges_enabled, payouts_enabled, .. } = account;
    let state = if *charges_enabled { "active" } else { "inactive" };
    let capabilities: serde_json::Map<String, Value> = CAPABILITIES.iter().map(|name| ((*name).to_owned(), state.into())).collect();
    json!({
        "id": id, "object": "account", "business_profile": null, "capabilities": capabilities, "charges_enabled": charges_enabled,
        "country": country, "created": created, "default_currency": "usd", "details_submitted": details_submitted, "email": null,
        "metadata": metadata, "payouts_enabled": payouts_enabled, "type": "standard",
        "requirements": {
            "alternatives": [], "currently_due": account.currently_due, "current_deadline": account.due_at,
            "disabled_reason": account.disabled_reason, "errors": [], "eventually_due": account.currently_due,
            "past_due": account.past_due, "pending_verification": [],
        },
    })
}

/// Several of them.
pub(super) fn list(url: &str, data: Vec<Value>) -> Value {
    json!({ "object": "list", "url": url, "has_more": false, "data": data })
}
