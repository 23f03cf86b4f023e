use std::{net::TcpListener, sync::mpsc, thread};

use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::config::Credentials;
use domain::{Id, firm::Firm};

use super::*;

#[tokio::test]
async fn a_table_that_does_not_answer_is_given_up_before_a_request_is_out_of_time() {
    // Whoever connects is heard and never answered.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (heard, attempts) = mpsc::channel();
    thread::spawn(move || listener.incoming().for_each(|connection| heard.send(connection.unwrap()).unwrap()));
    let config = aws_config::defaults(BehaviorVersion::latest())
        .endpoint_url(url)
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
        .load()
        .await;
    let firm: Id<Firm> = "firm_00000000000000000000000000".parse().unwrap();
    // It has three seconds, and a request has eight.
    let store = Store::reached(&config, "table");
    let read = tokio::time::timeout(Duration::from_secs(8), store.get(firm, firm)).await;
    assert!(matches!(read.expect("it waits for ever"), Err(Error::Unavailable(_))));
    assert!(attempts.try_iter().count() > 1, "it was asked again");
}
