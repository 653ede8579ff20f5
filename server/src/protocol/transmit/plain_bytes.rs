//! Sends plain bytes of a file, without packets.

use std::ops::Range;

use super::Transmit;
use crate::content::open_file::OpenFile;
use crate::protocol::close_reason::CloseReason;

/// Bytes of a file that are read before the first write (16 KiB), so that the first byte does not
/// wait for a full buffer.
const FIRST_CHUNK: usize = 16 * 1024;

impl Transmit<'_> {
    /// Sends `head` and the plain `bytes` of a file. Calls `on_start` once the first of them are
    /// sent or, if they are few, buffered.
    ///
    /// # Errors
    /// If the file changed or cannot be read, the server stops, or the connection is lost. A
    /// refusal means that nothing was sent.
    pub fn send_bytes(
        &mut self,
        head: &[u8],
        file: &OpenFile,
        bytes: Range<u64>,
        on_start: impl FnOnce(),
    ) -> Result<(), CloseReason> {
        self.unchecked_from = self.filled;
        self.put(head)?;
        let mut on_start = Some(on_start);
        let mut at = bytes.start;
        let mut has_started = false;
        while at < bytes.end {
            let max = if has_started {
                self.buffer_len
            } else {
                FIRST_CHUNK
            };
            let space = max.min(self.buffer_len - self.filled) as u64;
            let len = space.min(bytes.end - at) as usize;
            self.grow(self.filled + len);
            let chunk = &mut self.buffer[self.filled..self.filled + len];
            let result = file.read_at(at, chunk).and_then(|()| file.check());
            // A refusal must not follow plain bytes: the client would take it for more of the file.
            result.map_err(|error| {
                if has_started {
                    CloseReason::from(error).into_abort()
                } else {
                    self.discard_unchecked(error.into())
                }
            })?;
            self.filled += len;
            self.file_bytes += len as u64;
            at += len as u64;
            if at == bytes.end && !has_started {
                // Few bytes: they may be sent together with the next reply.
                self.unchecked_from = self.filled;
                break;
            }
            self.flush()?;
            has_started = true;
            if let Some(on_start) = on_start.take() {
                on_start();
            }
            if at < bytes.end && self.state.is_past_stop_deadline() {
                return Err(CloseReason::stopping().into_abort());
            }
        }
        if let Some(on_start) = on_start {
            on_start();
        }
        Ok(())
    }
}
