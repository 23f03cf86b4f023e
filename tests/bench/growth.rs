//! Reading from a table that has grown. Copies of a real lead are put into the table past the API, with ids of their
//! own and without events, which no read of a lead sees.

use domain::{Id, Time, lead::Lead};
use dynoxide::{ImportOptions, types::Item};
use serde_json::{Value, json};

use crate::{
    cpu::per_call,
    kinds::{Answers, Request, lead},
    product::Product,
    report::{Report, Target},
};

/// How many leads the small table has.
const SMALL: usize = 2_000;
/// How often both tables are read in turn, and how many calls that is each time. The least time of all turns counts: it
/// is the one in which others disturbed least.
const TURNS: usize = 6;
const CALLS: usize = 500;
/// How many leads are put at a time.
const AT_A_TIME: usize = 1_000;

/// Measure and print.
pub(crate) async fn measure(report: &mut Report) {
    let large = std::env::var("BENCH_LEADS").map_or(200_000, |leads| leads.parse().unwrap());
    let tables = [grown(SMALL).await, grown(large).await];
    let mut least = [[f64::INFINITY; 2]; 2];
    for _ in 0..TURNS {
        for ((product, leads), least) in tables.iter().zip(&mut least) {
            let id = lead_id(leads / 2);
            let paths = [format!("/api/crm/leads/{id}/"), format!("/api/crm/leads/?cursor=1a{id}")];
            for (path, least) in paths.iter().zip(least) {
                let event = product.event(&Request::get(path));
                *least = least.min(per_call(product, &vec![event; CALLS]).await);
            }
        }
    }
    let [before, after] = least;
    report.part(&format!("CPU per read, from {SMALL} to {large} leads in one firm"));
    for (what, before, after) in [("get a lead", before[0], after[0]), ("list 50 leads", before[1], after[1])] {
        report.row(&format!("{what}: {before:.3} ms, then {after:.3} ms"), after / before, "×", Target::AtMost(1.2));
    }
}

/// A firm with so many leads.
async fn grown(leads: usize) -> (Product, usize) {
    let product = Product::new().await;
    let id = product.id(lead(0)).await;
    load(&product, &item(&product, &id), 1..leads);
    (product, leads)
}

fn lead_id(n: usize) -> Id<Lead> {
    let millis = 1_763_800_000_000 + i64::try_from(n).unwrap();
    Id::new(Time::from_timestamp_millis(millis).unwrap(), 1)
}

/// The lead `id` as it is stored.
fn item(product: &Product, id: &str) -> Value {
    let request = json!({"TableName": product.template.table.name, "FilterExpression": "by_type_sk = :id AND sk = :header",
        "ExpressionAttributeValues": {":id": {"S": id}, ":header": {"S": "@"}}});
    let found = product.dynamo.database().scan(serde_json::from_value(request).unwrap()).unwrap();
    serde_json::to_value(found).unwrap()["Items"][0].clone()
}

fn load(product: &Product, model: &Value, numbers: std::ops::Range<usize>) {
    let known = model["by_type_sk"]["S"].as_str().unwrap();
    let text = model.to_string();
    let numbers: Vec<_> = numbers.collect();
    for batch in numbers.chunks(AT_A_TIME) {
        let copy = |n: &usize| -> Item { serde_json::from_str(&text.replace(known, &lead_id(*n).to_string())).unwrap() };
        let items = batch.iter().map(copy).collect();
        product.dynamo.database().import_items(&product.template.table.name, items, ImportOptions::default()).unwrap();
    }
}
