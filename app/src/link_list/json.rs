//! Lists as JSON: an array of links or of objects, or an object with such an array, as Lanes exports it.

use std::path::PathBuf;

use lanes_engine::SourceUrlError;
use serde_json::{Map, Value};

use super::entry::{Entry, LinkList, Outside, below_folder};

/// Names of the array within an object.
const LISTS: [&str; 3] = ["downloads", "links", "urls"];

/// Reason why a list cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JsonError {
    /// It is not JSON.
    #[error("not valid JSON: {0}")]
    Syntax(#[from] serde_json::Error),
    /// There is no array of downloads.
    #[error("no list: expected an array of links, or an object with `downloads`")]
    NoList,
    /// A download cannot be read.
    #[error("download {number}: {reason}")]
    Download {
        /// Number of the download, from 1.
        number: usize,
        /// Reason.
        reason: Reason,
    },
}

/// Reason why a download of a list cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Reason {
    #[error(transparent)]
    Link(#[from] SourceUrlError),
    #[error(transparent)]
    Outside(#[from] Outside),
    #[error("no link: expected a text, or an object with `url` or `links`")]
    NoLink,
    #[error("checksum: {0}")]
    Checksum(#[from] lanes_engine::ChecksumError),
}

/// Parses a list.
///
/// # Errors
/// See [`JsonError`].
pub(super) fn parse(text: &str) -> Result<LinkList, JsonError> {
    let value: Value = serde_json::from_str(text)?;
    let array = match &value {
        Value::Array(array) => Some(array),
        _ => LISTS.iter().find_map(|name| value.get(name)?.as_array()),
    };
    let mut list = LinkList::default();
    for (index, value) in array.ok_or(JsonError::NoList)?.iter().enumerate() {
        let number = index + 1;
        let entry = entry(number, value);
        let entry = entry.map_err(|reason| JsonError::Download { number, reason })?;
        list.entries.push(entry);
    }
    Ok(list)
}

fn entry(number: usize, value: &Value) -> Result<Entry, Reason> {
    let empty = Map::new();
    let fields = value.as_object().unwrap_or(&empty);
    let text = |names: &[&str]| names.iter().find_map(|name| fields.get(*name)?.as_str());
    let links = match value {
        Value::String(link) => vec![link.as_str()],
        _ => match (text(&["url", "link", "uri"]), texts(fields, "links")) {
            (Some(link), _) => vec![link],
            (None, links) if !links.is_empty() => links,
            _ => texts(fields, "urls"),
        },
    };
    let links: Result<Vec<_>, SourceUrlError> = links.iter().map(|link| link.parse()).collect();
    let mut entry = Entry::new(number, links?);
    if entry.links.is_empty() {
        return Err(Reason::NoLink);
    }
    if let Some(name) = text(&["name", "out", "filename"]) {
        entry.name = Some(below_folder(name)?);
    }
    entry.folder = text(&["folder", "dir"]).map(PathBuf::from);
    if let Some(checksum) = text(&["checksum"]) {
        entry.checksum = Some(checksum.replacen('=', ":", 1).parse()?);
    }
    if let Some(headers) = fields.get("headers").and_then(Value::as_object) {
        let pair = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.into()));
        entry.headers.extend(headers.iter().filter_map(pair));
    }
    for (name, header) in [("referer", "Referer"), ("cookie", "Cookie")] {
        if let Some(value) = text(&[name]) {
            entry.headers.push((header.into(), value.to_owned()));
        }
    }
    Ok(entry)
}

fn texts<'a>(fields: &'a Map<String, Value>, name: &str) -> Vec<&'a str> {
    let array = fields.get(name).and_then(Value::as_array);
    let texts = array.into_iter().flatten();
    texts.filter_map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_objects_are_downloads() {
        let text = r#" {"downloads": ["http://h/a", {"url": "http://h/b", "name": "x.bin", "dir": "/d",
            "headers": {"X-A": "b"}, "referer": "http://h/", "checksum": "md5=d41d8cd98f00b204e9800998ecf8427e"},
            {"links": ["http://h/c", "http://m/c"]}]}"#;
        let entries = parse(text).unwrap().entries;
        let links: Vec<usize> = entries.iter().map(|entry| entry.links.len()).collect();
        assert_eq!(links, [1, 1, 2]);
        assert_eq!(entries[1].headers.len(), 2);
        assert!(entries[1].checksum.is_some() && entries[1].folder.is_some());
        for (text, word) in [
            ("{", "not valid JSON"),
            ("{}", "no list"),
            ("[1]", "download 1: no link"),
            (r#"["http://h/a", "gopher://h/"]"#, "download 2: "),
            (r#"[{"url": "http://h/a", "name": "/etc/x"}]"#, "leads out"),
            (
                r#"[{"url": "http://h/a", "checksum": "md5:0"}]"#,
                "checksum",
            ),
        ] {
            let error = parse(text).map(drop).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
