//! Opens the output of a download to standard output, a pipe or a device: once, before the first request. One
//! connection then writes it in order.

use super::shared::Transfer;
use crate::model::checksum::Checksum;
use crate::model::outcome::FetchError;
use crate::storage::error::StorageError;
use crate::storage::part_file::PartFile;
use crate::storage::part_paths::Paths;
use crate::storage::part_store::PartStore;
use crate::storage::stream_sink::StreamSink;
use crate::sync::lock;

impl Transfer {
    /// Opens the pipe or device. A reader that waits sees its end also if the download fails.
    ///
    /// # Errors
    /// It cannot be opened for writing.
    pub(super) fn open_stream(&self) -> Result<(), FetchError> {
        let destination = &self.context.spec.destination;
        let target = self.choose_target(None);
        let opened = StreamSink::open(destination, &self.cancel).and_then(PartFile::streaming);
        if self.cancel.is_cancelled() {
            return Err(FetchError::Stopped);
        }
        let file = opened.map_err(|error| StorageError::write(error, &target))?;
        // Errors name the pipe or device, which has no part file.
        let paths = Paths {
            part: target.clone(),
            ..Paths::new(target)
        };
        *lock(&self.context.stream) = Some(PartStore::new(paths, file));
        Ok(())
    }

    /// Takes the open pipe or device, which computes the checksum of the user, `checksum` and, with `hash`,
    /// a BLAKE3 digest.
    ///
    /// # Errors
    /// It was taken before: its bytes cannot be written again.
    pub(super) fn take_stream(
        &self,
        hash: bool,
        checksum: Option<Checksum>,
    ) -> Result<PartStore, FetchError> {
        let Some(store) = lock(&self.context.stream).take() else {
            return Err(FetchError::Failed(
                "bytes that were written to a pipe or a device cannot be written again; start over"
                    .to_owned(),
            ));
        };
        if let Some(stream) = store.file.stream() {
            let own = self.context.spec.checksum.clone();
            stream.expect(hash, own.into_iter().chain(checksum));
        }
        Ok(store)
    }
}
