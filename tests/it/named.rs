//! What a body names is a `store::Named`, which is an id only once the transaction depends on it. A body that takes a bare id
//! would be written by nobody's condition: here each is listed, with what holds instead.

use std::{fs, path::Path};

/// The fields of bodies that take bare ids: the record is itself written in the transaction, or is in one that is, or nothing
/// is written that depends on it.
const BARE: [&str; 7] = [
    "Credentials.firm: it only picks among one's memberships",
    "InvoiceTime.time_entries: each entry is changed with the invoice",
    "NewInvoice.time_entries: each entry is changed with the invoice",
    "NewInvoiceLine.time_entry: each entry is changed with the invoice",
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
