//! Reads `~/.netrc`.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::PathBuf;

use super::netrc::{Login, Netrc, UnclosedQuote};

/// Largest file that is read, in bytes; curl reads 128 KiB.
const MAX_LEN: u64 = 1 << 20;

/// Error of a netrc file.
#[derive(Debug, thiserror::Error)]
pub enum NetrcError {
    /// The file exists, but cannot be read.
    #[error("cannot read {}: {error}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Reason.
        error: io::Error,
    },
    /// The file is too long, or no regular file.
    #[error("{} is no regular file of at most {} KiB", .0.display(), MAX_LEN >> 10)]
    NoFile(PathBuf),
    /// A quoted word has no end.
    #[error("{}, line {line}: no closing quote", .path.display())]
    Quote {
        /// The file.
        path: PathBuf,
        /// The line of the opening quote, from 1.
        line: usize,
    },
}

/// Returns the login for `host` in the user's file, if there is one; see [`Netrc::find`]. A file with an
/// error has none: [`check`] reports it.
pub(crate) fn for_host(host: &str, user: Option<&str>, with_default: bool) -> Option<Login> {
    read().ok()?.find(host, user, with_default)
}

/// Checks that the user's netrc file, if there is one, can be read.
///
/// # Errors
/// See [`NetrcError`].
pub fn check() -> Result<(), NetrcError> {
    read().map(drop)
}

/// Reads the user's file; without one, there are no entries.
fn read() -> Result<Netrc, NetrcError> {
    let Some(home) = directories::UserDirs::new() else {
        return Ok(Netrc::default());
    };
    let names: &[&str] = if cfg!(windows) {
        &[".netrc", "_netrc"]
    } else {
        &[".netrc"]
    };
    let paths = names.iter().map(|name| home.home_dir().join(name));
    let Some((path, meta)) = paths
        .filter_map(|path| fs::metadata(&path).ok().map(|meta| (path, meta)))
        .next()
    else {
        return Ok(Netrc::default());
    };
    if !meta.is_file() || meta.len() > MAX_LEN {
        return Err(NetrcError::NoFile(path));
    }
    let mut content = Vec::new();
    let file = File::open(&path).and_then(|file| file.take(MAX_LEN).read_to_end(&mut content));
    if let Err(error) = file {
        return Err(NetrcError::Io { path, error });
    }
    Netrc::parse(&content).map_err(|UnclosedQuote(line)| NetrcError::Quote { path, line })
}
