//! `cargo local`: the whole of ConsultantPro on one machine.

use clap::{Parser, Subcommand};
use local::{
    check, demo, dns,
    error::{Doing, Result},
    invite, lift, rebuild, redrive,
    stack::{Options, Stack},
    verify,
};
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

/// What is logged unless `RUST_LOG` says otherwise. A refused condition is no fault, though dynoxide warns of it.
const QUIET: &str = "warn,dynoxide=error";

/// Runs ConsultantPro on this machine, without Docker and without an AWS account.
#[derive(Parser)]
#[command(name = "cargo local", bin_name = "cargo local")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Start empty: forget the data of earlier runs.
    #[arg(long)]
    fresh: bool,
    /// Load a firm with 18 months of history, and print what there is and how to sign in.
    #[arg(long)]
    demo: bool,
    /// The port to serve on.
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// Build the functions as they are built for the cloud.
    #[arg(long)]
    release: bool,
    /// Limit nobody's requests: for tools that make thousands of them.
    #[arg(long)]
    unlimited: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Walk from lead to cash against the running stack, and print each step.
    Check {
        /// Where the stack is.
        #[arg(long, default_value = "http://127.0.0.1:8000")]
        url: String,
    },
    /// Check the event log of every record, and name what was tampered with.
    Verify(verify::Options),
    /// Go through the event log again, and do what should have followed and didn't: mails, changes of other records.
    Redrive(redrive::Options),
    /// Let somebody sign up a firm where firms sign up by invitation: prints the link, which works once, within a week.
    Invite(invite::Options),
    /// Let mail go again to an address from which it came back or that called it spam, since whose it is has asked for that.
    Lift(lift::Options),
    /// Publish what SES looks for in the DNS of a firm's domain, in the running stack; or take it away.
    Dns(dns::Options),
    /// Add up all time anew, and set right the sums beside projects and tasks.
    Rebuild(verify::Table),
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| QUIET.into()))
        .without_time()
        .init();
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}.");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<()> {
    let Arguments { command, fresh, demo, port, release, unlimited } = arguments;
    match command {
        Some(Command::Check { url }) => check::run(&url).await,
        Some(Command::Verify(options)) => verify::run(options).await,
        Some(Command::Redrive(options)) => redrive::run(options).await,
        Some(Command::Invite(options)) => invite::run(options).await,
        Some(Command::Lift(options)) => lift::run(options).await,
        Some(Command::Dns(options)) => dns::run(options).await,
        Some(Command::Rebuild(table)) => rebuild::run(table).await,
        None => {
            let mut terminate = signal(SignalKind::terminate()).doing("signals can't be listened for")?;
            // Dropping what has been started ends it.
            tokio::select! {
                ended = up(Options { port, fresh, release, unlimited }, demo) => ended,
                _ = tokio::signal::ctrl_c() => Ok(()),
                _ = terminate.recv() => Ok(()),
            }
        }
    }
}

async fn up(options: Options, demo: bool) -> Result<()> {
    let stack = Stack::start(&options).await?;
    let (url, ready) = (stack.url().to_owned(), stack.ready());
    let announced = async {
        if demo {
            println!("{}", demo::load(&url).await?);
        }
        println!("{ready}");
        std::future::pending().await
    };
    tokio::select! {
        ended = stack.serve() => ended,
        failed = announced => failed,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn its_arguments_can_be_told_apart() {
        super::Arguments::command().debug_assert();
    }
}
