//! The kinds of request that are measured, what the design lets each cost, and the work of a firm that they belong to.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use tests::{User, email};

use crate::report::Target;

/// How many time entries were logged.
static LOGGED: AtomicU64 = AtomicU64::new(0);

/// A kind of request. The order is that of measuring: a list comes after what it lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    CreateLead,
    GetLead,
    ListLeads,
    CreateProposal,
    CreateInvoice,
    SendInvoice,
    GetInvoice,
    ListInvoices,
    CreateTimeEntry,
    GetTimeEntry,
    ListTimeEntries,
}

/// What a request of some kind may cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reach {
    /// Read units of what only reads, write units of what writes.
    pub(crate) units: Target,
    /// CPU of the handler, milliseconds.
    pub(crate) cpu: Target,
    /// Dollars per million.
    pub(crate) dollars: Target,
}

impl Kind {
    pub(crate) const ALL: [Self; 11] = [
        Self::CreateLead,
        Self::GetLead,
        Self::ListLeads,
        Self::CreateProposal,
        Self::CreateInvoice,
        Self::SendInvoice,
        Self::GetInvoice,
        Self::ListInvoices,
        Self::CreateTimeEntry,
        Self::GetTimeEntry,
        Self::ListTimeEntries,
    ];

    /// As it is printed.
    pub(crate) fn what(self) -> &'static str {
        match self {
            Self::CreateLead => "create a lead",
            Self::GetLead => "get a lead",
            Self::ListLeads => "list 50 leads",
            Self::CreateProposal => "create a proposal of 10 lines",
            Self::CreateInvoice => "create an invoice of 10 lines",
            Self::SendInvoice => "send an invoice of 10 lines",
            Self::GetInvoice => "get an invoice of 10 lines",
            Self::ListInvoices => "list 50 invoices",
            Self::CreateTimeEntry => "create a time entry",
            Self::GetTimeEntry => "get a time entry",
            Self::ListTimeEntries => "list 50 time entries",
        }
    }

    /// Whether it only reads.
    pub(crate) fn reads(self) -> bool {
        self.lists() || matches!(self, Self::GetLead | Self::GetInvoice | Self::GetTimeEntry)
    }

    /// Whether it is a list of 50.
    pub(crate) fn lists(self) -> bool {
        matches!(self, Self::ListLeads | Self::ListInvoices | Self::ListTimeEntries)
    }

    /// What the design lets it cost. A proposal of ten lines is held to what an invoice of ten lines is.
    pub(crate) fn reach(self) -> Reach {
        let of = |units, cpu, dollars| Reach { units: Target::AtMost(units), cpu: Target::AtMost(cpu), dollars: Target::AtMost(dollars) };
        match self {
            Self::GetLead | Self::GetInvoice | Self::GetTimeEntry => of(0.5, 1.5, 1.40),
            Self::ListLeads | Self::ListInvoices | Self::ListTimeEntries => of(5.0, 3.0, 2.0),
            Self::CreateLead => of(10.0, 2.5, 8.0),
            Self::CreateProposal | Self::CreateInvoice => of(20.0, 4.0, 16.0),
            Self::SendInvoice | Self::CreateTimeEntry => Reach { units: Target::Unset, cpu: Target::Unset, dollars: Target::Unset },
        }
    }
}

/// A request, by whoever sends it.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
}

impl Request {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self { method: "GET", path: path.into(), body: None }
    }

    pub(crate) fn post(path: impl Into<String>, body: Value) -> Self {
        Self { method: "POST", path: path.into(), body: Some(body) }
    }

    /// The same, by a user of the test app.
    pub(crate) fn by<'a>(self, user: &User<'a>) -> tests::Call<'a> {
        let call = user.call(self.method.parse().unwrap(), self.path);
        match self.body {
            Some(body) => call.json(body),
            None => call,
        }
    }
}

/// What answers a request of its firm's owner, with a success.
pub(crate) trait Answers {
    async fn answer(&self, request: Request) -> Value;

    /// The id of what a request made.
    async fn id(&self, request: Request) -> String {
        self.answer(request).await["id"].as_str().unwrap().to_owned()
    }

    /// The id of what was made last of what is listed at `path`.
    async fn newest(&self, path: &str) -> String {
        self.answer(Request::get(path)).await["results"][0]["id"].as_str().unwrap().to_owned()
    }
}

impl Answers for User<'_> {
    async fn answer(&self, request: Request) -> Value {
        let answer = request.by(self).send().await;
        assert!(answer.status.is_success(), "{:#}", answer.json);
        answer.json
    }
}

/// What a firm has to do.
#[derive(Debug)]
pub(crate) struct Work {
    prospect: String,
    pub(crate) client: String,
    project: String,
    pub(crate) task: String,
}

impl Work {
    /// Of the firm that `at` answers.
    pub(crate) async fn begin(at: &impl Answers) -> Self {
        let people = json!({"company_name": "Acme Corp", "contact_name": "Ann Lee", "email": email("ann")});
        let prospect = at.id(Request::post("/api/crm/prospects/", people)).await;
        let client = json!({"company_name": "Acme Corp", "contact_name": "Ann Lee", "email": email("ann"), "address": {"line1": "1 Main Street", "city": "Springfield", "country": "US"}});
        let client = at.id(Request::post("/api/clients/clients/", client)).await;
        let project = json!({"client": client, "name": "Market study", "hourly_rate": "180.00"});
        let project = at.id(Request::post("/api/projects/projects/", project)).await;
        let task = at.id(Request::post("/api/projects/tasks/", json!({"project": project, "title": "Interview importers"}))).await;
        Self { prospect, client, project, task }
    }

    /// So many requests of a kind, as they would be sent in practice.
    pub(crate) async fn requests(&self, at: &impl Answers, kind: Kind, n: usize) -> Vec<Request> {
        let same = |request| vec![request; n];
        let shown = async |path: &str| same(Request::get(format!("{path}{}/", at.newest(path).await)));
        match kind {
            Kind::CreateLead => (0..n).map(lead).collect(),
            Kind::GetLead => shown("/api/crm/leads/").await,
            Kind::ListLeads => same(Request::get("/api/crm/leads/?limit=50")),
            Kind::CreateProposal => same(self.proposal()),
            Kind::CreateInvoice => same(self.invoice()),
            Kind::SendInvoice => {
                let mut sends = Vec::with_capacity(n);
                for _ in 0..n {
                    let draft = at.id(self.invoice()).await;
                    sends.push(Request::post(format!("/api/finance/invoices/{draft}/send/"), json!({})));
                }
                sends
            }
            Kind::GetInvoice => shown("/api/finance/invoices/").await,
            Kind::ListInvoices => same(Request::get("/api/finance/invoices/?limit=50")),
            Kind::CreateTimeEntry => (0..n).map(|_| self.time_entry()).collect(),
            Kind::GetTimeEntry => shown("/api/projects/time-entries/").await,
            Kind::ListTimeEntries => same(Request::get("/api/projects/time-entries/?limit=50")),
        }
    }

    /// A proposal of ten lines.
    pub(crate) fn proposal(&self) -> Request {
        let body = json!({"prospect": self.prospect, "title": "Market study", "valid_until": "2099-12-31", "line_items": ten_lines(None),
            "terms": "30 days net."});
        Request::post("/api/crm/proposals/", body)
    }

    /// An invoice of ten lines.
    fn invoice(&self) -> Request {
        let body =
            json!({"client": self.client, "line_items": ten_lines(Some("19")), "reference": "PO-4711", "memo": "30 days net. Thank you."});
        Request::post("/api/finance/invoices/", body)
    }

    /// A quarter of an hour, on the next of a thousand days in turn: a day has room for ninety-six.
    fn time_entry(&self) -> Request {
        let description = "Interviews with three importers, and notes of them";
        let today = chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now()).date_naive();
        let date = (today - chrono::Days::new(LOGGED.fetch_add(1, Ordering::Relaxed) % 1000)).to_string();
        let body = json!({"project": self.project, "task": self.task, "hours": "0.25", "date": date, "description": description});
        Request::post("/api/projects/time-entries/", body)
    }
}

/// A lead; `n` tells it from others.
pub(crate) fn lead(n: usize) -> Request {
    let body = json!({"company_name": format!("Company {n}"), "contact_name": "Ann Lee", "email": format!("ann@company-{n}.example"),
        "phone": "+46 8 123 456", "source": "website", "notes": "Met at the fair; wants a study of three markets."});
    Request::post("/api/crm/leads/", body)
}

fn ten_lines(tax_rate: Option<&str>) -> Value {
    let line = |n: usize| {
        let mut line = json!({"description": format!("Interviews, round {n}"), "quantity": "12.5", "unit_price": "1500.00"});
        if let Some(rate) = tax_rate {
            line["tax_rate"] = rate.into();
        }
        line
    };
    (1..=10).map(line).collect()
}
