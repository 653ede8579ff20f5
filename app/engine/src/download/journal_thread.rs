//! The thread that writes the journal of a running attempt.

use std::sync::atomic::Ordering;
use std::thread::{Builder, Scope};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::finish;
use crate::transfer::plan::Plan;
use crate::transfer::shared::Transfer;

/// Interval at which the journal is written.
pub(crate) const INTERVAL: Duration = Duration::from_secs(1);

/// Starts the journal thread, which ends when the sender of `stopped` is dropped. Without it the
/// download still works, but a crash loses more.
pub(crate) fn start<'scope>(
    scope: &'scope Scope<'scope, '_>,
    transfer: &'scope Transfer,
    stopped: &Receiver<()>,
) {
    let stopped = stopped.clone();
    let thread = Builder::new().name("journal".into());
    if let Err(error) = thread.spawn_scoped(scope, move || run(&transfer.plan, &stopped)) {
        tracing::warn!("cannot start the journal thread: {error}");
    }
}

/// Writes the journal every second while the file grows.
fn run(plan: &Plan, stopped: &Receiver<()>) {
    let mut last = 0;
    loop {
        let current = plan
            .active()
            .map(|active| (active, active.done.load(Ordering::Acquire)));
        if let Some((active, done)) = current.filter(|(_, done)| *done != last) {
            last = done;
            if let Err(error) = finish::write_journal(plan, active) {
                // The next write may succeed; the file's bytes are not affected.
                tracing::warn!("cannot write the journal: {error}");
            }
        }
        let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(INTERVAL) else {
            return;
        };
    }
}
