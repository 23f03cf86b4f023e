//! Clients in the table.

use domain::client::Client;

use crate::Entity;

impl Entity for Client {
    const TYPE: &'static str = "CLIENT";
    const DETAIL: &'static [&'static str] = &["address"];
}
