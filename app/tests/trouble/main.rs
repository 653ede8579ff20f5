//! What goes wrong between a client and a server, and what the user is left with.

#[path = "../common/mod.rs"]
mod common;
mod damaged;
mod interrupted;
mod orders;
mod unanswered;

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
