//! What the demo tells of the firm and its people.

pub(super) const FIRM: &str = "Harbour & Lane Consulting";
/// What it sells in.
pub(super) const CURRENCY: &str = "EUR";
/// The colour of its mails.
pub(super) const COLOR: &str = "#0f766e";
/// How the mails begin that bring its invoices.
pub(super) const OPENING: &str = "Thank you for working with us. This is invoice {{number}} over {{total}}, to be paid by {{due_date}}.\n\nIf anything on it is unclear, answer this mail: Bea Novak sees to it.";
/// The tax that it charges at home.
pub(super) const TAX: &str = "23";
pub(super) const PASSWORD: &str = "harbour lane lighthouse 7";

/// Somebody of the firm.
pub(super) struct Person {
    /// What the other tables call them.
    pub(super) key: &'static str,
    pub(super) name: &'static str,
    pub(super) email: &'static str,
    pub(super) role: &'static str,
    /// What an hour of theirs costs, whatever the project's rate is.
    pub(super) rate: Option<&'static str>,
}

const fn person(key: &'static str, name: &'static str, email: &'static str, role: &'static str, rate: Option<&'static str>) -> Person {
    Person { key, name, email, role, rate }
}

/// Who signs up.
pub(super) const OWNER: Person = person("ada", "Ada Winter", "ada@harbour-lane.example", "owner", None);

/// Who keeps the money.
pub(super) const BILLING: &str = "bea";

/// Whom the owner invites.
pub(super) static STAFF: [Person; 9] = [
    person("conor", "Conor Daly", "conor@harbour-lane.example", "manager", Some("195")),
    person("mirela", "Mirela Petrov", "mirela@harbour-lane.example", "manager", Some("195")),
    person("tomas", "Tomás Brennan", "tomas@harbour-lane.example", "consultant", Some("175")),
    person("colette", "Colette Reyes", "colette@harbour-lane.example", "consultant", Some("165")),
    person("aoife", "Aoife Kerr", "aoife@harbour-lane.example", "consultant", None),
    person("emil", "Emil Lindqvist", "emil@harbour-lane.example", "consultant", None),
    person("priya", "Priya Raman", "priya@harbour-lane.example", "consultant", None),
    person("sam", "Sam Okafor", "sam@harbour-lane.example", "consultant", None),
    person(BILLING, "Bea Novak", "bea@harbour-lane.example", "billing", None),
];
