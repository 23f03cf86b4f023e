//! Who may call what, of every operation: nobody without a token, no role without the permission that the document
//! names, no portal user what is the firm's, nobody what is another firm's. Who may not changes nothing.

use domain::access::Role;
use tests::{Firm, Operation, Row, TestApp, User, catalog};

use super::assert_none;

/// Everybody who might call.
struct Cast<'a> {
    firm: Firm<'a>,
    staff: Vec<(Role, User<'a>)>,
    portal: User<'a>,
    other: Firm<'a>,
}

impl<'a> Cast<'a> {
    async fn of(app: &'a TestApp) -> Self {
        let (firm, other) = (app.firm().await, app.firm().await);
        let mut staff = Vec::new();
        for role in Role::ALL {
            staff.push((role, firm.member(role).await));
        }
        let accepted = firm.accepted().await;
        let portal = firm.activated(&accepted.text("/portal_user/id"), &accepted.text("/portal_user/email"), 1).await;
        Self { firm, staff, portal, other }
    }

    /// The staff whose role has the permission that `operation` needs, or those whose role hasn't.
    fn staff(&self, operation: &Operation, allowed: bool) -> impl Iterator<Item = &(Role, User<'a>)> {
        let permission = operation.permission();
        self.staff.iter().filter(move |(role, _)| permission.is_none_or(|permission| role.may(permission)) == allowed)
    }

    /// Who may not call `operation` on what is the firm's: who, their access token, and what they are answered.
    fn refused(&self, operation: &Operation) -> Vec<(String, Option<String>, u16)> {
        let for_portal = operation.security().any(|scheme| scheme.contains_key("portal"));
        let mut refused = vec![
            ("nobody".to_owned(), None, 401),
            ("garbage".to_owned(), Some("not.a.token".to_owned()), 401),
            ("a refresh token".to_owned(), Some(self.firm.owner.refresh.clone()), 401),
        ];
        refused.extend(self.staff(operation, false).map(|(role, user)| (format!("{role:?}"), Some(user.access.clone()), 403)));
        if !for_portal {
            refused.push(("a portal user".to_owned(), Some(self.portal.access.clone()), 403));
        }
        if operation.names_a_record() {
            refused.push(("another firm's owner".to_owned(), Some(self.other.owner.access.clone()), 404));
        }
        refused
    }
}

fn restricted() -> impl Iterator<Item = Row> {
    catalog().into_iter().filter(|row| row.described().signed_in())
}

#[tokio::test]
async fn who_may_not_call_an_operation_is_refused_and_changes_nothing() {
    let app = TestApp::unlimited().await;
    let cast = Cast::of(&app).await;
    let mut faults = Vec::new();
    for row in restricted() {
        let operation = row.described();
        let given = row.given(&cast.firm).await;
        let before = app.records();
        for (who, token, expected) in cast.refused(operation) {
            let call = row.call(&cast.firm, &given);
            let answer = match token {
                Some(token) => call.bearer(&token).send().await,
                None => call.send().await,
            };
            if answer.status.as_u16() != expected || (expected == 401 && answer.header("www-authenticate").is_none()) {
                faults.push(format!("{} by {who}: {}, not {expected}", row.operation, answer.status));
            }
        }
        if app.records() != before {
            faults.push(format!("{}: somebody who may not changed something", row.operation));
        }
    }
    assert_none(&faults);
}

#[tokio::test]
async fn every_role_that_has_an_operations_permission_can_call_it() {
    let app = TestApp::unlimited().await;
    let cast = Cast::of(&app).await;
    let mut faults = Vec::new();
    for row in restricted() {
        let operation = row.described();
        for (role, user) in cast.staff(operation, true) {
            let given = row.given(&cast.firm).await;
            let answer = row.call(&cast.firm, &given).bearer(&user.access).send().await;
            if !answer.status.is_success() {
                faults.push(format!("{} by {role:?}: {} {}", row.operation, answer.status, answer.json));
            }
        }
    }
    assert_none(&faults);
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
