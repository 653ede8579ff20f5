//! Corruption, interruption, unavailable servers, and user commands at any time during a download.

mod commands;
#[path = "../common/mod.rs"]
mod common;
mod corruption;
mod resume;
mod server_errors;

use lanes_engine::FetchError;

/// Returns the reason of a failed download.
fn reason(result: Result<lanes_engine::Outcome, FetchError>) -> String {
    match result {
        Err(
            FetchError::Failed(reason)
            | FetchError::NoSuchFile(reason)
            | FetchError::Changed(reason),
        ) => reason,
        other => panic!("expected a failure, got {other:?}"),
    }
}
