//! The document that `docs` serves is that of the routers, and good enough to make a client from.
//!
//! To renew `functions/docs/openapi.json` after a change of a route or a wire type:
//! `UPDATE=1 cargo test -p tests --test it openapi`

use std::{fs, path::Path};

use tests::Document;

#[test]
fn the_openapi_document_that_is_served_is_the_routers_own() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions/docs/openapi.json");
    let made = format!("{:#}\n", Document::of_routers().json);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &made).unwrap();
    }
    let served = fs::read_to_string(&path).unwrap();
    let line = made.lines().zip(served.lines()).position(|(made, served)| made != served);
    assert!(
        made == served,
        "functions/docs/openapi.json is stale from line {} on; renew it: UPDATE=1 cargo test -p tests --test it openapi",
        line.unwrap_or_else(|| made.lines().count().min(served.lines().count())) + 1,
    );
}
