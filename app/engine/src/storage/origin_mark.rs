//! Marks a finished file as a download, so that the system asks before it starts a program from it: the
//! zone identifier of Windows, the quarantine of macOS. Linux has no such question; there the mark says
//! where the file came from (freedesktop.org, Common Extended Attributes).
//!
//! The mark never has a user name or a query: it goes with the file wherever that is copied, and other
//! users can read it. A file system without such attributes goes without.

use std::fs::File;
use std::io;
use std::path::Path;

/// Marks `file`, whose present name is `path`, as a download from `origin`, a URL without secrets. The
/// name must be that of the file: Windows knows the mark by it, and would create an empty file otherwise.
pub(crate) fn set(file: &File, path: Option<&Path>, origin: &str) {
    if let Err(error) = system::set(file, path, origin) {
        tracing::debug!("cannot mark {path:?} as a download: {error}");
    }
}

#[cfg(target_os = "linux")]
mod system {
    use rustix::fs::{XattrFlags, fsetxattr};

    use super::{File, Path, io};

    pub fn set(file: &File, _: Option<&Path>, origin: &str) -> io::Result<()> {
        let name = "user.xdg.origin.url";
        Ok(fsetxattr(
            file,
            name,
            origin.as_bytes(),
            XattrFlags::empty(),
        )?)
    }
}

#[cfg(target_vendor = "apple")]
mod system {
    use std::time::{SystemTime, UNIX_EPOCH};

    use rustix::fs::{XattrFlags, fsetxattr};

    use super::{File, Path, io};

    pub fn set(file: &File, _: Option<&Path>, _: &str) -> io::Result<()> {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        // Flags of a file from the network, the time, the program; no entry in the system's database.
        let value = format!("0081;{:08x};Lanes;", since.as_secs());
        let name = "com.apple.quarantine";
        Ok(fsetxattr(
            file,
            name,
            value.as_bytes(),
            XattrFlags::empty(),
        )?)
    }
}

#[cfg(windows)]
mod system {
    use super::{File, Path, io};

    pub fn set(_: &File, path: Option<&Path>, origin: &str) -> io::Result<()> {
        let path = path.ok_or(io::ErrorKind::NotFound)?;
        // An alternate data stream of the file, which a rename keeps. Zone 3 is the Internet.
        let mut stream = path.as_os_str().to_owned();
        stream.push(":Zone.Identifier");
        let text = format!("[ZoneTransfer]\r\nZoneId=3\r\nHostUrl={origin}\r\n");
        std::fs::write(stream, text)
    }
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple", windows)))]
mod system {
    use super::{File, Path, io};

    pub fn set(_: &File, _: Option<&Path>, _: &str) -> io::Result<()> {
        Ok(())
    }
}
