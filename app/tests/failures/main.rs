//! What goes wrong between a client and a server, and what the user is left with.

mod commands;
#[path = "../common/mod.rs"]
mod common;
mod corruption;
mod resume;
mod server_errors;

use lanes_engine::FetchError;

/// Why a download failed.
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
