//! The file by which commands find a running daemon: its address and token, for this user only.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use lanes_engine::replace_private;

const NAME: &str = "daemon.json";

/// Address and token of a running daemon.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct DaemonFile {
    /// Address of the interface.
    pub address: SocketAddr,
    /// The token, if one is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// Process of the daemon.
    pub process: u32,
}

/// Returns the folder of the daemon's state, if none is given; `None` if the user has no home.
pub(crate) fn default_folder() -> Option<PathBuf> {
    let folders = directories::ProjectDirs::from("", "", "lanes")?;
    Some(folders.data_dir().join("serve"))
}

impl DaemonFile {
    /// Writes the file into the folder of the state.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        replace_private(&folder.join(NAME), &serde_json::to_vec(self)?)
    }

    /// Reads the file; `None` if there is none. It may be of a daemon that was killed.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn read(folder: &Path) -> io::Result<Option<Self>> {
        match std::fs::read(folder.join(NAME)) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Removes the file at the end of the daemon.
    pub(crate) fn remove(folder: &Path) {
        // A file that stays names an address at which nothing answers, which commands report.
        let _ = std::fs::remove_file(folder.join(NAME));
    }
}
