//! Copies bytes of an unfinished file of another program into a part file.

use std::io;
use std::ops::Range;

use super::PartFile;
use crate::storage::unfinished::found_file::FoundFile;

impl PartFile {
    /// Copies `bytes` of `other` to the same offset.
    ///
    /// # Errors
    /// Those of reading and writing.
    pub fn copy_from(&self, other: &FoundFile, bytes: &Range<u64>) -> io::Result<()> {
        let _guard = self.lock_for_write();
        other.copy(&self.file, bytes)
    }
}
