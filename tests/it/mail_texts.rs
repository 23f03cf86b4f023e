//! How a firm begins its mails: in its own words and colour.

use domain::access::Role;
use http::Method;
use serde_json::{Value, json};
use tests::{Answer, Firm, PostOffice, Posted, TestApp, User, email};

use crate::invoices::act;

const TEXTS: &str = "/api/auth/firm/mail-texts/";

async fn write(user: &User<'_>, which: &str, text: Value) -> Answer {
    user.call(Method::PUT, format!("{TEXTS}{which}/")).json(text).send().await
}

async fn reset(user: &User<'_>, which: &str) -> Answer {
    user.call(Method::DELETE, format!("{TEXTS}{which}/")).send().await
}

async fn preview(user: &User<'_>, which: &str, text: Value) -> Answer {
    user.post(format!("{TEXTS}{which}/preview/"), text).await
}

/// What is shown of the mails of `which` kind and language.
fn shown<'a>(listed: &'a Answer, which: &str) -> &'a Value {
    listed.json.pointer(&format!("/{which}")).unwrap()
}

/// The last mail to `to`.
fn last(post: &PostOffice, to: &str) -> Posted {
    post.mails_to(to).pop().unwrap()
}

/// Somebody at a client, written to in `language`.
struct Reader<'f, 'a> {
    firm: &'f Firm<'a>,
    post: &'f PostOffice,
    to: String,
    client: String,
    language: &'static str,
}

impl<'f, 'a> Reader<'f, 'a> {
    async fn of(firm: &'f Firm<'a>, post: &'f PostOffice, language: &'static str) -> Self {
        let to = email("ann");
        let body = json!({"company_name": "Fabrikam Ltd", "contact_name": "Ann Lee", "email": to, "language": language});
        let client = firm.owner.post("/api/clients/clients/", body).await.expect(201).id();
        Self { firm, post, to, client, language }
    }

    /// The mail that came of what was done last.
    async fn mail(&self) -> Posted {
        self.firm.app.deliver_by(self.post).await;
        last(self.post, &self.to)
    }

    async fn proposal(&self) -> Posted {
        let (firm, language) = (self.firm, self.language);
        let body = json!({"company_name": "Fabrikam Ltd", "contact_name": "Ann Lee", "email": self.to, "language": language});
        let prospect = firm.owner.post("/api/crm/prospects/", body).await.expect(201).id();
        let body = json!({"prospect": prospect, "title": "Market study", "total_value": "1000.00"});
        let proposal = firm.owner.post("/api/crm/proposals/", body).await.expect(201).id();
        firm.owner.post(format!("/api/crm/proposals/{proposal}/send/"), json!({})).await.expect(200);
        self.mail().await
    }

    async fn invitation(&self) -> Posted {
        let to = email("bo");
        let body = json!({"client": self.client, "name": "Bo Ek", "email": to});
        self.firm.owner.post("/api/clients/portal-users/", body).await.expect(201);
        self.firm.app.deliver_by(self.post).await;
        last(self.post, &to)
    }

    /// The invoice, and its mail.
    async fn invoice(&self) -> (String, Posted) {
        let line = json!({"description": "Workshop", "quantity": 1, "unit_price": "1000.00"});
        let body = json!({"client": self.client, "line_items": [line]});
        let invoice = self.firm.owner.post("/api/finance/invoices/", body).await.expect(201).id();
        act(self.firm, &invoice, "send", json!({})).await.expect(200);
        (invoice, self.mail().await)
    }

    async fn all(&self) -> [(&'static str, Posted); 5] {
        let (proposal, invitation, (id, invoice)) = (self.proposal().await, self.invitation().await, self.invoice().await);
        act(self.firm, &id, "remind", json!({})).await.expect(200);
        let reminder = self.mail().await;
        act(self.firm, &id, "record-payment", json!({"amount": "400.00", "method": "cash"})).await.expect(200);
        let receipt = self.mail().await;
        [("proposal", proposal), ("invitation", invitation), ("invoice", invoice), ("reminder", reminder), ("receipt", receipt)]
    }
}

#[tokio::test]
async fn each_kind_of_mail_begins_in_the_firms_own_words_in_their_language_alone() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let listed = firm.owner.get(TEXTS).await.expect(200);
    let mut said = Vec::new();
    for kind in ["proposal", "invitation", "invoice", "reminder", "receipt"] {
        let which = format!("{kind}/en");
        let names: Vec<String> = (shown(&listed, &which)["placeholders"].as_array().unwrap().iter())
            .map(|placeholder| format!("{0}={{{{{0}}}}}", placeholder["name"].as_str().unwrap()))
            .collect();
        let text =
            json!({"subject": format!("Own {kind} of {{{{firm}}}}"), "opening": format!("Own words.\n{}\n\nThe end.", names.join("\n"))});
        let written = write(&firm.owner, &which, text.clone()).await.expect(200);
        assert_eq!((&written.json["subject"], &written.json["opening"]), (&text["subject"], &text["opening"]));
        said.push(written);
    }
    for (kind, mail) in Reader::of(&firm, &post, "en").await.all().await {
        assert_eq!(mail.subject, format!("Own {kind} of North & Partners"));
        let name = if kind == "invitation" { "Bo Ek" } else { "Ann Lee" };
        assert!(mail.text.starts_with(&format!("Hello {name},\n\nOwn words.\nrecipient={name}\nfirm=North & Partners\n")), "{}", mail.text);
        assert!(mail.text.contains("\nclient=Fabrikam Ltd\n") && mail.text.contains("\n\nThe end.\n\n"), "{}", mail.text);
        assert!(mail.html.contains("<div dir=\"auto\"><p>Own words.<br/>"), "{}", mail.html);
        assert!(!mail.text.contains("=\n") && !mail.text.contains("{{"), "{kind}: a value is missing: {}", mail.text);
        let told = match kind {
            "proposal" => "number=PRO-000001\ntitle=Market study\ntotal=EUR 1,000.00\nvalid_until=",
            "invitation" => "expires_at=",
            "invoice" => "number=INV-000001\ntotal=EUR 1,000.00\namount_due=EUR 1,000.00\nissue_date=",
            "reminder" => "number=INV-000001\namount_due=EUR 1,000.00\ndue_date=",
            _ => "amount_paid=EUR 400.00\npaid_on=",
        };
        assert!(mail.text.contains(told), "{told}: {}", mail.text);
    }
    for (kind, mail) in Reader::of(&firm, &post, "de").await.all().await {
        assert!(!mail.subject.contains("Own") && !mail.text.contains("Own words"), "{kind}: {}", mail.text);
    }
    // Nor do another firm's mails begin so.
    let other = app.firm().await;
    let (_, mail) = Reader::of(&other, &post, "en").await.invoice().await;
    assert!(mail.subject.starts_with("Invoice INV-000001 from "), "{}", mail.subject);
    assert_eq!(shown(&other.owner.get(TEXTS).await.expect(200), "invoice/en")["subject"], Value::Null);
}

#[tokio::test]
async fn what_is_not_said_is_said_in_our_words_and_what_is_taken_back_too() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let reader = Reader::of(&firm, &post, "en").await;
    write(&firm.owner, "invoice/en", json!({"subject": "Bill {{number}}"})).await.expect(200);
    let (_, mail) = reader.invoice().await;
    assert_eq!(mail.subject, "Bill INV-000001");
    assert!(mail.text.contains("North & Partners sends you this invoice."), "{}", mail.text);
    write(&firm.owner, "invoice/en", json!({"subject": null, "opening": "Dear all,\n\nour invoice."})).await.expect(200);
    let (_, mail) = reader.invoice().await;
    assert_eq!(mail.subject, "Invoice INV-000002 from North & Partners: EUR 1,000.00");
    assert!(mail.text.contains("\n\nDear all,\n\nour invoice.\n\n"), "{}", mail.text);
    reset(&firm.owner, "invoice/en").await.expect(204);
    reset(&firm.owner, "invoice/en").await.expect(204);
    let (_, mail) = reader.invoice().await;
    assert!(mail.text.contains("North & Partners sends you this invoice."), "{}", mail.text);
    let history = firm.owner.get(format!("{TEXTS}history/")).await.expect(200);
    let events = history.json["results"].as_array().unwrap();
    assert_eq!(events.len(), 3, "what changes nothing is no event: {:#}", history.json);
    assert_eq!(events[0]["changes"]["invoice"], json!({"before": {"en": {"opening": "Dear all,\n\nour invoice."}}, "after": null}));
    assert_eq!(events[2]["event"], "mail_texts.created");
}

#[tokio::test]
async fn ours_can_be_started_from_and_says_what_we_do() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let ours = Reader::of(&firm, &post, "de").await.proposal().await;
    let listed = firm.owner.get(TEXTS).await.expect(200);
    let shown = shown(&listed, "proposal/de");
    assert_eq!(shown["default_subject"], "Angebot von {{firm}}: {{title}}");
    let text = json!({"subject": shown["default_subject"], "opening": shown["default_opening"]});
    write(&firm.owner, "proposal/de", text).await.expect(200);
    let own = Reader::of(&firm, &post, "de").await.proposal().await;
    assert_eq!((own.subject, own.text.replace("PRO-000002", "PRO-000001")), (ours.subject, ours.text));
}

#[tokio::test]
async fn a_preview_is_what_is_sent_in_the_firms_name_colour_and_currency_and_keeps_nothing() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    firm.owner.patch("/api/auth/firm/", json!({"brand_color": "#7C2D12", "name": "Müller & <b>Söhne</b>"})).await.expect(200);
    let reader = Reader::of(&firm, &post, "en").await;
    let text =
        json!({"subject": "{{firm}} for {{client}}", "opening": "This is for {{recipient}}.\nBy <i>{{firm}}</i>.\n\n{{client}} knows."});
    let shown = preview(&firm.owner, "invoice/en", text.clone()).await.expect(200);
    assert!(shown.text("/text").contains("EUR 9,500.00"), "{:#}", shown.json);
    assert_eq!(firm.owner.get(TEXTS).await.expect(200).header("etag").unwrap().split('-').next(), Some("\"0"));
    let (_, mail) = reader.invoice().await;
    assert!(mail.text.contains("sends you this invoice"), "nothing was written");
    write(&firm.owner, "invoice/en", text).await.expect(200);
    let (_, mail) = reader.invoice().await;
    assert_eq!(mail.subject, shown.text("/subject"));
    let opening = |text: &str| text.split("  Invoice INV").next().unwrap().to_owned();
    assert_eq!(opening(&mail.text), opening(&shown.text("/text")));
    let html = shown.text("/html");
    let opening = |html: &str| html.split("<p>Hello Ann Lee,</p>").nth(1).unwrap().split("</div>").next().unwrap().to_owned();
    assert_eq!(opening(&mail.html), opening(&html));
    assert!(!html.contains("<b>") && !html.contains("<i>"), "{html}");
    let of_colour = |html: &str| {
        html.lines().filter(|line| line.contains("#7c2d12")).map(|line| line.split("href").next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of_colour(&mail.html), of_colour(&html));
    assert_eq!(of_colour(&html).len(), 2, "the bar and the button");
}

#[tokio::test]
async fn a_colour_is_in_all_of_a_firms_mails_until_it_is_taken_back() {
    let app = TestApp::unlimited().await;
    let (firm, post) = (app.firm().await, PostOffice::open().await);
    let owner = &firm.owner;
    assert_eq!(owner.get("/api/auth/firm/").await.expect(200).json["brand_color"], Value::Null);
    let changed = owner.patch("/api/auth/firm/", json!({"brand_color": "#FFD60A"})).await.expect(200);
    assert_eq!(changed.text("/brand_color"), "#ffd60a");
    for wrong in ["#fff", "red", "#ffd60a;", "url(x)"] {
        assert_eq!(owner.patch("/api/auth/firm/", json!({"brand_color": wrong})).await.expect(422).fields(), ["brand_color"], "{wrong}");
    }
    for (kind, mail) in Reader::of(&firm, &post, "de").await.all().await {
        assert!(mail.html.contains("background-color:#ffd60a"), "{kind}: {}", mail.html);
        assert!(
            kind == "proposal" || mail.html.contains("background-color:#ffd60a; color:#111827"),
            "dark on yellow: {kind}: {}",
            mail.html
        );
    }
    owner.patch("/api/auth/firm/", json!({"brand_color": null})).await.expect(200);
    let (_, mail) = Reader::of(&firm, &post, "de").await.invoice().await;
    assert!(!mail.html.contains("class=\"bar\"") && mail.html.contains("background-color:#1d4ed8"));
}

#[tokio::test]
async fn a_placeholder_that_is_not_there_is_refused_by_its_field_where_it_is_written_and_where_it_is_tried() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let long = "x".repeat(151);
    for (text, field) in [
        (json!({"subject": "{{nmber}}"}), "subject"),
        (json!({"subject": "Hi", "opening": "{{7*7}}"}), "opening"),
        (json!({"opening": "Hi {{number"}), "opening"),
        // Of another kind of mails.
        (json!({"opening": "{{valid_until}}"}), "opening"),
        (json!({"subject": "two\r\nlines"}), "subject"),
        (json!({"subject": "turned \u{202e}over"}), "subject"),
        (json!({"subject": " "}), "subject"),
        (json!({"subject": long}), "subject"),
        (json!({"opening": "x".repeat(1001)}), "opening"),
    ] {
        let before = app.moment();
        let refused = write(&firm.owner, "invoice/en", text.clone()).await.expect(422);
        assert_eq!(refused.fields(), [field], "{text}");
        assert_eq!(preview(&firm.owner, "invoice/en", text.clone()).await.expect(422).fields(), [field], "{text}");
        assert_eq!(app.changed_since(&before), []);
    }
    let refused = write(&firm.owner, "invitation/en", json!({"subject": "{{number}}"})).await.expect(422);
    let told = "There is no {{number}} here. There are {{recipient}}, {{firm}}, {{client}}, {{expires_at}}.";
    assert!(refused.json.to_string().contains(told), "{:#}", refused.json);
    for which in ["invoice/fr", "bill/en", "INVOICE/en", "invoice/en/x"] {
        write(&firm.owner, which, json!({})).await.expect(404);
        preview(&firm.owner, which, json!({})).await.expect(404);
    }
    // A brace alone is text, and what looks like a placeholder in a value stays as it is.
    firm.owner.patch("/api/auth/firm/", json!({"name": "{{total}} Ltd"})).await.expect(200);
    let shown = preview(&firm.owner, "invoice/en", json!({"subject": "{ {{firm}} }"})).await.expect(200);
    assert_eq!(shown.text("/subject"), "{ {{total}} Ltd }");
}

#[tokio::test]
async fn two_who_write_at_once_do_not_overwrite_each_other_where_they_say_what_they_saw() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    let seen = firm.owner.get(TEXTS).await.expect(200).header("etag").unwrap().to_owned();
    let put = |subject: &'static str, seen: String| {
        let call = firm.owner.call(Method::PUT, format!("{TEXTS}invoice/en/")).json(json!({"subject": subject}));
        async move { call.header("if-match", &seen).send().await }
    };
    let first = put("First", seen.clone()).await.expect(200);
    put("Second", seen.clone()).await.expect(412);
    let after = firm.owner.get(TEXTS).await.expect(200);
    assert_eq!(shown(&after, "invoice/en")["subject"], "First");
    put("Third", first.header("etag").unwrap().to_owned()).await.expect(200);
    let stale = firm.owner.call(Method::DELETE, format!("{TEXTS}invoice/en/")).header("if-match", &seen).send().await;
    stale.expect(412);
    put("Fourth", after.header("etag").unwrap().to_owned()).await.expect(412);
    // What two write in the same second of different mails is both kept.
    let (one, other) = tokio::join!(
        write(&firm.owner, "invoice/de", json!({"subject": "Rechnung"})),
        write(&firm.owner, "reminder/de", json!({"subject": "Erinnerung"}))
    );
    one.expect(200);
    other.expect(200);
    let listed = firm.owner.get(TEXTS).await.expect(200);
    assert_eq!(
        (&shown(&listed, "invoice/de")["subject"], &shown(&listed, "reminder/de")["subject"]),
        (&json!("Rechnung"), &json!("Erinnerung"))
    );
}

#[tokio::test]
async fn who_may_change_the_firm_writes_them_and_all_of_its_people_see_them() {
    let app = TestApp::unlimited().await;
    let firm = app.firm().await;
    for role in [Role::Manager, Role::Consultant, Role::Billing] {
        let member = firm.member(role).await;
        member.get(TEXTS).await.expect(200);
        assert_eq!(member.get(format!("{TEXTS}history/")).await.expect(200).json["results"], json!([]));
        write(&member, "invoice/en", json!({"subject": "Mine"})).await.expect(403);
        preview(&member, "invoice/en", json!({})).await.expect(403);
        reset(&member, "invoice/en").await.expect(403);
    }
    let portal = firm.portal().await;
    portal.user.get(TEXTS).await.expect(403);
    write(&portal.user, "invoice/en", json!({"subject": "Mine"})).await.expect(403);
}
