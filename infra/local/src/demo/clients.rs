//! What the demo tells of the firm's clients.

use super::{
    firm::TAX,
    leads::{Lead, lead},
};

/// A client, who came by a sale of the first of its projects.
pub(super) struct Client {
    pub(super) lead: Lead,
    /// How many days it has to pay.
    pub(super) terms: u64,
    /// How many days it takes to pay, and within how many more.
    pub(super) pays: (u64, usize),
    pub(super) currency: &'static str,
    /// The tax on what it is charged; none abroad.
    pub(super) tax: &'static str,
    /// Whether its contact followed the link into the portal.
    pub(super) signs_in: bool,
    pub(super) industry: &'static str,
    pub(super) place: Place,
    /// Where its invoices are mailed, if not to its contact.
    pub(super) billing_email: Option<&'static str>,
    /// Who gets a copy of them.
    pub(super) cc: &'static [&'static str],
}

/// Where a client is.
pub(super) struct Place {
    pub(super) line1: &'static str,
    pub(super) postal_code: Option<&'static str>,
    pub(super) city: &'static str,
    pub(super) region: Option<&'static str>,
    pub(super) country: &'static str,
}

/// At home, where not every town has a postal code.
const fn at(line1: &'static str, city: &'static str, region: Option<&'static str>) -> Place {
    Place { line1, postal_code: None, city, region, country: "IE" }
}

const fn over(line1: &'static str, postal_code: &'static str, city: &'static str, country: &'static str) -> Place {
    Place { line1, postal_code: Some(postal_code), city, region: None, country }
}

/// At home, with the firm's usual terms.
const fn client(lead: Lead, industry: &'static str, place: Place) -> Client {
    let (currency, billing_email, cc): (_, _, &[&str]) = (super::firm::CURRENCY, None, &[]);
    Client { lead, terms: 30, pays: (12, 20), currency, tax: TAX, signs_in: true, industry, place, billing_email, cc }
}

/// One that is abroad.
const fn abroad(client: Client, currency: &'static str) -> Client {
    Client { currency, tax: "0", ..client }
}

/// One that has so many days to pay, and takes so long.
const fn paying(client: Client, terms: u64, pays: (u64, usize)) -> Client {
    Client { terms, pays, ..client }
}

/// One whose invoices go to its bookkeepers, with copies to others.
const fn billed(client: Client, to: &'static str, cc: &'static [&'static str]) -> Client {
    Client { billing_email: Some(to), cc, ..client }
}

/// One whose contact hasn't followed the link yet.
const fn outside(client: Client) -> Client {
    Client { signs_in: false, ..client }
}

pub(super) const LUMEN: &str = "Lumen Pharma";
pub(super) const ACME: &str = "Acme Corp";
pub(super) const DUNMORE: &str = "Dunmore County Council";
pub(super) const GRANITE: &str = "Granite Bank";
pub(super) const BRIGHTWATER: &str = "Brightwater Cafés";
pub(super) const FJORD: &str = "Fjord Logistics";
pub(super) const COBALT: &str = "Cobalt Insurance";
pub(super) const KESTREL: &str = "Kestrel Energy";
pub(super) const ALDER: &str = "Alder Clinics";
pub(super) const DUNE: &str = "Dune Hotels";
pub(super) const EMBER: &str = "Ember Retail";
pub(super) const HERON: &str = "Heron Software";

pub(super) static CLIENTS: [Client; 12] = [
    billed(
        paying(
            client(
                lead(LUMEN, "Jonas Beck", "jonas@lumen.example", "referral"),
                "Pharmaceuticals",
                over("14 Grand Canal Quay", "D02 XE98", "Dublin", "IE"),
            ),
            45,
            (20, 20),
        ),
        "accounts-payable@lumen.example",
        &["jonas@lumen.example"],
    ),
    paying(
        abroad(
            client(
                lead(ACME, "Grace Hill", "grace@acme.example", "website"),
                "Consumer goods",
                Place { region: Some("MA"), ..over("500 Harbor Street", "02110", "Boston", "US") },
            ),
            "USD",
        ),
        60,
        (28, 12),
    ),
    billed(
        paying(
            client(
                lead(DUNMORE, "Karen Friel", "karen@dunmore.example", "tender"),
                "Public administration",
                at("County Hall, Main Street", "Dunmore", None),
            ),
            60,
            (30, 10),
        ),
        "finance@dunmore.example",
        &["karen@dunmore.example", "audit@dunmore.example"],
    ),
    abroad(
        client(
            lead(GRANITE, "Paul Weber", "paul@granite.example", "conference"),
            "Banking",
            over("Neue Mainzer Straße 52", "60311", "Frankfurt am Main", "DE"),
        ),
        "EUR",
    ),
    outside(paying(
        client(
            lead(BRIGHTWATER, "Leo Marsh", "leo@brightwater.example", "referral"),
            "Restaurants",
            at("3 Strand Road", "Bray", Some("Co. Wicklow")),
        ),
        14,
        (10, 6),
    )),
    abroad(
        client(
            lead(FJORD, "Ingrid Solberg", "ingrid@fjord.example", "conference"),
            "Logistics",
            over("Kaigaten 9", "5003", "Bergen", "NO"),
        ),
        "EUR",
    ),
    client(lead(COBALT, "Anne Roth", "anne@cobalt.example", "referral"), "Insurance", at("Cobalt House, 27 Mount Street", "Dublin", None)),
    outside(client(
        lead(KESTREL, "Ronan Walsh", "ronan@kestrel.example", "referral"),
        "Energy",
        at("Unit 7, Eastgate Park", "Little Island", Some("Co. Cork")),
    )),
    client(lead(ALDER, "Maya Lund", "maya@alder.example", "website"), "Health care", at("88 Seapoint Avenue", "Galway", None)),
    outside(abroad(
        client(lead(DUNE, "Samir Haddad", "samir@dune.example", "website"), "Hotels", over("2 Marine Parade", "BN2 1TL", "Brighton", "GB")),
        "GBP",
    )),
    client(lead(EMBER, "Lucy Grant", "lucy@ember.example", "newsletter"), "Retail", at("61 Patrick Street", "Cork", None)),
    paying(
        client(lead(HERON, "Dana Cole", "dana@heron.example", "referral"), "Software", at("The Mill, Bridge Street", "Limerick", None)),
        14,
        (5, 9),
    ),
];
