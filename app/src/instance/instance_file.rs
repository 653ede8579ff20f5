//! The file by which a second program finds the open window: its address and key, for this user only.

use std::io::{self, Read as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use lanes_engine::{create_private_folder, replace_private};
use serde::{Deserialize, Serialize};

use super::messages::KEY_LEN;

const NAME: &str = "window.json";
/// Longest file that is read, in bytes.
const MAX_LEN: u64 = 4096;

/// Address and key of the open window.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct InstanceFile {
    /// Address on which it listens.
    pub address: SocketAddr,
    /// Secret by which both programs recognize each other.
    pub key: [u8; KEY_LEN],
}

impl InstanceFile {
    /// Writes the file into `folder`, which is created.
    ///
    /// # Errors
    /// Those of creating a folder and of writing a file.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        create_private_folder(folder)?;
        replace_private(&path(folder), &serde_json::to_vec(self)?)
    }

    /// Reads the file; `None` if there is none that can be read. It may be of a window that was killed.
    pub fn read(folder: &Path) -> Option<Self> {
        let mut bytes = Vec::new();
        let file = std::fs::File::open(path(folder)).ok()?;
        file.take(MAX_LEN).read_to_end(&mut bytes).ok()?;
        let file: Self = serde_json::from_slice(&bytes).ok()?;
        file.address.ip().is_loopback().then_some(file)
    }

    /// Removes the file if it is still this one; a window that was opened later has written its own.
    pub fn remove(&self, folder: &Path) {
        if Self::read(folder).as_ref() == Some(self) {
            // A file that stays names an address at which nothing proves that it has the key.
            let _ = std::fs::remove_file(path(folder));
        }
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join(NAME)
}
