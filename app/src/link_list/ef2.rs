//! The export file of Internet Download Manager (`.ef2`): between `<` and `>`, a link and its fields, one a line.

use lanes_engine::SourceUrlError;

use super::entry::{Entry, LinkList, Outside, below_folder};

/// An error in the file, with its line.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {reason}")]
pub(crate) struct Ef2Error {
    line: usize,
    reason: Reason,
}

#[derive(Debug, thiserror::Error)]
enum Reason {
    #[error(transparent)]
    Link(#[from] SourceUrlError),
    #[error(transparent)]
    Outside(#[from] Outside),
    #[error("a download begins with < on a line of its own, and then its link")]
    Begin,
    #[error("the last download has no >")]
    End,
}

/// Parses the file.
///
/// # Errors
/// See [`Ef2Error`].
pub(super) fn parse(text: &str) -> Result<LinkList, Ef2Error> {
    let mut list = LinkList::default();
    let mut open: Option<Option<Entry>> = None;
    let mut line = 0;
    for content in text.lines().map(str::trim) {
        line += 1;
        let at = |reason: Reason| Ef2Error { line, reason };
        match (content, &mut open) {
            ("", _) => {}
            ("<", None) => open = Some(None),
            (">", Some(Some(_))) => list.entries.extend(open.take().flatten()),
            (link, Some(entry @ None)) if link != ">" => {
                let source = link.parse().map_err(|error| at(Reason::Link(error)))?;
                *entry = Some(Entry::new(line, vec![source]));
            }
            (field, Some(Some(entry))) => {
                set(entry, field, &mut list.ignored, line).map_err(at)?;
            }
            _ => return Err(at(Reason::Begin)),
        }
    }
    match open {
        Some(_) => Err(Ef2Error {
            line,
            reason: Reason::End,
        }),
        None => Ok(list),
    }
}

fn set(
    entry: &mut Entry,
    field: &str,
    ignored: &mut Vec<(usize, String)>,
    line: usize,
) -> Result<(), Reason> {
    let Some((name, value)) = field.split_once(':') else {
        ignored.push((line, field.to_owned()));
        return Ok(());
    };
    let (key, value) = (name.trim().to_ascii_lowercase(), value.trim());
    match key.as_str() {
        "referer" => entry.headers.push(("Referer".into(), value.to_owned())),
        "user-agent" => entry.headers.push(("User-Agent".into(), value.to_owned())),
        "cookie" => entry.headers.push(("Cookie".into(), value.to_owned())),
        "filename" => entry.name = Some(below_folder(value)?),
        _ if ignored.iter().any(|(_, known)| *known == key) => {}
        _ => ignored.push((line, key)),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn downloads_have_their_fields() {
        let text = "<\r\nhttps://h/a.zip?x=1\r\nreferer: https://h/page\r\nUser-Agent: IDM\r\ncookie: a=1; b=2\r\n>\r\n<\r\nhttp://h/b\r\nfilename: c d.bin\r\npostdata: x\r\n>\r\n";
        let list = parse(text).unwrap();
        let first = &list.entries[0];
        assert_eq!(first.links[0].full_link(), "https://h/a.zip?x=1");
        let names: Vec<_> = first
            .headers
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(names, ["Referer", "User-Agent", "Cookie"]);
        assert_eq!(first.headers[2].1, "a=1; b=2");
        assert_eq!(list.entries[1].name.as_deref(), Some("c d.bin".as_ref()));
        assert_eq!(list.ignored, [(10, "postdata".to_owned())]);
    }

    #[test]
    fn wrong_files_are_named() {
        for (text, word) in [
            ("<\nhttp://h/a\n", "line 2: the last download has no >"),
            ("<\n>\n", "line 2: a download begins"),
            ("<\ngopher://h/\n>", "line 2: "),
            ("<\nhttp://h/a\nfilename: ../x\n>", "line 3: ../x leads out"),
            ("<\nhttp://h/a\n>\nhttp://h/b", "line 4: a download begins"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.starts_with(word), "{error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "([<>]|http://h/[a-z]|[a-z]{0,4}:? ?[a-z/.]{0,6}|\r?\n){0,12}") {
            let _ = parse(&text);
        }
    }
}
