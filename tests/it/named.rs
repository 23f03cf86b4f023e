//! What a body names is a `store::Named`, which is an id only once the transaction depends on it. A body that takes a bare id
//! would be written by nobody's condition: here each is listed, with what holds instead.

use std::{fs, path::Path};

use domain::{
    event::Actor,
    ids::{LeadId, UserId},
    lead::{self, Lead},
    user::User,
};
use serde_json::json;
use store::{Audit, Change, Error, Record, Reply};
use tests::{Firm, TestApp};

/// The fields of bodies that take bare ids: the record is itself written in the transaction, or is in one that is, or nothing
/// is written that depends on it.
const BARE: [&str; 8] = [
    "Credentials.firm: it only picks among one's memberships",
    "InvoiceTime.time_entries: each entry is changed with the invoice",
    "NewInvoice.time_entries: each entry is changed with the invoice",
    "NewInvoiceLine.time_entry: each entry is changed with the invoice",
    "ReadNotifications.ids: no records; they are looked for among the caller's own",
    "RemoveProjectMember.user: they are in the project",
    "ReverseCreditRefund.refund: it is in the credit",
    "ReversePayment.payment: it is in the invoice",
];

/// The source files below `folder`.
fn sources(folder: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            texts.extend(sources(&entry));
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            texts.push(fs::read_to_string(&entry).unwrap());
        }
    }
    texts
}

/// The fields of the bodies in `text` whose type has an id that isn't `Named`: `NewInvoice.time_entries`.
fn bare(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    // What stands before a type's name are its attributes.
    let mut attributes = String::new();
    let mut body: Option<String> = None;
    for line in text.lines() {
        if let Some(name) = line.trim_start_matches("pub(crate) ").trim_start_matches("pub ").strip_prefix("struct ") {
            let is_body = attributes.contains("Deserialize") && attributes.contains("ToSchema") && !attributes.contains("IntoParams");
            body = (is_body && line.ends_with('{')).then(|| name.trim_end_matches(" {").to_owned());
            attributes.clear();
        } else if line.starts_with('}') {
            (body, attributes) = (None, String::new());
        } else if let (Some(body), Some((field, kind))) = (&body, line.trim().split_once(": ")) {
            let is_field = !line.trim().starts_with(['/', '#']);
            let is_id = kind.split(|c: char| !c.is_alphanumeric()).any(|word| word.ends_with("Id") && !["Id", "VatId"].contains(&word));
            if is_field && is_id && !kind.contains("Named<") {
                found.push(format!("{body}.{}", field.trim_start_matches("pub(crate) ")));
            }
        } else if line.starts_with("#[") {
            attributes.push_str(line);
        }
    }
    found
}

#[test]
fn a_body_names_records_so_that_they_are_depended_on() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let texts = [root.join("functions"), root.join("shared/wire/src")].iter().flat_map(|folder| sources(folder)).collect::<Vec<_>>();
    // What is shown is read by nobody, but for tests.
    let mut found: Vec<String> = texts.iter().flat_map(|text| bare(text)).filter(|field| !field.contains("Out.")).collect();
    found.sort();
    let listed: Vec<&str> = BARE.iter().map(|row| row.split(':').next().unwrap()).collect();
    assert_eq!(found, listed);
}

/// A change of what is the firm's.
fn change(firm: &Firm<'_>) -> Change {
    let audit =
        Audit { actor: Actor::System("test".to_owned()), at: firm.app.clock.now(), request: "named".to_owned(), source_address: None };
    firm.app.store.change(firm.id.parse().unwrap(), audit, None)
}

fn moved(lead: &Record<Lead>) -> (Lead, lead::Event) {
    lead.move_to(lead::Status::Contacted, None).unwrap()
}

#[tokio::test]
async fn what_is_named_twice_or_written_too_is_touched_once() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let owner: UserId = firm.owner.id.parse().unwrap();
    let lead: LeadId = firm.owner.post("/api/crm/leads/", json!({"company_name": "Acme Corp"})).await.expect(201).id().parse().unwrap();
    let found = app.store.read(firm.id.parse().unwrap()).record(owner).record(lead).fetch().await.unwrap();

    let mut change = change(&firm);
    for line in 0..2 {
        change.depend::<User>(&found, format!("line_items[{line}].account"), owner.into()).unwrap();
    }
    change.depend_on(owner).unwrap();
    let before = change.depend::<Lead>(&found, "lead", lead.into()).unwrap();
    let after = change.update(&before, moved(&before)).unwrap();
    change.depend_on(lead).unwrap();
    change.commit(&Reply::none()).await.unwrap();
    assert_eq!(after.version, 2);
}

#[tokio::test]
async fn what_a_line_names_is_told_by_its_place_and_what_has_no_guards_is_depended_on_too() {
    let app = TestApp::new().await;
    let firm = app.firm().await;
    let lead = firm.owner.post("/api/crm/leads/", json!({"company_name": "Acme Corp"})).await.expect(201).id();
    let (id, firm_id) = (lead.parse::<LeadId>().unwrap(), firm.id.parse().unwrap());
    let open = app.store.read(firm_id).record(id).fetch().await.unwrap();
    firm.owner.delete(format!("/api/crm/leads/{lead}/")).await.expect(204);
    let archived = app.store.read(firm_id).record(id).fetch().await.unwrap();

    let refused = change(&firm).depend::<Lead>(&archived, "line_items[2].account".to_owned(), id.into()).unwrap_err();
    assert!(matches!(refused, Error::Refused(refusal) if refusal.field.as_deref() == Some("line_items[2].account")));
    // Who read it before it was archived is to read it again.
    let mut named = change(&firm);
    named.depend::<Lead>(&open, "lead", id.into()).unwrap();
    assert!(matches!(named.commit(&Reply::none()).await.unwrap_err(), Error::Lost));
    let mut in_path = change(&firm);
    in_path.depend_on(id).unwrap();
    let refused = in_path.commit(&Reply::none()).await.unwrap_err();
    assert!(matches!(refused, Error::Refused(refusal) if refusal.message == "The lead is archived; restore it first."));
}
