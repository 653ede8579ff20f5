//! Parses user input into a link, a file of a Lanes server or a local Metalink file, and fetches
//! its metadata.

use std::borrow::Cow;

use super::paths::expand_home;
use crate::metalink_path::metalink_path;
use crate::pasted;
use lanes_engine::HttpOptions;
use lanes_engine::metalink::{self, MetalinkFile};
use lanes_engine::{self, CancelToken, ProbeResult};
use lanes_engine::{ServerName, Source, SourceUrlError};

/// A parsed line of input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LinkInput {
    /// A link to a file.
    Link(Source),
    /// A Metalink file on this machine; the path as typed.
    Metalink(String),
}

impl LinkInput {
    /// Parses a line; a plain name is a file of `server`.
    ///
    /// # Errors
    /// Returns a message for the user if the line is empty, or it or `server` is malformed.
    pub(crate) fn parse(line: &str, server: &str) -> Result<Self, String> {
        let line = line.trim();
        match metalink_path(line) {
            Some(path) => Ok(Self::Metalink(path.into_owned())),
            None => parse_source(server, line).map(Self::Link),
        }
    }

    /// Returns the link.
    ///
    /// # Errors
    /// Returns a message for the user if the input is a local path.
    pub(crate) fn into_source(self) -> Result<Source, String> {
        match self {
            Self::Link(source) => Ok(source),
            Self::Metalink(path) => Err(format!("This is a path, not a link: {path}")),
        }
    }

    /// Returns a unique key for the input. It may be a secret link, and is not shown.
    pub(crate) fn key(&self) -> String {
        match self {
            Self::Link(source) => source.full_link(),
            Self::Metalink(path) => path.clone(),
        }
    }

    /// Returns the file name.
    pub(crate) fn name(&self) -> Cow<'_, str> {
        match self {
            Self::Link(source) => source.name(),
            Self::Metalink(path) => last_part(path).into(),
        }
    }

    /// Returns the Lanes server of the file; `None` for web links and local paths.
    pub(crate) fn lanes_server(&self) -> Option<&ServerName> {
        match self {
            Self::Link(source) => source.lanes_server(),
            Self::Metalink(_) => None,
        }
    }

    /// Returns whether the name is that of a Metalink file.
    pub(crate) fn looks_like_metalink(&self) -> bool {
        match self {
            Self::Link(source) => {
                self.lanes_server().is_none() && metalink::is_name(&source.name())
            }
            Self::Metalink(_) => true,
        }
    }
}

/// Metadata of an input, known before it is downloaded.
#[derive(Debug, Clone)]
pub(crate) enum Metadata {
    /// A file on a web server.
    File(ProbeResult),
    /// The files listed in a Metalink file.
    Metalink(Vec<MetalinkFile>),
}

/// Fetches the metadata of an input without downloading it. Blocks on the network or the disk.
///
/// # Errors
/// Returns a message for the user if the server or the disk fails, or the Metalink file is malformed.
pub(crate) fn fetch_metadata(
    input: &LinkInput,
    options: &HttpOptions,
    stop: &CancelToken,
) -> Result<Metadata, String> {
    let source = match input {
        LinkInput::Metalink(path) => {
            return lanes_engine::open_metalink(&expand_home(path), stop)
                .map(Metadata::Metalink)
                .map_err(|error| error.to_string());
        }
        LinkInput::Link(source) => source,
    };
    let probe = lanes_engine::probe(source, options, stop).map_err(|error| error.to_string())?;
    if !probe.is_metalink && !input.looks_like_metalink() {
        return Ok(Metadata::File(probe));
    }
    lanes_engine::fetch_metalink(source, options, stop)
        .map(Metadata::Metalink)
        .map_err(|error| error.to_string())
}

/// Parses a link, or the name of a file of `server`.
///
/// # Errors
/// Returns a message for the user if `typed` is empty, or it or `server` is malformed.
pub(crate) fn parse_source(server: &str, typed: &str) -> Result<Source, String> {
    let name = typed.trim();
    if name.contains("://") {
        return name.parse().map_err(error_text);
    }
    if name.is_empty() {
        return Err("Type a file's name, paste a link, or pick a file from the list".to_owned());
    }
    let server = server.parse().map_err(error_text)?;
    let name = name.to_owned();
    Ok(Source::Lanes { server, name })
}

#[expect(clippy::needless_pass_by_value, reason = "it is a map_err")]
fn error_text(error: SourceUrlError) -> String {
    let words = error.to_string();
    let mut letters = words.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// Splits pasted or dropped text into inputs: a line may hold several links, but one path only,
/// since paths may contain spaces. A command line is one input.
pub(crate) fn split_lines(pasted: &str) -> Vec<String> {
    if pasted::is_command(pasted) {
        return vec![pasted.trim().to_owned()];
    }
    let mut lines = Vec::new();
    for line in pasted.lines().map(str::trim) {
        if metalink_path(line).is_some() {
            lines.push(line.to_owned());
        } else {
            lines.extend(line.split_whitespace().map(str::to_owned));
        }
    }
    lines
}

fn last_part(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<LinkInput, String> {
        LinkInput::parse(line, "here:7")
    }

    #[test]
    fn an_absolute_path_is_a_metalink_and_a_name_is_a_file_of_the_server() {
        for (line, path) in [
            ("/a b/x.meta4", "/a b/x.meta4"),
            (" ~/x.METALINK ", "~/x.METALINK"),
            ("file:///a%20b/x.meta4", "/a b/x.meta4"),
            ("file://localhost/x.meta4", "/x.meta4"),
            ("file:///C:/x.meta4", "C:/x.meta4"),
            ("\"C:\\a b\\x.meta4\"", "C:\\a b\\x.meta4"),
            ("'/a/x.meta4'", "/a/x.meta4"),
        ] {
            assert_eq!(
                read(line),
                Ok(LinkInput::Metalink(path.to_owned())),
                "{line}"
            );
        }
        for (line, link) in [
            ("x.meta4", "lanes://here:7/x.meta4"),
            ("pictures/x.meta4", "lanes://here:7/pictures/x.meta4"),
            ("https://h/x.meta4", "https://h/x.meta4"),
        ] {
            assert_eq!(read(line).map(|input| input.key()), Ok(link.to_owned()));
        }
        assert!(read("https://h/x.meta4").is_ok_and(|input| input.looks_like_metalink()));
        assert!(read("file:///x.iso").is_err());
    }

    #[test]
    fn links_on_one_line_are_split_and_paths_with_spaces_are_not() {
        assert_eq!(
            split_lines("http://a/x  http://b/y\n\n /my files/z.meta4 \nData.jpg"),
            ["http://a/x", "http://b/y", "/my files/z.meta4", "Data.jpg"]
        );
        let command = "curl 'http://a/x' \\\n  -H 'A: b'";
        assert_eq!(split_lines(command), [command]);
    }
}
