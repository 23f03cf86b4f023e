use serde_json::{Value, json};

use super::*;

const ORDER: &str = "mode=payment&success_url=https://a.example/paid&client_reference_id=inv_1&metadata[invoice]=inv_1\
    &line_items[0][quantity]=1&line_items[0][price_data][currency]=usd&line_items[0][price_data][unit_amount]=50000\
    &line_items[0][price_data][product_data][name]=Invoice+1";

/// A POST of the form `body`, with `key` as idempotency key.
async fn posted(stand_in: &StandIn, path: &str, key: &str, body: &str) -> (u16, Value) {
    let request = reqwest::Client::new().post(format!("{}v1/{path}", stand_in.url())).bearer_auth("sk_test_local");
    let answer = request.header("idempotency-key", key).body(body.to_owned()).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

async fn opened(stand_in: &StandIn) -> String {
    let (status, session) = posted(stand_in, "checkout/sessions", "key", ORDER).await;
    assert_eq!((status, &session["payment_status"]), (200, &json!("unpaid")));
    session["id"].as_str().unwrap().to_owned()
}

/// The types of the events that wait.
fn kinds(stand_in: &StandIn) -> Vec<String> {
    let kind = |body: String| serde_json::from_str::<Value>(&body).unwrap()["type"].as_str().unwrap().to_owned();
    stand_in.take_events().into_iter().map(kind).collect()
}

#[tokio::test]
async fn a_key_answers_the_same_again_and_is_good_for_one_request_only() {
    let stand_in = StandIn::start(None).await.unwrap();
    let first = posted(&stand_in, "checkout/sessions", "a", ORDER).await;
    assert_eq!(posted(&stand_in, "checkout/sessions", "a", ORDER).await, first);
    let (status, other) = posted(&stand_in, "checkout/sessions", "a", &ORDER.replace("50000", "50001")).await;
    assert_eq!((status, &other["error"]["type"]), (400, &json!("idempotency_error")));
    assert_ne!(posted(&stand_in, "checkout/sessions", "b", ORDER).await.1["id"], first.1["id"]);
    let without = reqwest::Client::new().post(format!("{}v1/refunds", stand_in.url())).send().await.unwrap();
    assert_eq!(without.status(), 401);
}

#[tokio::test]
async fn of_rupiahs_more_can_be_paid_at_once_than_of_others() {
    let stand_in = StandIn::start(None).await.unwrap();
    for (amount, currency, expected) in
        [("99999999", "usd", 200), ("100000000", "usd", 400), ("999999999999", "idr", 200), ("1000000000000", "idr", 400)]
    {
        let order = ORDER.replace("50000", amount).replace("usd", currency);
        assert_eq!(posted(&stand_in, "checkout/sessions", amount, &order).await.0, expected, "{amount} {currency}");
    }
}

#[tokio::test]
async fn each_button_tells_of_what_it_did_and_works_only_where_it_fits() {
    let stand_in = StandIn::start(None).await.unwrap();
    let session = opened(&stand_in).await;
    assert!(stand_in.press(&session, Action::Refund(None)).is_err());
    stand_in.press(&session, Action::Pay).unwrap();
    assert_eq!(kinds(&stand_in), ["payment_intent.succeeded", "charge.succeeded", "checkout.session.completed"]);
    assert!(stand_in.press(&session, Action::Pay).is_err());
    stand_in.press(&session, Action::Refund(Some(20_000))).unwrap();
    assert!(stand_in.press(&session, Action::Refund(Some(30_001))).is_err());
    stand_in.press(&session, Action::Refund(None)).unwrap();
    assert_eq!(kinds(&stand_in), ["refund.created", "charge.refunded", "refund.created", "charge.refunded"]);
    stand_in.press(&session, Action::Dispute).unwrap();
    stand_in.press(&session, Action::Lose).unwrap();
    assert!(stand_in.press(&session, Action::Win).is_err());
    assert_eq!(kinds(&stand_in), ["charge.dispute.created", "charge.dispute.funds_withdrawn", "charge.dispute.closed"]);
}

#[tokio::test]
async fn a_session_that_nobody_pays_expires() {
    let stand_in = StandIn::start(None).await.unwrap();
    let session = opened(&stand_in).await;
    stand_in.advance(86_399);
    assert_eq!(kinds(&stand_in), Vec::<String>::new());
    stand_in.advance(2);
    assert_eq!(kinds(&stand_in), ["checkout.session.expired"]);
    assert!(stand_in.press(&session, Action::Pay).is_err());
}

#[tokio::test]
async fn events_are_signed_and_sent_until_they_are_taken() {
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let endpoint = axum::routing::post(async move |headers: axum::http::HeaderMap, body: String| {
        tell.send((headers["stripe-signature"].to_str().unwrap().to_owned(), body)).unwrap();
        axum::http::StatusCode::from_u16(if headers.contains_key("never") { 200 } else { 503 }).unwrap()
    });
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", endpoint)).await });
    let stand_in =
        StandIn::start(Some(Webhook { url, secret: "whsec_test".to_owned(), connect_secret: "whsec_connect".to_owned() })).await.unwrap();
    let session = opened(&stand_in).await;
    stand_in.press(&session, Action::Expire).unwrap();
    let (first, second) = (told.recv().await.unwrap(), told.recv().await.unwrap());
    assert_eq!(first.1, second.1);
    let at: i64 = first.0.split([',', '=']).nth(1).unwrap().parse().unwrap();
    assert_eq!(first.0, sign("whsec_test", at, first.1.as_bytes()));
}

#[tokio::test]
async fn the_books_outlive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        StandIn::kept(
            "http://localhost/",
            Webhook { url: String::new(), secret: String::new(), connect_secret: String::new() },
            folder.path(),
        )
        .unwrap()
    };
    let form = form::parse(ORDER);
    let session = open().change(|books| books.open(None, &form, 0)).unwrap().id;
    assert_eq!(open().read(|books| books.session(&session).unwrap().amount), 50_000);
}

#[tokio::test]
async fn the_page_has_a_button_to_pay_and_shows_no_markup_of_others() {
    let stand_in = StandIn::start(None).await.unwrap();
    let (_, session) = posted(&stand_in, "checkout/sessions", "a", &ORDER.replace("Invoice+1", "%3Cscript%3E")).await;
    let (url, http) = (session["url"].as_str().unwrap(), reqwest::Client::new());
    let page = http.get(url).send().await.unwrap().text().await.unwrap();
    assert!(page.contains(&format!("{url}pay/")) && page.contains("USD 500.00") && !page.contains("<script>"), "{page}");
    assert_eq!(http.post(format!("{url}pay/")).send().await.unwrap().status(), 200);
    assert_eq!(http.post(format!("{url}pay/")).send().await.unwrap().status(), 409);
    assert_eq!(http.post(format!("{url}nothing/")).send().await.unwrap().status(), 404);
    let list = http.get(stand_in.url()).send().await.unwrap().text().await.unwrap();
    assert!(list.contains("Refund"), "{list}");
    let switches = format!("{}switches/", stand_in.url());
    let set = http.post(&switches).json(&json!({"copies": 3})).send().await.unwrap();
    assert_eq!(set.json::<Value>().await.unwrap()["copies"], 3);
}

/// A request in `account`.
async fn within(stand_in: &StandIn, account: &str, path: &str, body: &str) -> (u16, Value) {
    let request = reqwest::Client::new().post(format!("{}v1/{path}", stand_in.url())).bearer_auth("sk_test_local");
    let answer = request.header("stripe-account", account).body(body.to_owned()).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

#[tokio::test]
async fn what_is_in_an_account_is_not_found_from_another_and_its_events_name_it() {
    let stand_in = StandIn::start(None).await.unwrap();
    let [one, other] = [stand_in.connected(), stand_in.connected()];
    assert_eq!(kinds(&stand_in), Vec::<String>::new());
    let (status, session) = within(&stand_in, &one, "checkout/sessions", ORDER).await;
    assert_eq!(status, 200, "{session}");
    let id = session["id"].as_str().unwrap();
    let expire = format!("checkout/sessions/{id}/expire");
    assert_eq!(within(&stand_in, &other, &expire, "").await.0, 404);
    assert_eq!(posted(&stand_in, &expire, "x", "").await.0, 404, "nor from ours");
    stand_in.press(id, Action::Pay).unwrap();
    assert!(stand_in.take_events().iter().all(|event| serde_json::from_str::<Value>(event).unwrap()["account"] == one));
    stand_in.step(&one, Move::Deauthorize).unwrap();
    let (status, no) = within(&stand_in, &one, &expire, "").await;
    assert_eq!((status, &no["error"]["code"]), (403, &json!("account_invalid")));
    assert_eq!(kinds(&stand_in), ["account.application.deauthorized"]);
    stand_in.press(id, Action::Refund(None)).unwrap();
    assert_eq!(kinds(&stand_in), Vec::<String>::new(), "nothing more is told of it");
}

#[tokio::test]
async fn an_account_is_set_up_on_a_page_that_is_opened_once() {
    let stand_in = StandIn::start(None).await.unwrap();
    let (_, account) = posted(&stand_in, "accounts", "a", "type=standard&metadata[firm]=firm_1").await;
    let id = account["id"].as_str().unwrap();
    assert_eq!((&account["charges_enabled"], account["metadata"]["firm"].as_str()), (&json!(false), Some("firm_1")));
    assert_eq!(within(&stand_in, id, "checkout/sessions", ORDER).await.0, 400);
    let order = format!("account={id}&type=account_onboarding&refresh_url={0}resend/&return_url={0}switches/", stand_in.url());
    let (_, link) = posted(&stand_in, "account_links", "l", &order).await;
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let page = http.get(link["url"].as_str().unwrap()).send().await.unwrap().text().await.unwrap();
    let button = page.split("action='").nth(1).unwrap().split('\'').next().unwrap().replace("&amp;", "&");
    assert_eq!(http.get(link["url"].as_str().unwrap()).send().await.unwrap().status(), 303);
    let back = http.post(button).send().await.unwrap();
    assert_eq!(back.headers()["location"], format!("{}switches/", stand_in.url()));
    assert_eq!(within(&stand_in, id, "checkout/sessions", ORDER).await.0, 200);
    assert_eq!(kinds(&stand_in), ["account.updated"]);
}
