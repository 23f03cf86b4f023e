//! What belongs to different clients of one firm doesn't go together.

use tests::{Given, Row, TestApp, catalog};

use super::{
    Part, assert_none,
    foreign::{ids_in, is_at, with_id},
    in_parts,
};

/// What names records in its body; the client who signs in at a portal is always the same.
fn naming() -> impl Iterator<Item = Row> {
    let staffs = |row: &Row| row.described().is_for("staff") && row.described().body().is_some();
    catalog().into_iter().filter(staffs)
}

in_parts!(an_id_of_another_client_among_those_of_one_is_refused_and_changes_nothing);
async fn an_id_of_another_client_among_those_of_one_is_refused_and_changes_nothing(part: Part) {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let (mut faults, mut swept) = (Vec::new(), 0);
    for row in part.of(naming()) {
        // What is made for each call is of a client of its own.
        let (one, other) = (row.given(&firm).await, row.given(&firm).await);
        let (Some(body), Some(others)) = (&one.body, &other.body) else { continue };
        let ids = ids_in(body).into_iter().filter_map(|(place, id)| {
            let another = others.pointer(&place)?.as_str()?;
            (another != id).then(|| (place, another.to_owned()))
        });
        let ids: Vec<_> = ids.collect();
        if ids.len() + usize::from(one.named.is_some()) < 2 {
            continue;
        }
        let places: Vec<_> = ids.iter().map(|(place, _)| place.clone()).collect();
        for (place, id) in ids {
            swept += 1;
            let given = Given { body: Some(with_id(body, &place, &id)), ..one.clone() };
            let before = app.moment();
            let answer = row.rightful(&firm, &given).send().await;
            // Of two that don't go together either may be named.
            let named = matches!(answer.fields()[..], [field] if places.iter().any(|place| is_at(field, place)));
            let is_refused = answer.status == 422 && named && app.changed_since(&before).is_empty();
            if row.of_any_client.contains(&place.as_str()) {
                // What it needs was used up.
                if !answer.status.is_success() {
                    faults.push(format!("{}: {place} is of_any_client in the catalog, and refused: {}", row.operation, answer.json));
                }
                break;
            }
            if !is_refused {
                faults.push(format!("{} with another client's {place}: {} {}", row.operation, answer.status, answer.json));
            }
        }
    }
    assert_none(&faults);
    assert!(swept >= 1, "only {swept} ids were tried");
}
