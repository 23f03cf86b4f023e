//! Clients in the table.

use derive::View;
use domain::{Id, SingleLine, address::VatId, client::Client, contact::Contact, prospect::Prospect};
use serde::{Deserialize, Serialize};

use crate::{Entity, Placement};

/// What lists know of a client.
#[derive(Debug, Clone, Serialize, Deserialize, View)]
#[view(of = Client)]
pub struct ClientRow {
    /// Who it is.
    #[serde(flatten)]
    pub contact: Contact,
    /// The prospect that it was.
    pub prospect: Option<Id<Prospect>>,
    /// Its website.
    pub website: Option<SingleLine<300>>,
    /// What its business is.
    pub industry: Option<SingleLine<100>>,
    /// The number under which its tax office knows it.
    pub tax_number: Option<SingleLine<40>>,
    /// The number under which it pays value added tax.
    pub vat_id: Option<VatId>,
}

impl Entity for Client {
    const TYPE: &'static str = "CLIENT";
    const IS_GUARDED: bool = true;
    type Row = ClientRow;

    fn row(&self) -> Self::Row {
        self.into()
    }

    fn placement(&self) -> Placement<Self> {
        Placement::nowhere()
    }
}
