//! Who may call what, of every operation: nobody without a token, no role without the permission that the document
//! names, no portal user what is the firm's or without the right that the document names, nobody what is another firm's
//! or another client's. Who may not changes nothing.

use domain::access::{Permission, Right, Role};
use serde_json::json;
use tests::{AtClient, Document, Firm, Given, Row, TestApp, User, catalog};

use super::{Part, assert_none, in_parts};

/// Everybody who might call.
struct Cast<'a> {
    firm: Firm<'a>,
    staff: Vec<(Role, User<'a>)>,
    /// At the client for whom things are made, who may do everything.
    portal: User<'a>,
    /// At the client for whom things are made, who may just look.
    onlooker: User<'a>,
    /// At another client of the firm.
    neighbour: AtClient<'a>,
    other: Firm<'a>,
}

impl<'a> Cast<'a> {
    async fn of(app: &'a TestApp) -> Self {
        let (firm, other) = (app.firm().await, app.firm().await);
        let mut staff = Vec::new();
        for role in Role::ALL {
            staff.push((role, firm.member(role).await));
        }
        let onlooker = firm.colleague(&firm.portal().await.client, json!({"see": true, "comment": false})).await;
        let neighbour = firm.another_client().await;
        let portal = firm.portal().await.user.clone();
        other.portal().await;
        Self { firm, staff, portal, onlooker, neighbour, other }
    }

    /// The staff who may call the operation of `row` on what is the owner's, or those who may not.
    fn staff(&self, row: &Row, allowed: bool) -> impl Iterator<Item = &(Role, User<'a>)> {
        let operation = row.described();
        let (for_staff, permissions) = (operation.is_for("staff"), [operation.permission(), row.others]);
        let may = move |role: &Role| for_staff && permissions.into_iter().flatten().all(|permission| role.may(permission));
        self.staff.iter().filter(move |(role, _)| may(role) == allowed)
    }

    /// The access token of `user`, or of somebody else, if what was made for the call is their own.
    fn own<'u>(&self, given: &'u Given, user: &'u User<'a>) -> &'u str {
        if [&self.firm.owner.access, &self.portal.access].contains(&&given.by) { &user.access } else { &given.by }
    }

    /// Who may not call the operation of `row` on what is the firm's, of the client for whom things are made: who, their
    /// access token, and what they are answered.
    async fn refused(&self, row: &Row) -> Vec<(String, Option<String>, u16)> {
        let operation = row.described();
        let mut refused = vec![
            ("nobody".to_owned(), None, 401),
            ("garbage".to_owned(), Some("not.a.token".to_owned()), 401),
            ("a refresh token".to_owned(), Some(self.firm.owner.refresh.clone()), 401),
        ];
        refused.extend(self.staff(row, false).map(|(role, user)| (format!("{role:?}"), Some(user.access.clone()), 403)));
        let mut refuse = |who: &str, user: &User<'_>, status| refused.push((who.to_owned(), Some(user.access.clone()), status));
        if !operation.is_for("portal") {
            refuse("a portal user", &self.firm.portal().await.user, 403);
        }
        if operation.right().is_some_and(|right| right != Right::See) {
            refuse("a portal user without the right", &self.onlooker, 403);
        }
        if operation.names_a_record() && operation.is_for("staff") {
            refuse("another firm's owner", &self.other.owner, 404);
        }
        if operation.names_a_record() && operation.is_for("portal") {
            refuse("another client's portal user", &self.neighbour.user, 404);
            refuse("another firm's portal user", &self.other.portal().await.user, 404);
        }
        refused
    }
}

fn restricted() -> impl Iterator<Item = Row> {
    catalog().into_iter().filter(|row| row.described().signed_in())
}

in_parts!(who_may_not_call_an_operation_is_refused_and_changes_nothing);
async fn who_may_not_call_an_operation_is_refused_and_changes_nothing(part: Part) {
    let app = TestApp::unlimited().await;
    let cast = Cast::of(&app).await;
    let mut faults = Vec::new();
    for row in part.of(restricted()) {
        let given = row.given(&cast.firm).await;
        let before = app.moment();
        for (who, token, expected) in cast.refused(&row).await {
            let call = row.call(&cast.firm, &given);
            let answer = match token {
                Some(token) => call.bearer(&token).send().await,
                None => call.send().await,
            };
            if answer.status.as_u16() != expected || (expected == 401 && answer.header("www-authenticate").is_none()) {
                faults.push(format!("{} by {who}: {}, not {expected}", row.operation, answer.status));
            }
        }
        if !app.changed_since(&before).is_empty() {
            faults.push(format!("{}: somebody who may not changed something", row.operation));
        }
    }
    assert_none(&faults);
}

in_parts!(every_role_that_has_an_operations_permission_can_call_it_and_every_portal_user_who_has_the_right);
async fn every_role_that_has_an_operations_permission_can_call_it_and_every_portal_user_who_has_the_right(part: Part) {
    let app = TestApp::unlimited().await;
    let cast = Cast::of(&app).await;
    let mut faults = Vec::new();
    for row in part.of(restricted()) {
        let operation = row.described();
        let mut given = row.given(&cast.firm).await;
        for (index, (role, user)) in cast.staff(&row, true).enumerate() {
            // What only reads leaves it for the next as it was.
            if index > 0 && operation.writes() {
                given = row.given(&cast.firm).await;
            }
            let answer = row.call(&cast.firm, &given).bearer(cast.own(&given, user)).send().await;
            if !answer.status.is_success() {
                faults.push(format!("{} by {role:?}: {} {}", row.operation, answer.status, answer.json));
            }
        }
        if operation.is_for("portal") {
            let given = row.given(&cast.firm).await;
            let answer = row.call(&cast.firm, &given).bearer(cast.own(&given, &cast.portal)).send().await;
            if !answer.status.is_success() {
                faults.push(format!("{} by a portal user: {} {}", row.operation, answer.status, answer.json));
            }
        }
    }
    assert_none(&faults);
}

#[test]
fn who_may_do_what_is_as_it_was_decided() {
    let (mut table, mut faults) = (Vec::new(), Vec::new());
    for operation in &Document::of_routers().operations {
        let (permission, right) = (operation.permission().map(Permission::as_str), operation.right().map(Right::as_str));
        let reads = permission.is_some_and(|permission| permission.ends_with(".read"));
        // Who is at a client or of the firm, whatever they may do, is told who they are, and looks after what they sign in with.
        let for_whoever = operation.is_for("portal") && permission.is_none() && right.is_none();
        if operation.is_for("staff") && reads == operation.writes() && !for_whoever {
            faults.push(format!("{} takes {permission:?}", operation.name));
        }
        if operation.writes() && right == Some(Right::See.as_str()) {
            faults.push(format!("{} takes the right to see", operation.name));
        }
        let by = match (operation.is_for("staff"), operation.is_for("portal")) {
            (false, false) => "anybody".to_owned(),
            (true, false) => permission.unwrap_or("staff").to_owned(),
            (false, true) => format!("portal {}", right.unwrap_or("user")),
            (true, true) => format!("{}, portal {}", permission.unwrap_or("staff"), right.unwrap_or("user")),
        };
        table.push(format!("{:6} {:58} {by}", operation.method.as_str(), operation.path));
    }
    assert_none(&faults);
    insta::assert_snapshot!(table.join("\n"));
}

#[tokio::test]
async fn what_is_open_to_all_does_not_mind_a_bad_token() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    for row in catalog().into_iter().filter(|row| !row.described().signed_in()) {
        let given = row.given(&firm).await;
        let answer = row.call(&firm, &given).bearer("not.a.token").send().await;
        assert!(answer.status.is_success(), "{}: {} {}", row.operation, answer.status, answer.json);
    }
}
