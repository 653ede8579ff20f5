//! Ctrl+C and termination.

use std::sync::atomic::{AtomicBool, Ordering};

use super::failure::Failure;

/// Has the first Ctrl+C (or SIGTERM, SIGHUP) call `action`. A second one ends the program at once:
/// what was kept so far stands, as after a crash.
pub(super) fn at_first(action: impl Fn() + Send + 'static) -> Result<(), Failure> {
    let seen = AtomicBool::new(false);
    ctrlc::set_handler(move || {
        if seen.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        action();
    })
    .map_err(|error| Failure::Failed(format!("Ctrl+C cannot be watched for: {error}")))
}
