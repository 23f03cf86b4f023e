//! A function's settings, from its environment.

/// The environment variable `name`, which the template sets.
pub fn env(name: &str) -> Result<String, lambda_runtime::Error> {
    std::env::var(name).map_err(|_| format!("the environment variable {name} is not set").into())
}
