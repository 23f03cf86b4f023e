//! Clients, as callers see them.

use chrono::{DateTime, Utc};
use domain::{
    Email, SingleLine,
    address::{Address, VatId},
    client::Client,
    ids::{ClientId, ProspectId},
};
use serde::Serialize;

use utoipa::ToSchema;

use crate::ContactOut;
use api::{Listed, View};

/// A client, in lists.
#[derive(Debug, Serialize, ToSchema, View)]
#[view(row = Client)]
pub struct ClientSummary {
    id: ClientId,
    #[serde(flatten)]
    #[view((&it.contact).into())]
    contact: ContactOut,
    /// The prospect that it was.
    prospect: Option<ProspectId>,
    website: Option<SingleLine<300>>,
    industry: Option<SingleLine<100>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A client.
#[derive(Debug, Serialize, ToSchema, View)]
#[schema(as = Client)]
#[view(record = Client, path = "/api/clients/clients/")]
pub struct ClientOut {
    #[serde(flatten)]
    #[view(Listed::listed(&it.row(), now))]
    summary: ClientSummary,
    /// Where it is.
    address: Option<Address>,
    /// The number under which its tax office knows it.
    tax_number: Option<SingleLine<40>>,
    /// The number under which it pays value added tax.
    vat_id: Option<VatId>,
    /// Where its invoices, reminders, receipts and credit notes are mailed, in place of `email`.
    billing_email: Option<Email>,
    /// Who gets a copy of these.
    #[view(it.cc.to_vec())]
    cc: Vec<Email>,
    /// Whether it is reminded of none of its invoices by itself: reminders whose day comes meanwhile are passed over.
    reminders_paused: bool,
    /// When it was archived.
    archived_at: Option<DateTime<Utc>>,
}
