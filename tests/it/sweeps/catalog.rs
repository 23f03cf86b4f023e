//! The catalog has a row for every operation of the document, and none for anything else.

use std::collections::BTreeSet;

use tests::{Document, catalog};

#[test]
fn every_operation_has_a_row_in_the_catalog_and_every_row_an_operation() {
    let documented: BTreeSet<&str> = Document::of_routers().operations.iter().map(|operation| operation.name.as_str()).collect();
    let rows: BTreeSet<&str> = catalog().iter().map(|row| row.operation).collect();
    let missing: Vec<_> = documented.difference(&rows).collect();
    let surplus: Vec<_> = rows.difference(&documented).collect();
    assert!(missing.is_empty(), "without a row in tests/support/catalog: {missing:?}");
    assert!(surplus.is_empty(), "a row in tests/support/catalog, but no operation: {surplus:?}");
}
