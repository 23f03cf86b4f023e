//! What a function's policy allows is what its code does to the table, no less and no more.

use std::collections::{BTreeMap, BTreeSet};

use tests::{TestApp, catalog};

use super::assert_none;

#[tokio::test]
async fn every_function_is_allowed_just_what_it_does_to_the_table() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let mut done: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in catalog() {
        let given = row.given(&firm).await;
        app.meter.take();
        row.rightful(&firm, &given).send().await;
        let operation = row.described();
        let route = app.template.route(operation.method.as_str(), &operation.path_of(given.named.as_deref())).unwrap();
        let actions = app.meter.take().into_iter().flat_map(|call| call.actions);
        done.entry(route.function.clone()).or_default().extend(actions);
    }
    let mut faults = Vec::new();
    for function in app.template.functions.iter().filter(|function| app.template.routes.iter().any(|route| route.function == function.name))
    {
        let allowed: BTreeSet<_> = function.allowed.iter().filter(|action| action.starts_with("dynamodb:")).cloned().collect();
        let mut done = done.remove(&function.name).unwrap_or_default();
        // Who reads on behalf of a caller leases requests of their quota, but not with every request.
        if done.iter().any(|action| action != "dynamodb:UpdateItem") {
            done.insert("dynamodb:UpdateItem".to_owned());
        }
        faults.extend(done.difference(&allowed).map(|action| format!("{} does {action}, which its policy doesn't allow", function.name)));
        faults.extend(allowed.difference(&done).map(|action| format!("{} never does {action}, which its policy allows", function.name)));
    }
    assert_none(&faults);
}
