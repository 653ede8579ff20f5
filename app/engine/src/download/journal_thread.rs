//! The thread that writes the journal of a running attempt, and looks after its folder.

use std::sync::atomic::Ordering;
use std::thread::{Builder, Scope};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::finalize_file;
use crate::storage::error::StorageError;
use crate::storage::target_path::{self, folder_of};
use crate::sync::nice::inherited;
use crate::transfer::events::Event;
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
    if let Err(error) = thread.spawn_scoped(scope, inherited(move || run(transfer, &stopped))) {
        tracing::warn!("cannot start the journal thread: {error}");
    }
}

/// Writes the journal every second while the file grows. Ends the download if its folder goes away:
/// without the folder the file gets no name, and from then on all further bytes are lost.
fn run(transfer: &Transfer, stopped: &Receiver<()>) {
    let mut last = 0;
    loop {
        if let Some(error) = gone_folder(transfer) {
            transfer.events.send(Event::Fatal(error.into()));
            return;
        }
        let active = transfer.context.active();
        let current = active.map(|active| (active, active.done.load(Ordering::Acquire)));
        if let Some((active, done)) = current.filter(|(_, done)| *done != last) {
            last = done;
            if let Err(error) = finalize_file::write_journal(&transfer.context, active) {
                if active.file.has_flush_failed() {
                    // Bytes may be lost, and only the last journal says which are there.
                    let error = StorageError::flush(error, &active.paths.part);
                    transfer.events.send(Event::Fatal(error.into()));
                    return;
                }
                // The next write may succeed; the file's bytes are not affected.
                tracing::warn!("cannot write the journal: {error}");
            }
        }
        let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(INTERVAL) else {
            return;
        };
    }
}

/// Returns an error if the folder of the file, which was there when the file was created, is gone.
fn gone_folder(transfer: &Transfer) -> Option<StorageError> {
    let context = &transfer.context;
    let has_file =
        context.active().is_some() || transfer.counters.unsized_bytes.load(Ordering::Relaxed) > 0;
    let path = context
        .target()
        .filter(|_| has_file && !context.is_stream)?;
    let error = || StorageError::FolderGone(folder_of(path).to_owned());
    target_path::is_folder_gone(path).then(error)
}
