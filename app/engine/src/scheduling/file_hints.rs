//! Length, name and kind of a file as they are known before a response. They show that a response is a page
//! in place of the file.

use std::sync::OnceLock;

/// Facts from the download, its part file, and earlier responses.
#[derive(Debug, Default)]
pub(crate) struct FileHints {
    /// Length in bytes.
    len: OnceLock<u64>,
    /// Name that the file is saved under.
    name: OnceLock<String>,
    /// True if the file is a web page.
    is_page: OnceLock<bool>,
}

impl FileHints {
    /// Records the length in bytes.
    pub fn set_len(&self, len: u64) {
        let _ = self.len.set(len);
    }

    /// Returns the length in bytes.
    pub fn len(&self) -> Option<u64> {
        self.len.get().copied()
    }

    /// Records the name that the file is saved under.
    pub fn set_name(&self, name: impl FnOnce() -> String) {
        self.name.get_or_init(name);
    }

    /// Returns the name that the file is saved under.
    pub fn name(&self) -> Option<&str> {
        self.name.get().map(String::as_str)
    }

    /// Records whether the file is a web page. The first record counts.
    pub fn set_is_page(&self, is_page: bool) {
        let _ = self.is_page.set(is_page);
    }

    /// Returns whether the file is a web page.
    pub fn is_page(&self) -> Option<bool> {
        self.is_page.get().copied()
    }
}
