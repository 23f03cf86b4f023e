//! `cargo local dns`: publishes what SES looks for in the DNS of a firm's domain, in the running stack, or takes it away.

use clap::Args;
use serde_json::Value;

use crate::{caller::Caller, error::Result, ses};

/// Which domain.
#[derive(Debug, Args)]
pub struct Options {
    /// The domain, in ASCII.
    domain: String,
    /// Take away what its DNS says.
    #[arg(long)]
    remove: bool,
    /// Where the stack is.
    #[arg(long, default_value = "http://127.0.0.1:8000")]
    url: String,
}

/// Does what `options` say, and says so.
pub async fn run(options: Options) -> Result<()> {
    let Options { domain, remove, url } = options;
    let (caller, path) = (Caller::new(&url), format!("{}{domain}/", ses::DNS_PATH));
    let call = if remove { caller.delete(&path) } else { caller.post(&path, &Value::Null) };
    println!("{}", call.send().await?.is(200)?.text("/done")?);
    Ok(())
}
