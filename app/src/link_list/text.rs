//! Parses lists of links: one link a line, as aria2 and curl read them too.
//!
//! | line | meaning |
//! |---|---|
//! | `LINK` | one download |
//! | `LINK<tab>LINK` | one download with a mirror (aria2) |
//! | `  out=NAME`, `  dir=FOLDER`, … | indented: an option of the link above (aria2) |
//! | `url = "LINK"`, `output = "NAME"`, … | a configuration file of curl |
//! | `# …` | a comment |
//!
//! Options that have no effect here are reported, not refused.

use std::path::PathBuf;

use lanes_engine::{Source, SourceUrlError};

use super::entry::{Entry, LinkList, Outside, below_folder};

/// Options of curl that take no value.
const CURL_FLAGS: [&str; 8] = [
    "remote-name",
    "O",
    "location",
    "L",
    "fail",
    "f",
    "silent",
    "s",
];

/// An error in a list, with its line.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {reason}")]
pub(crate) struct LineError {
    /// Number of the line, from 1.
    pub line: usize,
    reason: Reason,
}

/// Reason why a line cannot be read.
#[derive(Debug, thiserror::Error)]
enum Reason {
    #[error(transparent)]
    Link(#[from] SourceUrlError),
    #[error("the option {0} has no link above it")]
    NoLink(String),
    #[error(transparent)]
    Outside(#[from] Outside),
    #[error("checksum: {0}")]
    Checksum(String),
    #[error("a header field is written as header=NAME: VALUE")]
    Header,
}

/// Parses a list.
///
/// # Errors
/// The first line that cannot be read.
pub(super) fn parse(text: &str) -> Result<LinkList, LineError> {
    let mut list = LinkList::default();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let content = line.trim();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let is_indented = line.starts_with([' ', '\t']);
        let parsed = match option(content) {
            Some(("url", value)) => list.add(number, &unquoted(value)),
            Some((key, value)) if is_indented || is_curl_option(content, key) => {
                list.set(number, key, &unquoted(value))
            }
            _ => list.add(number, content),
        };
        parsed.map_err(|reason| LineError {
            line: number,
            reason,
        })?;
    }
    Ok(list)
}

/// Splits `key=value`, `key = value`, `key: value` or `key value`; dashes before the key are dropped.
fn option(content: &str) -> Option<(&str, &str)> {
    let content = content.trim_start_matches('-');
    let end = content.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let (key, rest) = content.split_at(end.unwrap_or(content.len()));
    // A link.
    if key.is_empty() || rest.starts_with("://") {
        return None;
    }
    let rest = rest.trim_start();
    let value = rest.strip_prefix(['=', ':']).unwrap_or(rest);
    Some((key, value.trim()))
}

/// Returns whether a line that is not indented is an option of curl.
fn is_curl_option(content: &str, key: &str) -> bool {
    let known = ["output", "header", "user-agent", "referer", "output-dir"];
    content.starts_with('-') || known.contains(&key) || CURL_FLAGS.contains(&key)
}

/// Removes the double quotes of curl, and its escapes.
fn unquoted(value: &str) -> String {
    let Some(quoted) = value.strip_prefix('"') else {
        return value.to_owned();
    };
    let mut text = String::new();
    let mut chars = quoted.chars();
    while let Some(next) = chars.next() {
        match next {
            '"' => break,
            '\\' => match chars.next() {
                Some('t') => text.push('\t'),
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                Some(other) => text.push(other),
                None => {}
            },
            other => text.push(other),
        }
    }
    text
}

impl LinkList {
    fn add(&mut self, line: usize, links: &str) -> Result<(), Reason> {
        let links = links.split('\t').filter(|link| !link.trim().is_empty());
        let links: Result<Vec<Source>, SourceUrlError> =
            links.map(|link| link.trim().parse()).collect();
        self.entries.push(Entry::new(line, links?));
        Ok(())
    }

    fn set(&mut self, line: usize, key: &str, value: &str) -> Result<(), Reason> {
        let Some(entry) = self.entries.last_mut() else {
            return Err(Reason::NoLink(key.to_owned()));
        };
        match key {
            "out" | "output" | "o" => entry.name = Some(below_folder(value)?),
            "dir" | "output-dir" => entry.folder = Some(PathBuf::from(value)),
            "checksum" => {
                // aria2 writes `sha-256=HEX`.
                let parsed = value.replacen('=', ":", 1).parse();
                let checksum = parsed.map_err(|error| Reason::Checksum(format!("{error}")))?;
                entry.checksum = Some(checksum);
            }
            "header" | "H" => {
                let (name, value) = value.split_once(':').ok_or(Reason::Header)?;
                let field = (name.trim().to_owned(), value.trim().to_owned());
                entry.headers.push(field);
            }
            "user-agent" | "A" => entry.headers.push(("User-Agent".into(), value.to_owned())),
            "referer" | "e" => entry.headers.push(("Referer".into(), value.to_owned())),
            // The name of the server is the default.
            "remote-name" | "O" | "location" | "L" | "fail" | "f" | "silent" | "s" => {}
            _ if self.ignored.iter().any(|(_, known)| known == key) => {}
            _ => self.ignored.push((line, key.to_owned())),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn entries(text: &str) -> Vec<Entry> {
        parse(text).unwrap().entries
    }

    #[test]
    fn a_line_is_a_download_and_tabs_separate_mirrors() {
        let text =
            "\u{feff}# links\n\nhttp://h/a\r\n  \nhttps://h/b?x=1\thttp://m/b\nlanes://h:1/c\n";
        let found = entries(text);
        let lines: Vec<_> = found.iter().map(|entry| entry.line).collect();
        assert_eq!(lines, [3, 5, 6]);
        assert_eq!(found[1].links.len(), 2);
        assert_eq!(found[0].links[0].to_string(), "http://h/a");
    }

    #[test]
    fn options_of_aria2_and_of_curl_belong_to_the_link_above() {
        let aria2 = "http://h/a\n  out=sub/x y.bin\n  dir=/tmp/d\n  checksum=md5=d41d8cd98f00b204e9800998ecf8427e\n\theader=X-A: b\n  gid=1\nhttp://h/b\n  split=5\n";
        let list = parse(aria2).unwrap();
        let first = &list.entries[0];
        assert_eq!(first.name.as_deref(), Some(Path::new("sub/x y.bin")));
        assert_eq!(first.folder.as_deref(), Some(Path::new("/tmp/d")));
        assert!(first.checksum.is_some());
        assert_eq!(first.headers, [("X-A".to_owned(), "b".to_owned())]);
        assert_eq!(list.entries[1].name, None);
        let ignored = [(6, "gid".to_owned()), (8, "split".to_owned())];
        assert_eq!(list.ignored, ignored);

        let curl = "url = \"http://h/a\"\noutput = \"x \\\"y\\\".bin\"\nurl=http://h/b\n-O\nurl \"http://h/c\"\n--output c.bin\nuser-agent: x\n";
        let found = entries(curl);
        let names: Vec<_> = found.iter().map(|entry| entry.name.clone()).collect();
        assert_eq!(
            names,
            [Some("x \"y\".bin".into()), None, Some("c.bin".into())]
        );
        assert_eq!(found[2].headers[0].0, "User-Agent");
    }

    #[test]
    fn wrong_lines_are_named() {
        for (text, expected) in [
            ("http://h/a\ngopher://h/b", "line 2: "),
            ("  out=x\nhttp://h/a", "line 1: the option out has no link"),
            ("http://h/a\n out=../x", "line 2: ../x leads out"),
            ("http://h/a\n out=/etc/x", "line 2: /etc/x leads out"),
            ("http://h/a\n out=", "line 2:  leads out"),
            ("http://h/a\n checksum=md5=0", "line 2: checksum: "),
            ("http://h/a\n header=x", "line 2: a header field"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "(?s).{0,200}|([a-z]{0,4}[ =:\"\\\\\t]{0,3}[a-z/:.]{0,12}\n){0,8}") {
            let _ = parse(&text);
        }
    }
}
