//! Parses Metalink 4 files (RFC 5854): the names of files, their URLs, lengths and hashes.
//!
//! Start with [`parse`]. This is pure parsing; reading a Metalink file from disk or over HTTP is left to
//! the caller.
//!
//! 1. The content is untrusted: its length is bounded, names are made safe, and only URLs of HTTP
//!    servers are kept.
//! 2. Of several hashes the strongest supported one is used. Everything that is left out is reported as a
//!    notice.

mod entry;
mod xml;

pub use self::entry::{MetalinkFile, NoSourceError};
use self::xml::Xml;
pub use crate::model::file_name::is_metalink_name as is_name;
use crate::sync::cancel::CancelToken;

/// Longest file that is parsed, in bytes. It bounds everything that the file may contain.
pub const MAX_LEN: u64 = 4 << 20;
/// Most files that one Metalink may name.
const MAX_FILES: usize = 1000;

const NAMESPACE: &str = "urn:ietf:params:xml:ns:metalink";
/// Namespace of Metalink 3.
const OLD_NAMESPACE: &str = "http://www.metalinker.org/";

/// Error in a Metalink file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetalinkError {
    /// The file is too long.
    #[error("Metalink file too long: more than {} MiB", MAX_LEN >> 20)]
    TooLong,
    /// The file is not UTF-8.
    #[error("Metalink file is not UTF-8")]
    NotUtf8,
    /// The file is not well-formed XML, at this byte and for this reason.
    #[error("Metalink file is not well-formed XML at byte {0}: {1}")]
    Xml(u64, String),
    /// The root element is another.
    #[error("not a Metalink file: root element is <{0}>")]
    NotMetalink(String),
    /// The file has an older format.
    #[error("unsupported Metalink 3 file: use Metalink 4 (RFC 5854), often named .meta4")]
    Old,
    /// The file names no files.
    #[error("Metalink file names no file")]
    NoFiles,
    /// Parsing was cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The file names too many files.
    #[error("Metalink file names more than {MAX_FILES} files")]
    TooManyFiles,
}

/// Parses the text of a Metalink file.
///
/// # Errors
/// See [`MetalinkError`].
///
/// # Examples
/// ```
/// use lanes_engine::metalink;
///
/// let text = r#"
///     <metalink xmlns="urn:ietf:params:xml:ns:metalink">
///       <file name="example.iso">
///         <size>1048576</size>
///         <url priority="2">https://b.example/example.iso</url>
///         <url priority="1">https://a.example/example.iso</url>
///       </file>
///     </metalink>"#;
/// let files = metalink::parse(text)?;
/// assert_eq!(files[0].name, "example.iso");
/// assert_eq!(files[0].len, Some(1_048_576));
/// assert_eq!(files[0].sources[0].host(), "a.example");
/// # Ok::<(), metalink::MetalinkError>(())
/// ```
pub fn parse(text: &str) -> Result<Vec<MetalinkFile>, MetalinkError> {
    parse_until(text, &CancelToken::default())
}

/// Parses as [`parse`] does, until `cancel` is cancelled.
fn parse_until(text: &str, cancel: &CancelToken) -> Result<Vec<MetalinkFile>, MetalinkError> {
    if text.len() as u64 > MAX_LEN {
        return Err(MetalinkError::TooLong);
    }
    let mut xml = Xml::new(text, cancel);
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
            files.push(entry::parse(&mut xml, &child)?);
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

/// Parses the bytes of a Metalink file, until `cancel` is cancelled.
pub(crate) fn parse_bytes(
    bytes: Vec<u8>,
    cancel: &CancelToken,
) -> Result<Vec<MetalinkFile>, MetalinkError> {
    if bytes.len() as u64 > MAX_LEN {
        return Err(MetalinkError::TooLong);
    }
    let text = String::from_utf8(bytes).map_err(|_| MetalinkError::NotUtf8)?;
    parse_until(text.strip_prefix('\u{feff}').unwrap_or(&text), cancel)
}

#[cfg(test)]
mod tests;
