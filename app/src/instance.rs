//! One window for each user: a second program hands its links to the window that is open.
//!
//! 1. The window listens on a port of the loopback interface. A file in the program's private folder has the
//!    address and a random key, so that only programs of this user can hand links over.
//! 2. The window proves first that it has the key: after a crash the port may belong to another program, and
//!    links may be secret. Then the second program proves the same, and sends the links.
//! 3. A window that does not answer within two seconds counts as closed: the second program opens its own.
//! 4. The native messaging host hands downloads of a browser over in the same way, with their header fields.

mod client;
mod instance_file;
mod listener;
mod messages;

use std::path::PathBuf;

pub(crate) use client::{hand_over, is_open};
pub(crate) use listener::Listener;
pub(crate) use messages::Handed;

/// Returns the folder by which programs find the window: that of its settings. `None` if the user has no home.
pub(crate) fn default_folder() -> Option<PathBuf> {
    let folders = directories::ProjectDirs::from("", "", "lanes")?;
    Some(folders.data_dir().to_owned())
}
