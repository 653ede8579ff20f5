//! Metalink 4 (RFC 5854): a text that names files, where each is to be had, how long it is and what it
//! must hash to.
//!
//! 1. What stands in it comes from a stranger: its length is bounded, names are made safe, and of the
//!    links only those to HTTP servers are kept.
//! 2. Of hashes the strongest that Lanes computes is taken. What is left out is said in words.

mod entry;
mod xml;

pub use self::entry::MetalinkFile;
use self::xml::Xml;
pub use crate::model::file_name::is_metalink_name as is_name;

/// The longest text that is read, in bytes. It bounds everything that may stand in it.
pub const MAX_LEN: u64 = 4 << 20;
/// The most files that one text may name.
const MAX_FILES: usize = 1000;

const NAMESPACE: &str = "urn:ietf:params:xml:ns:metalink";
/// Of Metalink 3, the forerunner.
const OLD_NAMESPACE: &str = "http://www.metalinker.org/";

/// Why a text is no Metalink.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetalinkError {
    /// It is too long.
    #[error("the Metalink file has more than {} MiB, which is more than such a file may have", MAX_LEN >> 20)]
    TooLong,
    /// It is not UTF-8.
    #[error("the Metalink file is not UTF-8")]
    NotUtf8,
    /// It is no XML.
    #[error("the Metalink file is no XML from byte {0} on: {1}")]
    NotXml(u64, String),
    /// It is XML of something else.
    #[error("this is no Metalink file: it begins with <{0}>")]
    NotMetalink(String),
    /// It is of an older form.
    #[error("this is a file of Metalink 3; Lanes reads Metalink 4 (RFC 5854), often named .meta4")]
    Old,
    /// It names no file.
    #[error("the Metalink file names no file")]
    NoFiles,
    /// It names too many.
    #[error("the Metalink file names more than {MAX_FILES} files")]
    TooManyFiles,
}

/// Reads a text.
///
/// # Errors
/// See [`MetalinkError`].
pub fn parse(text: &str) -> Result<Vec<MetalinkFile>, MetalinkError> {
    if text.len() as u64 > MAX_LEN {
        return Err(MetalinkError::TooLong);
    }
    let mut xml = Xml::new(text);
    let root = xml.root()?;
    let namespace = xml.root_namespace(&root)?;
    match (root.local_name().as_ref(), namespace.trim()) {
        (b"metalink", NAMESPACE) => {}
        (b"metalink", OLD_NAMESPACE) => return Err(MetalinkError::Old),
        (name, _) => {
            let name = String::from_utf8_lossy(name).chars().take(40).collect();
            return Err(MetalinkError::NotMetalink(name));
        }
    }
    let mut files = Vec::new();
    while let Some(child) = xml.child()? {
        if xml.is(&child, "file") {
            files.push(entry::read(&mut xml, &child)?);
        } else {
            xml.skip(&child)?;
        }
        if files.len() > MAX_FILES {
            return Err(MetalinkError::TooManyFiles);
        }
    }
    match files.is_empty() {
        true => Err(MetalinkError::NoFiles),
        false => Ok(files),
    }
}

pub(crate) fn read(bytes: Vec<u8>) -> Result<Vec<MetalinkFile>, MetalinkError> {
    if bytes.len() as u64 > MAX_LEN {
        return Err(MetalinkError::TooLong);
    }
    let text = String::from_utf8(bytes).map_err(|_| MetalinkError::NotUtf8)?;
    parse(text.strip_prefix('\u{feff}').unwrap_or(&text))
}

#[cfg(test)]
mod tests;
