//! Sweeps over every operation: what holds of all of them, shown of each. What an operation is comes from the OpenAPI
//! document of the routers, how to call it from the catalog; one that is in only one of the two fails here.

mod access;
mod answers;
mod bodies;
mod catalog;
mod document;
mod foreign;
mod policies;
mod requests;
mod routes;

/// Fail with all of `faults`, if there are any: a sweep tells of every operation that it stumbled over.
#[track_caller]
fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}
