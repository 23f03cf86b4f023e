//! What the demo tells of those who aren't clients, or not yet.

use serde_json::{Value, json};

/// A campaign, and how many months back it began.
pub(super) struct Campaign {
    pub(super) name: &'static str,
    pub(super) began: u32,
    pub(super) budget: &'static str,
    pub(super) moved: Option<&'static str>,
}

pub(super) const CAMPAIGNS: [Campaign; 3] = [
    Campaign { name: "Operations summit", began: 9, budget: "12000.00", moved: Some("completed") },
    Campaign { name: "White paper on claims handling", began: 2, budget: "3500.00", moved: Some("active") },
    Campaign { name: "Breakfast talks", began: 0, budget: "4800.00", moved: None },
];

/// Somebody who may become a client: company, contact, e-mail, and where they came from.
#[derive(Clone, Copy)]
pub(super) struct Lead {
    pub(super) company: &'static str,
    pub(super) contact: &'static str,
    pub(super) email: &'static str,
    pub(super) source: &'static str,
}

pub(super) const fn lead(company: &'static str, contact: &'static str, email: &'static str, source: &'static str) -> Lead {
    Lead { company, contact, email, source }
}

/// Where the seller moved a lead, and why.
type Moved = Option<(&'static str, Option<&'static str>)>;

/// Leads that are worked on, or were.
pub(super) const LEADS: [(Lead, Moved); 20] = [
    (lead("Zephyr Travel", "Nadia Aziz", "nadia@zephyr.example", "website"), unqualified("Looks for staff, not for advice")),
    (lead("Linden Law", "Oscar Byrne", "oscar@lindenlaw.example", "referral"), unqualified("Too small for us")),
    (lead("Quarry Sound", "Mina Park", "mina@quarrysound.example", "newsletter"), unqualified("No budget this year")),
    (lead("Tern Airlines", "Viktor Hale", "viktor@tern.example", "conference"), unqualified("Chose another firm before we met")),
    (lead("Bramble Foods", "Tom Archer", "tom@bramble.example", "conference"), Some(("qualified", None))),
    (lead("Ossian Whiskey", "Fergus Blair", "fergus@ossian.example", "referral"), Some(("qualified", None))),
    (lead("Marlow Housing Trust", "Denise Cobb", "denise@marlow.example", "website"), Some(("qualified", None))),
    (lead("Pike & Sons Timber", "Walter Pike", "walter@pike.example", "referral"), Some(("qualified", None))),
    (lead("Sirius Optics", "Hana Kimura", "hana@sirius.example", "conference"), Some(("qualified", None))),
    (lead("Juniper Hospitals", "Elena Voss", "elena@juniper.example", "website"), Some(("contacted", None))),
    (lead("Redwing Rail", "Callum Reid", "callum@redwing.example", "conference"), Some(("contacted", None))),
    (lead("Calla Cosmetics", "Inês Prado", "ines@calla.example", "newsletter"), Some(("contacted", None))),
    (lead("Tidewater Ports", "Marek Zielinski", "marek@tidewater.example", "conference"), Some(("contacted", None))),
    (lead("Hollow Oak Furniture", "Beth Carver", "beth@hollowoak.example", "website"), Some(("contacted", None))),
    (lead("Larkspur Media", "Jude Bell", "jude@larkspur.example", "newsletter"), None),
    (lead("Osprey Drones", "Tariq Aman", "tariq@osprey.example", "website"), None),
    (lead("Glasshouse Farms", "Ruth Meyer", "ruth@glasshouse.example", "referral"), None),
    (lead("Solace Funerals", "Peter Nolan", "peter@solace.example", "website"), None),
    (lead("Vantage Gyms", "Kira Lowe", "kira@vantage.example", "newsletter"), None),
    (lead("Norwood Academy", "Alan Price", "alan@norwood.example", "website"), None),
];

const fn unqualified(reason: &'static str) -> Moved {
    Some(("unqualified", Some(reason)))
}

/// How far a proposal came.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reached {
    /// There is none.
    Nothing,
    Draft,
    PendingApproval,
    Approved,
    Sent,
    /// A second version is out.
    Revised,
    Rejected,
    Cancelled,
}

impl Reached {
    /// The actions that bring a draft there, with their bodies. A revision is sent by who asks for it.
    pub(super) fn actions(self) -> Vec<(&'static str, Value)> {
        let act = |names: &[&'static str]| names.iter().map(|name| (*name, json!({}))).collect();
        match self {
            Self::Nothing | Self::Draft => Vec::new(),
            Self::PendingApproval => act(&["submit"]),
            Self::Approved => act(&["submit", "approve"]),
            Self::Sent | Self::Revised => act(&["send"]),
            Self::Cancelled => act(&["send", "cancel"]),
            Self::Rejected => vec![("send", json!({})), ("reject", json!({ "reason": "We do this in-house for now." }))],
        }
    }
}

/// A sale that isn't won.
pub(super) struct Deal {
    pub(super) lead: Lead,
    pub(super) title: &'static str,
    pub(super) value: &'static str,
    pub(super) stage: &'static str,
    pub(super) reached: Reached,
}

const fn deal(lead: Lead, title: &'static str, value: &'static str, stage: &'static str, reached: Reached) -> Deal {
    Deal { lead, title, value, stage, reached }
}

/// Sales that are going on, or came to nothing.
pub(super) const DEALS: [Deal; 8] = [
    deal(
        lead("Oakfield Schools", "Janet Moss", "janet@oakfield.example", "website"),
        "Timetabling review",
        "14500.00",
        "proposal",
        Reached::Cancelled,
    ),
    deal(
        lead("Verde Textiles", "Chiara Conti", "chiara@verde.example", "referral"),
        "Supplier scorecard",
        "26000.00",
        "negotiation",
        Reached::Rejected,
    ),
    deal(
        lead("Tallinn Data", "Liis Kask", "liis@tallinndata.example", "conference"),
        "Operating model for growth",
        "58000.00",
        "negotiation",
        Reached::Revised,
    ),
    deal(
        lead("Pinnacle Robotics", "Wei Chen", "wei@pinnacle.example", "conference"),
        "After-sales service design",
        "43200.00",
        "negotiation",
        Reached::Sent,
    ),
    deal(
        lead("Saltmarsh Brewing", "Rory Quinn", "rory@saltmarsh.example", "newsletter"),
        "Distribution study",
        "19800.00",
        "proposal",
        Reached::Approved,
    ),
    deal(
        lead("Wren Publishing", "Hal Frost", "hal@wren.example", "newsletter"),
        "Subscription pricing",
        "22400.00",
        "proposal",
        Reached::PendingApproval,
    ),
    deal(
        lead("Nordvik Ferries", "Sofie Holm", "sofie@nordvik.example", "referral"),
        "Crew planning",
        "37500.00",
        "proposal",
        Reached::Draft,
    ),
    deal(
        lead("Basalt Mining", "Erik Storm", "erik@basalt.example", "referral"),
        "Safety culture review",
        "54000.00",
        "discovery",
        Reached::Nothing,
    ),
];
