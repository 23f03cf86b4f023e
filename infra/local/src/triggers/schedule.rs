//! Schedules: a rate runs by the clock, and each can be run by hand.
//!
//! `POST /_local/schedules/<name>/` calls the function with the schedule's input and answers what it answered.
//! Deliberately absent: `cron(…)` by the clock. Nobody waits for the night on a laptop; it runs by hand only.

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use std::{sync::Arc, time::Duration};

use crate::{functions::Invoker, template::Schedule, template::Template};

type Schedules = (Arc<Template>, Invoker);

/// The routes that run schedules by hand.
pub(crate) fn router(template: Arc<Template>, invoker: Invoker) -> Router {
    Router::new().route("/_local/schedules/", get(list)).route("/_local/schedules/{name}/", post(run)).with_state((template, invoker))
}

/// Runs a schedule by the clock, for ever.
pub(crate) async fn drive(schedule: Schedule, invoker: Invoker) {
    let Some(interval) = rate(&schedule.expression) else { return };
    loop {
        tokio::time::sleep(interval).await;
        if let Err(error) = invoker.invoke(&schedule.function, &schedule.input).await {
            tracing::error!(%error, schedule = schedule.name, "the schedule failed");
        }
    }
}

async fn list(State((template, _)): State<Schedules>) -> Response {
    let names: Vec<_> = template.schedules.iter().map(|schedule| (&schedule.name, &schedule.expression)).collect();
    Json(serde_json::json!(names)).into_response()
}

async fn run(State((template, invoker)): State<Schedules>, Path(name): Path<String>) -> Response {
    let Some(schedule) = template.schedules.iter().find(|schedule| schedule.name == name) else {
        return (StatusCode::NOT_FOUND, format!("template.yaml has no schedule {name}.")).into_response();
    };
    match invoker.invoke(&schedule.function, &schedule.input).await {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

/// How long `rate(5 minutes)` is.
fn rate(expression: &str) -> Option<Duration> {
    let (number, unit) = expression.strip_prefix("rate(")?.strip_suffix(')')?.split_once(' ')?;
    let seconds = match unit.trim_end_matches('s') {
        "minute" => 60,
        "hour" => 3_600,
        "day" => 86_400,
        _ => return None,
    };
    Some(Duration::from_secs(number.parse::<u64>().ok()?.checked_mul(seconds)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_and_crons_wait_for_a_hand() {
        assert_eq!(rate("rate(5 minutes)"), Some(Duration::from_secs(300)));
        assert_eq!(rate("rate(1 day)"), Some(Duration::from_secs(86_400)));
        assert_eq!(rate("cron(0 3 * * ? *)"), None);
        assert_eq!(rate("rate(x days)"), None);
    }
}
