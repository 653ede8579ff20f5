//! Downloads from the real server: complete ones, and ones with corruption, interruption, unavailable
//! servers, per-host limits and user commands at any time.

mod commands;
#[path = "../common/mod.rs"]
mod common;
mod corruption;
mod end_to_end;
mod host_limits;
mod list_changes;
mod metadata;
#[cfg(target_os = "linux")]
mod origin_mark;
mod queue;
mod resume;
mod running_options;
mod server_errors;
mod small_files;
mod start_times;

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
