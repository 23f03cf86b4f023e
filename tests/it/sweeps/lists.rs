//! A list shows what was made for it, by each of its filters too, and is filtered by nothing else.

use serde_json::Value;
use tests::{Answer, Firm, Given, Row, TestApp, catalog};

use super::{Part, assert_none, in_parts};

fn lists() -> impl Iterator<Item = Row> {
    catalog().into_iter().filter(|row| row.described().is_list())
}

/// What `list` answers to `query`.
async fn asked(list: &Row, firm: &Firm<'_>, given: &Given, query: &str) -> Answer {
    let path = list.described().path_of(given.named.as_deref());
    firm.app.get(format!("{path}?limit=100&{query}")).bearer(&given.by).send().await
}

/// The records on the page that is `answer`.
fn results(answer: &Answer) -> impl Iterator<Item = &Value> {
    answer.json["results"].as_array().into_iter().flatten()
}

/// The record `id` on the page that is `answer`.
fn shown<'a>(answer: &'a Answer, id: &Value) -> Option<&'a Value> {
    results(answer).find(|record| record["id"] == *id)
}

/// The values that a filter of `list` can have, where the document lists them.
fn choices<'l>(list: &'l Row, filter: &str) -> impl Iterator<Item = &'l Value> {
    let operation = list.described();
    let parameters = operation.json["parameters"].as_array().into_iter().flatten();
    let schemas = parameters.filter(move |parameter| parameter["name"] == filter).map(|parameter| operation.resolved(&parameter["schema"]));
    schemas.filter_map(|schema| schema["enum"].as_array()).flatten().collect::<Vec<_>>().into_iter()
}

/// One of the records that `list` shows, which was made for it, and, if it can show those that are archived, one of these.
struct Sample {
    listed: Value,
    archived: Option<Value>,
}

impl Sample {
    async fn of(list: &Row, firm: &Firm<'_>, given: &Given) -> Option<Self> {
        let listed = asked(list, firm, given, "").await.json["results"][0].clone();
        let restores = format!("{}{{id}}/restore/", list.described().path);
        let archived = match catalog().into_iter().find(|row| row.described().path == restores) {
            Some(restore) if list.described().filters().any(|filter| filter == "archived") => {
                let id = restore.given(firm).await.named.map(Value::from)?;
                shown(&asked(list, firm, given, "archived=true").await, &id).cloned()
            }
            _ => None,
        };
        listed.is_object().then_some(Self { listed, archived })
    }

    /// The queries by each filter of `list` that find a record of these, which one, and whether it is archived.
    fn queries<'s>(&'s self, list: &Row) -> Vec<(String, String, &'s Value)> {
        let value = |record: &Value, filter: &str| record[filter].as_str().unwrap_or("null").to_owned();
        let query = |filter: &str| match filter {
            "archived" => (filter.to_owned(), "true".to_owned(), self.archived.as_ref().unwrap_or(&Value::Null)),
            _ => (filter.to_owned(), value(&self.listed, filter), &self.listed),
        };
        list.described().filters().map(query).collect()
    }
}

in_parts!(a_list_shows_what_was_made_for_it_by_each_of_its_filters_too);
async fn a_list_shows_what_was_made_for_it_by_each_of_its_filters_too(part: Part) {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (mut faults, mut filtered) = (Vec::new(), 0);
    for list in part.of(lists()) {
        let given = list.given(&firm).await;
        let Some(sample) = Sample::of(&list, &firm, &given).await else {
            faults.push(format!("{} shows nothing of what the catalog made", list.operation));
            continue;
        };
        for (filter, value, record) in sample.queries(&list) {
            filtered += 1;
            // A filter whose value no record has would be shown by nothing: let the catalog's have one.
            let answer = asked(&list, &firm, &given, &format!("{filter}={value}")).await;
            if record.is_null() || shown(&answer, &record["id"]) != Some(record) {
                faults.push(format!("{} by {filter}={value}: {} without {record}", list.operation, answer.status));
            }
            if filter != "archived" && results(&answer).any(|record| record[&filter] != *value) {
                faults.push(format!("{} by {filter}={value} shows others", list.operation));
            }
            for other in choices(&list, &filter).filter(|other| **other != *value) {
                let others = asked(&list, &firm, &given, &format!("{filter}={}", other.as_str().unwrap())).await;
                if others.status != 200 || shown(&others, &record["id"]).is_some() {
                    faults.push(format!("{} by {filter}={other}: {} with what is {value}", list.operation, others.status));
                }
            }
            if filter == "archived" {
                let others = asked(&list, &firm, &given, "archived=false").await;
                if shown(&others, &record["id"]).is_some() || shown(&others, &sample.listed["id"]).is_none() {
                    faults.push(format!("{} by archived=false shows others", list.operation));
                }
            }
        }
    }
    assert_none(&faults);
    assert!(filtered >= 3, "only {filtered} filters were tried");
}

in_parts!(a_list_of_what_belongs_to_a_record_shows_nothing_of_another);
async fn a_list_of_what_belongs_to_a_record_shows_nothing_of_another(part: Part) {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (mut faults, mut compared) = (Vec::new(), 0);
    for list in part.of(lists().filter(|list| list.described().names_a_record())) {
        let (one, other) = (list.given(&firm).await, list.given(&firm).await);
        let (one, other) = (asked(&list, &firm, &one, "").await, asked(&list, &firm, &other, "").await);
        compared += 1;
        if results(&one).any(|record| results(&other).any(|other| other == record)) {
            faults.push(format!("{}: {:#}", list.operation, one.json));
        }
    }
    assert_none(&faults);
    assert!(compared >= 2, "only {compared} lists were compared");
}

in_parts!(a_list_is_filtered_by_nothing_else_and_by_two_things_at_once_as_its_description_says);
async fn a_list_is_filtered_by_nothing_else_and_by_two_things_at_once_as_its_description_says(part: Part) {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (mut faults, mut pairs) = (Vec::new(), 0);
    for list in part.of(lists()) {
        let given = list.given(&firm).await;
        let answer = asked(&list, &firm, &given, "colour=red").await;
        if answer.status != 400 || answer.fields() != ["colour"] {
            faults.push(format!("{} by colour: {} {}", list.operation, answer.status, answer.json));
        }
        let Some(sample) = Sample::of(&list, &firm, &given).await else { continue };
        let queries = sample.queries(&list);
        let description = list.described().json["description"].as_str().unwrap();
        let is_refused = description.replace('\n', " ").contains("at once") && description.contains("422 for");
        for (index, (first, value, record)) in queries.iter().enumerate() {
            for (second, other, of) in &queries[index + 1..] {
                pairs += 1;
                // What both hold of is found by both.
                let (record, archived) = if second == "archived" { (*of, true) } else { (*record, false) };
                let value = record[first].as_str().filter(|_| archived).unwrap_or(value);
                let answer = asked(&list, &firm, &given, &format!("{first}={value}&{second}={other}")).await;
                let good = if is_refused { answer.status == 422 } else { answer.status == 200 && shown(&answer, &record["id"]).is_some() };
                if !good {
                    faults.push(format!("{} by {first} and {second}: {} {}", list.operation, answer.status, answer.json));
                }
            }
        }
    }
    assert_none(&faults);
    assert!(pairs >= 2, "only {pairs} pairs of filters were tried");
}
