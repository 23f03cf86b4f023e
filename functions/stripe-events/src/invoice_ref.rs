//! The invoice that an event is about, as its order said: see the portal's payment links.

use std::{collections::BTreeMap, str::FromStr};

use domain::{Id, firm::Firm, ids::InvoiceId};

/// The event names no invoice of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnknownInvoice {
    /// Its order wasn't ours.
    #[error("is of no {0} of ours")]
    Unnamed(&'static str),
    /// There is no such invoice.
    #[error("is of the invoice {invoice} of {firm}, which isn't there", invoice = .0.invoice, firm = .0.firm)]
    Unknown(InvoiceRef),
}

/// An invoice, and the firm that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InvoiceRef {
    pub(crate) firm: Id<Firm>,
    pub(crate) invoice: InvoiceId,
}

impl InvoiceRef {
    /// The invoice that `metadata` names.
    pub(crate) fn named(metadata: &BTreeMap<String, String>) -> Result<Self, UnknownInvoice> {
        Ok(Self { firm: id(metadata, "firm")?, invoice: id(metadata, "invoice")? })
    }
}

fn id<T: FromStr>(metadata: &BTreeMap<String, String>, name: &'static str) -> Result<T, UnknownInvoice> {
    metadata.get(name).and_then(|id| id.parse().ok()).ok_or(UnknownInvoice::Unnamed(name))
}
