//! The sums beside projects and tasks, which follow time entries by the table's stream.

use projections::{Projections, handle};
use rand::seq::SliceRandom;
use serde_json::{Value, json};
use store::Rebuilt;
use tests::{Firm, TestApp};

use crate::{
    projects::{budget, project},
    steps::day,
    tasks::task,
};

/// Twelve entries of a project and two of its tasks, some of which are changed, moved and deleted.
async fn worked(app: &TestApp, firm: &Firm<'_>) -> (String, [String; 2]) {
    let project = project(firm, json!({"hourly_rate": "100"})).await.id();
    let tasks = [task(firm, &project, json!({})).await.id(), task(firm, &project, json!({})).await.id()];
    for place in 0..12_usize {
        let body = json!({"project": project, "task": tasks[place % 2], "hours": "1.5", "date": day(app, 0)});
        let entry = firm.owner.post("/api/projects/time-entries/", body).await.expect(201).id();
        let path = format!("/api/projects/time-entries/{entry}/");
        if place % 3 == 0 {
            firm.owner.patch(&path, json!({"hours": "2", "task": tasks[(place + 1) % 2]})).await.expect(200);
        }
        if place % 4 == 1 {
            firm.owner.delete(&path).await.expect(204);
        }
    }
    (project, tasks)
}

async fn stand(firm: &Firm<'_>, (project, tasks): &(String, [String; 2])) -> Vec<String> {
    let shown = firm.owner.get(format!("/api/projects/projects/{project}/")).await.expect(200);
    let mut sums: Vec<String> = budget(&shown)[..2].iter().map(|sum| sum.unwrap().to_owned()).collect();
    for task in tasks {
        sums.push(firm.owner.get(format!("/api/projects/tasks/{task}/")).await.expect(200).text("/logged_hours"));
    }
    sums
}

/// What [`worked`] comes to: of the twelve, the second, sixth and tenth are gone (the tenth was changed before); the first,
/// fourth and seventh have two hours, on the other task.
const RIGHT: [&str; 4] = ["15.00", "1500.00", "8.00", "7.00"];

fn projections(app: &TestApp) -> Projections {
    Projections { store: app.store.clone(), clock: app.clock.clone() }
}

#[tokio::test]
async fn an_entry_counts_once_however_often_late_and_shuffled_the_stream_tells_of_it() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let work = worked(&app, &firm).await;
    assert_eq!(stand(&firm, &work).await, ["0.00", "0.00", "0.00", "0.00"], "nobody who logs time writes sums");
    let (first, second) = (projections(&app), projections(&app));
    let trigger = app.stream_trigger("projections");
    let records = app.dynamo.stream().after(None).unwrap();
    let mut records: Vec<Value> =
        records.into_iter().filter(|record| trigger.filters.iter().any(|filter| filter.matches(record))).collect();
    for _ in 0..3 {
        records.shuffle(&mut rand::rng());
        let batch = || serde_json::from_value(json!({"Records": records})).unwrap();
        let (one, other) = tokio::join!(handle(&first, batch()), handle(&second, batch()));
        assert!(one.batch_item_failures.is_empty() && other.batch_item_failures.is_empty(), "{one:?} {other:?}");
    }
    assert_eq!(stand(&firm, &work).await, RIGHT);
}

#[tokio::test]
async fn sums_that_were_lost_or_are_wrong_are_made_anew_from_the_entries() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let work = worked(&app, &firm).await;
    // The stream was lost as a whole.
    let rebuilt = app.store_unmetered().rebuild_totals(app.clock.now()).await.unwrap();
    assert_eq!((rebuilt.corrected, stand(&firm, &work).await), (0, RIGHT.map(str::to_owned).to_vec()));
    // A sum went wrong.
    let mut item = app.records().into_iter().find(|((pk, sk), _)| pk.ends_with(&work.0) && sk == "@TOTALS").unwrap().1;
    item["minutes"] = json!({"N": "960"});
    let put = json!({"TableName": app.template.table.name, "Item": item});
    app.dynamo.database().put_item(serde_json::from_value(put).unwrap()).unwrap();
    assert_ne!(stand(&firm, &work).await, RIGHT);
    let Rebuilt { corrected, moving, .. } = app.store_unmetered().rebuild_totals(app.clock.now()).await.unwrap();
    assert_eq!((corrected, moving, stand(&firm, &work).await), (1, 0, RIGHT.map(str::to_owned).to_vec()));
    // A sum was lost alone, what adds to it wasn't.
    let key = json!({"pk": item["pk"], "sk": item["sk"]});
    let delete = json!({"TableName": app.template.table.name, "Key": key});
    app.dynamo.database().delete_item(serde_json::from_value(delete).unwrap()).unwrap();
    assert_eq!(app.store_unmetered().rebuild_totals(app.clock.now()).await.unwrap().corrected, 1);
    assert_eq!(stand(&firm, &work).await, RIGHT);
    // What the stream tells later changes nothing more.
    app.project().await;
    assert_eq!(stand(&firm, &work).await, RIGHT);
}

#[tokio::test]
async fn an_entry_that_can_not_be_read_holds_up_nobody() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let work = worked(&app, &firm).await;
    let mut records = app.dynamo.stream().after(None).unwrap();
    records.retain(|record| app.stream_trigger("projections").filters.iter().any(|filter| filter.matches(record)));
    let mut broken = records.iter().find(|record| record["dynamodb"]["NewImage"]["summary"]["M"]["minutes"].is_object()).unwrap().clone();
    broken["dynamodb"]["NewImage"]["summary"]["M"]["minutes"] = json!({"S": "many"});
    records.insert(0, broken);
    let response = handle(&projections(&app), serde_json::from_value(json!({"Records": records})).unwrap()).await;
    assert!(response.batch_item_failures.is_empty(), "{response:?}");
    assert_eq!(stand(&firm, &work).await, RIGHT);
}
