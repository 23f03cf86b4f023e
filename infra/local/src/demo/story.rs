//! What the demo tells: the firm, its people and its sales.

use serde_json::{Value, json};

pub(super) const FIRM: &str = "Harbour & Lane Consulting";
pub(super) const PASSWORD: &str = "harbour lane lighthouse 7";

/// Somebody of the firm.
pub(super) struct Person {
    pub(super) name: &'static str,
    pub(super) email: &'static str,
    pub(super) role: &'static str,
}

pub(super) const OWNER: Person = Person { name: "Ada Winter", email: "ada@harbour-lane.example", role: "owner" };

pub(super) const STAFF: [Person; 3] = [
    Person { name: "Mikkel Dahl", email: "mikkel@harbour-lane.example", role: "manager" },
    Person { name: "Colette Reyes", email: "colette@harbour-lane.example", role: "consultant" },
    Person { name: "Bea Lindqvist", email: "bea@harbour-lane.example", role: "billing" },
];

/// Somebody who may become a client.
pub(super) struct Lead {
    pub(super) company: &'static str,
    pub(super) contact: &'static str,
    pub(super) email: &'static str,
    pub(super) source: &'static str,
    /// Where the seller moved it, and why.
    pub(super) moved: Option<(&'static str, Option<&'static str>)>,
}

const fn lead(
    company: &'static str,
    contact: &'static str,
    email: &'static str,
    source: &'static str,
    moved: Option<(&'static str, Option<&'static str>)>,
) -> Lead {
    Lead { company, contact, email, source, moved }
}

pub(super) const LEADS: [Lead; 10] = [
    lead("Nordvik Ferries", "Sofie Holm", "sofie@nordvik.example", "website", None),
    lead("Bramble Foods", "Tom Archer", "tom@bramble.example", "conference", None),
    lead("Kestrel Energy", "Priya Nair", "priya@kestrel.example", "referral", None),
    lead("Oakfield Schools", "Janet Moss", "janet@oakfield.example", "website", Some(("contacted", None))),
    lead("Pinnacle Robotics", "Wei Chen", "wei@pinnacle.example", "conference", Some(("contacted", None))),
    lead("Saltmarsh Brewing", "Rory Quinn", "rory@saltmarsh.example", "newsletter", Some(("contacted", None))),
    lead("Tallinn Data", "Liis Kask", "liis@tallinndata.example", "referral", Some(("qualified", None))),
    lead("Verde Textiles", "Chiara Conti", "chiara@verde.example", "website", Some(("qualified", None))),
    lead("Wren Publishing", "Hal Frost", "hal@wren.example", "newsletter", Some(("unqualified", Some("No budget this year")))),
    lead("Zephyr Travel", "Nadia Aziz", "nadia@zephyr.example", "website", Some(("unqualified", Some("Looks for staff, not for advice")))),
];

/// How far a proposal came.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reached {
    /// There is none.
    Nothing,
    Draft,
    PendingApproval,
    Approved,
    Sent,
    Rejected,
    Cancelled,
    Accepted,
}

impl Reached {
    /// The actions that bring a draft there, with their bodies.
    pub(super) fn actions(self) -> Vec<(&'static str, Value)> {
        let act = |names: &[&'static str]| names.iter().map(|name| (*name, json!({}))).collect();
        match self {
            Self::Nothing | Self::Draft => Vec::new(),
            Self::PendingApproval => act(&["submit"]),
            Self::Approved => act(&["submit", "approve"]),
            Self::Sent => act(&["send"]),
            Self::Cancelled => act(&["send", "cancel"]),
            Self::Accepted => act(&["send", "accept"]),
            Self::Rejected => vec![("send", json!({})), ("reject", json!({ "reason": "We do this in-house for now." }))],
        }
    }
}

/// A sale.
pub(super) struct Deal {
    pub(super) company: &'static str,
    pub(super) contact: &'static str,
    pub(super) email: &'static str,
    pub(super) title: &'static str,
    pub(super) value: &'static str,
    pub(super) stage: &'static str,
    pub(super) reached: Reached,
}

const fn deal(
    (company, contact, email): (&'static str, &'static str, &'static str),
    title: &'static str,
    value: &'static str,
    stage: &'static str,
    reached: Reached,
) -> Deal {
    Deal { company, contact, email, title, value, stage, reached }
}

/// Sales that are going on, or came to nothing.
pub(super) const OPEN: [Deal; 8] = [
    deal(("Alder Clinics", "Maya Lund", "maya@alder.example"), "Patient flow", "32000.00", "discovery", Reached::Nothing),
    deal(("Basalt Mining", "Erik Storm", "erik@basalt.example"), "Safety culture review", "54000.00", "discovery", Reached::Nothing),
    deal(("Cobalt Insurance", "Anne Roth", "anne@cobalt.example"), "Claims process redesign", "88000.00", "proposal", Reached::Draft),
    deal(("Dune Hotels", "Samir Haddad", "samir@dune.example"), "Pricing strategy", "41500.00", "proposal", Reached::PendingApproval),
    deal(("Ember Retail", "Lucy Grant", "lucy@ember.example"), "Store network study", "67250.00", "proposal", Reached::Approved),
    deal(("Fjord Logistics", "Ingrid Solberg", "ingrid@fjord.example"), "Warehouse automation", "120000.00", "negotiation", Reached::Sent),
    deal(("Granite Bank", "Paul Weber", "paul@granite.example"), "Branch of the future", "95000.00", "negotiation", Reached::Rejected),
    deal(("Heron Software", "Dana Cole", "dana@heron.example"), "Hiring plan", "18000.00", "proposal", Reached::Cancelled),
];

/// Sales that were won: the firm's clients, whose contacts have signed in to the portal.
pub(super) const CLIENTS: [Deal; 3] = [
    deal(("Acme Corp", "Grace Hill", "grace@acme.example"), "Market entry study", "50000.00", "negotiation", Reached::Accepted),
    deal(("Lumen Pharma", "Jonas Beck", "jonas@lumen.example"), "Post-merger integration", "240000.00", "negotiation", Reached::Accepted),
    deal(
        ("Municipality of Aarby", "Karen Friis", "karen@aarby.example"),
        "Digital services roadmap",
        "75000.00",
        "proposal",
        Reached::Accepted,
    ),
];
