//! Sweeps over every operation: what holds of all of them, shown of each. What an operation is comes from the OpenAPI
//! document of the routers, how to call it from the catalog; one that is in only one of the two fails here.

mod catalog;
mod document;
