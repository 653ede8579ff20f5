//! Ctrl+C and termination signals.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;

/// Calls `action` at the first Ctrl+C (or SIGTERM, SIGHUP). A second one exits at once; the data
/// saved so far stays on disk, as after a crash.
pub(super) fn on_first(action: impl Fn() + Send + 'static) -> anyhow::Result<()> {
    let seen = AtomicBool::new(false);
    ctrlc::set_handler(move || {
        if seen.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        action();
    })
    .context("cannot install the handler for Ctrl+C")
}
