//! Begins a transfer with the bytes of another program's unfinished file.
//!
//! They are copied into a new part file with a journal of its own. From then on the download is one that was
//! interrupted: bytes before each gap are compared with the server's, and the same command resumes it. The
//! other program's files are only read.

use std::io;
use std::ops::Range;
use std::path::Path;

use lanes_shared::packet::PacketPlan;
use lanes_shared::size;

use super::resume_or_create::Resumed;
use super::shared::Transfer;
use crate::model::outcome::FetchError;
use crate::model::resource_info::ResourceInfo;
use crate::storage::error::StorageError;
use crate::storage::journal::Journal;
use crate::storage::open_download::OpenDownload;
use crate::storage::packet_bitmap::SavedBitmap;
use crate::storage::part_store::{self, PartStore};
use crate::storage::unfinished::claim::Runs;
use crate::storage::unfinished::error::UnfinishedError;
use crate::storage::unfinished::found_file::FoundFile;

/// Bytes that are copied between two checks for a cancellation.
const COPY_STEP: u64 = 64 << 20;

impl Transfer {
    /// Takes the claimed bytes of `file` over, of a file that the server describes by `info`. A part file of an
    /// earlier attempt takes precedence: it began with them. Called before any worker starts.
    ///
    /// # Errors
    /// The bytes cannot be read or written, or the download was stopped.
    pub fn take_over(
        &self,
        info: &ResourceInfo,
        file: &FoundFile,
        runs: &Runs,
    ) -> Result<(), FetchError> {
        let target = self.choose_target(info.name.as_deref());
        let earlier = self.find(&target, Some(info))?;
        let resumed = match earlier.filter(|(active, _)| active.info.is_compatible_with(info)) {
            Some(earlier) => earlier,
            None => match self.copy(info, file, runs, &target)? {
                Some(copied) => copied,
                None => return Ok(()),
            },
        };
        let mut ranges = self.scheduler.lock();
        self.adopt(&mut ranges, resumed);
        Ok(())
    }

    /// Copies the claimed packets into a new part file for `target`. `None` if there are none.
    fn copy(
        &self,
        info: &ResourceInfo,
        file: &FoundFile,
        runs: &Runs,
        target: &Path,
    ) -> Result<Option<Resumed>, FetchError> {
        let spec = &self.context.spec;
        let plan = PacketPlan::new(info.len, info.packet_len).map_err(StorageError::from)?;
        let packets = runs.packets(&plan);
        if packets.is_empty() {
            let (program, path) = (file.program(), file.path.display());
            let size = size::si(runs.bytes());
            self.events.notice(format!(
                "Nothing of the unfinished file is used, since {program} recorded {size} of it; the download begins with the first byte: {path}"
            ));
            return Ok(None);
        }
        let store = part_store::create(target, Some(info.len), false)?;
        for (first, end) in &packets {
            self.copy_bytes(file, &store, plan.bytes_of(&(*first..*end)))?;
        }
        let failed = |error| StorageError::write(error, &store.paths.part);
        // The journal claims them.
        if spec.flush {
            store.file.flush().map_err(failed)?;
        }
        let record = store.file.prepare().map_err(failed)?;
        let source = spec.source.full_link();
        let journal = Journal::new(source, info, record, SavedBitmap::Runs(packets));
        let hash = self.wants_hash(info.promises_digest);
        let copied = OpenDownload::resumed(store, &journal, hash, true);
        let Some((mut active, groups)) = copied else {
            return Ok(None);
        };
        self.begin_part(&mut active, target)?;
        self.context.set_taken_over(&file.path);
        self.events.notice(taken_over_notice(file, active.resumed));
        Ok(Some((active, groups)))
    }

    fn copy_bytes(
        &self,
        file: &FoundFile,
        store: &PartStore,
        mut bytes: Range<u64>,
    ) -> Result<(), FetchError> {
        while !bytes.is_empty() {
            if self.cancel.is_cancelled() {
                return Err(FetchError::Stopped);
            }
            let step = bytes.start..bytes.end.min(bytes.start.saturating_add(COPY_STEP));
            bytes.start = step.end;
            store.file.copy_from(file, &step).map_err(|error| {
                // The other program may have cut its file meanwhile.
                if error.kind() == io::ErrorKind::UnexpectedEof {
                    let path = file.path.clone();
                    return FetchError::from(UnfinishedError::Read { path, error });
                }
                StorageError::write(error, &store.paths.part).into()
            })?;
        }
        Ok(())
    }
}

fn taken_over_notice(file: &FoundFile, bytes: u64) -> String {
    let (program, size, data) = (file.program(), size::si(bytes), file.path.display());
    match &file.state {
        Some(state) => format!(
            "{size} are taken over from {program}; its files stay as they are, and are not needed once the download is finished: {data} and {}",
            state.display()
        ),
        None => format!(
            "{size} are taken over from {program}; its file stays as it is, and is not needed once the download is finished: {data}"
        ),
    }
}
