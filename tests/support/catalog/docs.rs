//! Health, and the documentation.

use super::{Given, Row, row};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("show_health", async |_| Given::nothing()).reads(0),
        row("show_openapi", async |_| Given::nothing()).reads(0),
        row("show_docs", async |_| Given::nothing()).reads(0),
        row("show_docs_asset", async |_| Given::named("swagger-ui.css")).reads(0),
    ]
}
