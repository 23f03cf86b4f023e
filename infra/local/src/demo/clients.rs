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
    /// Where it is, as on an envelope.
    pub(super) address: &'static str,
}

/// At home, with the firm's usual terms.
const fn client(lead: Lead, industry: &'static str, address: &'static str) -> Client {
    Client { lead, terms: 30, pays: (12, 20), currency: super::firm::CURRENCY, tax: TAX, signs_in: true, industry, address }
}

/// One that is abroad.
const fn abroad(client: Client, currency: &'static str) -> Client {
    Client { currency, tax: "0", ..client }
}

/// One that has so many days to pay, and takes so long.
const fn paying(client: Client, terms: u64, pays: (u64, usize)) -> Client {
    Client { terms, pays, ..client }
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
    paying(
        client(lead(LUMEN, "Jonas Beck", "jonas@lumen.example", "referral"), "Pharmaceuticals", "14 Grand Canal Quay\nDublin 2\nD02 XE98"),
        45,
        (20, 20),
    ),
    paying(
        abroad(
            client(lead(ACME, "Grace Hill", "grace@acme.example", "website"), "Consumer goods", "500 Harbor Street\nBoston MA 02110\nUSA"),
            "USD",
        ),
        60,
        (28, 12),
    ),
    paying(
        client(
            lead(DUNMORE, "Karen Friel", "karen@dunmore.example", "tender"),
            "Public administration",
            "County Hall\nMain Street\nDunmore",
        ),
        60,
        (30, 10),
    ),
    abroad(
        client(
            lead(GRANITE, "Paul Weber", "paul@granite.example", "conference"),
            "Banking",
            "Neue Mainzer Straße 52\n60311 Frankfurt am Main\nGermany",
        ),
        "EUR",
    ),
    outside(paying(
        client(lead(BRIGHTWATER, "Leo Marsh", "leo@brightwater.example", "referral"), "Restaurants", "3 Strand Road\nBray\nCo. Wicklow"),
        14,
        (10, 6),
    )),
    abroad(
        client(lead(FJORD, "Ingrid Solberg", "ingrid@fjord.example", "conference"), "Logistics", "Kaigaten 9\n5003 Bergen\nNorway"),
        "EUR",
    ),
    client(lead(COBALT, "Anne Roth", "anne@cobalt.example", "referral"), "Insurance", "Cobalt House\n27 Mount Street\nDublin 2"),
    outside(client(
        lead(KESTREL, "Ronan Walsh", "ronan@kestrel.example", "referral"),
        "Energy",
        "Unit 7, Eastgate Park\nLittle Island\nCo. Cork",
    )),
    client(lead(ALDER, "Maya Lund", "maya@alder.example", "website"), "Health care", "88 Seapoint Avenue\nGalway"),
    outside(abroad(
        client(lead(DUNE, "Samir Haddad", "samir@dune.example", "website"), "Hotels", "2 Marine Parade\nBrighton BN2 1TL\nUnited Kingdom"),
        "GBP",
    )),
    client(lead(EMBER, "Lucy Grant", "lucy@ember.example", "newsletter"), "Retail", "61 Patrick Street\nCork"),
    paying(client(lead(HERON, "Dana Cole", "dana@heron.example", "referral"), "Software", "The Mill, Bridge Street\nLimerick"), 14, (5, 9)),
];
