//! Of every good answer the document shows an example, which is what the operation answers to the catalog's call.

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde_json::Value;
use tests::{Document, TestApp, answers, catalog, example, excerpt};

use super::assert_none;

/// The operation whose answer is the document itself.
const ITSELF: &str = "show_openapi";

/// The examples of a document, by the operation and the status.
type Examples = BTreeMap<(String, String), Value>;

fn path() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../functions/docs/openapi.json"))
}

/// The document that `docs` serves.
pub(super) fn served() -> Value {
    serde_json::from_str(&fs::read_to_string(path()).unwrap()).unwrap()
}

/// Make the document anew that `docs` serves: the routers' own, and what all operations answer now.
pub(super) async fn renew() {
    fs::write(path(), format!("{:#}\n", exemplified(Document::of_routers().json.clone()).await)).unwrap();
}

/// The `document`, with examples.
async fn exemplified(mut document: Value) -> Value {
    let app = TestApp::unlimited().await;
    let mut examples = Examples::new();
    for row in catalog().into_iter().filter(|row| row.operation != ITSELF) {
        for answer in answers(&app, &row).await {
            let of = (row.operation.to_owned(), answer.status.as_u16().to_string());
            example(&answer).map(|example| examples.entry(of).or_insert(example));
        }
    }
    place(&mut document, &examples);
    let itself = Examples::from([((ITSELF.to_owned(), "200".to_owned()), excerpt(&document))]);
    place(&mut document, &itself);
    document
}

fn place(document: &mut Value, examples: &Examples) {
    for (of, content) in contents(document) {
        if let Some(example) = examples.get(&of) {
            content["example"] = example.clone();
        }
    }
}

/// Take the examples out of `document`.
pub(super) fn taken_from(document: &mut Value) -> Examples {
    contents(document).filter_map(|(of, content)| Some((of, content.as_object_mut()?.remove("example")?))).collect()
}

/// What `document` says of the good answers that are JSON, by the operation and the status: where the examples are.
fn contents(document: &mut Value) -> impl Iterator<Item = ((String, String), &mut Value)> {
    let paths = document["paths"].as_object_mut().unwrap();
    paths.values_mut().flat_map(|path| path.as_object_mut().unwrap().values_mut()).flat_map(|operation| {
        let name = operation["operationId"].as_str().unwrap().to_owned();
        let good = operation["responses"].as_object_mut().unwrap().iter_mut().filter(|(status, _)| status.starts_with('2'));
        let json = good.filter_map(|(status, answer)| Some((status, answer.pointer_mut("/content/application~1json")?)));
        json.map(move |(status, content)| ((name.clone(), status.clone()), content))
    })
}

/// Where `shown`, of the document that is served, isn't `real` first.
pub(super) fn difference(shown: &Value, real: &Value) -> Option<String> {
    let (shown, real) = (format!("{shown:#}\n."), format!("{real:#}\n."));
    let (line, (shown, real)) = shown.lines().zip(real.lines()).enumerate().find(|(_, (shown, real))| shown != real)?;
    let [shown, real] = [shown, real].map(|text| text.trim().trim_end_matches(','));
    Some(format!("is stale in line {}: `{shown}`, not `{real}`; renew it: UPDATE=1 cargo test -p tests --test it openapi", line + 1))
}

#[test]
fn every_good_answer_has_an_example_that_is_as_its_schema_says() {
    let mut document = served();
    let examples = taken_from(&mut document);
    let mut faults = Vec::new();
    for (of, content) in contents(&mut document) {
        match examples.get(&of) {
            Some(example) => {
                let broken = Document::of_routers().operation(&of.0).faults(&content["schema"], example);
                faults.extend(broken.into_iter().map(|fault| format!("{of:?}: {fault}")));
            }
            None => faults.push(format!("{of:?}: no example")),
        }
    }
    assert_none(&faults);
}
