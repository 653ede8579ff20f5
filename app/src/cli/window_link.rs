//! Links for the window: `lanes LINK...`, as a desktop or a browser calls it.

use std::str::FromStr;

use crate::metalink_path::metalink_path;
use lanes_engine::{Source, SourceUrlError, metalink};

/// A link, or the absolute path of a Metalink file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowLink(pub String);

/// Why an argument is neither a command nor something to download.
#[derive(Debug, thiserror::Error)]
pub enum WindowLinkError {
    /// It is a malformed link.
    #[error(transparent)]
    Link(#[from] SourceUrlError),
    /// It is a path that cannot be made absolute.
    #[error("cannot find the folder of {0}: give an absolute path")]
    Path(String),
    /// It is something else.
    #[error(
        "{0} is neither a command, nor a link, nor a Metalink file (.meta4); `lanes --help` lists the commands"
    )]
    Unknown(String),
}

impl FromStr for WindowLink {
    type Err = WindowLinkError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if metalink_path(text).is_some() {
            return Ok(Self(text.to_owned()));
        }
        if text.contains("://") {
            return Ok(Self(text.parse::<Source>()?.full_link()));
        }
        if !metalink::is_name(text) {
            return Err(WindowLinkError::Unknown(text.to_owned()));
        }
        let path = std::path::absolute(text).map_err(|_| WindowLinkError::Path(text.to_owned()))?;
        Ok(Self(path.display().to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_metalinks_are_taken_and_mistyped_commands_are_not() {
        let read = |text: &str| text.parse::<WindowLink>().map(|link| link.0);
        let path = std::env::current_dir().unwrap().join("a b.meta4");
        for (text, link) in [
            ("https://h/x?y=1", "https://h/x?y=1"),
            ("lanes://h:7/x", "lanes://h:7/x"),
            ("file:///a/x.meta4", "file:///a/x.meta4"),
            ("a b.meta4", path.to_str().unwrap()),
        ] {
            assert_eq!(read(text).ok().as_deref(), Some(link));
        }
        for (text, words) in [
            ("gte", "neither a command"),
            ("https://", "empty host"),
            ("ftp://h/x", "http"),
            ("file:///a/x.iso", "file"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
