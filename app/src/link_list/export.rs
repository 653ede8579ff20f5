//! Writes downloads as lists that aria2, and Lanes itself, read.

use std::fmt::Write as _;

use lanes_engine::{Destination, DownloadSpec};
use serde_json::{Value, json};

use crate::rpc::window::{options_of, uris_of};

/// Options of aria2 that a list leaves to its reader.
const LEFT_OUT: [&str; 4] = [
    "split",
    "connect-timeout",
    "remote-time",
    "check-certificate",
];

/// Returns an input file of aria2. It has the secrets of the links and header fields.
pub(crate) fn aria2_file(specs: &[DownloadSpec]) -> String {
    let mut text = String::new();
    for spec in kept(specs) {
        text += &uris_of(spec).join("\t");
        text.push('\n');
        for (name, value) in options_of(spec).iter() {
            let is_default =
                LEFT_OUT.contains(&name) || (name, value) == ("max-download-limit", "0");
            // An option of aria2 that is given several times has several values.
            for line in value.lines().filter(|_| !is_default) {
                let _ = writeln!(text, "  {name}={line}");
            }
        }
    }
    text
}

/// Returns a list in JSON. It has the secrets of the links and header fields.
pub(crate) fn json_file(specs: &[DownloadSpec]) -> String {
    let downloads: Vec<Value> = kept(specs).map(download).collect();
    let list = json!({ "downloads": downloads });
    serde_json::to_string_pretty(&list).unwrap_or_default() + "\n"
}

fn download(spec: &DownloadSpec) -> Value {
    let mut fields = json!({ "links": uris_of(spec) });
    let (folder, name) = match &spec.destination {
        Destination::Folder(folder) => (Some(folder.as_path()), spec.name.clone()),
        Destination::File(path) => {
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            (path.parent(), name)
        }
        Destination::Desktop | Destination::Stdout => (None, spec.name.clone()),
    };
    if let Some(folder) = folder {
        fields["folder"] = folder.display().to_string().into();
    }
    if let Some(name) = name {
        fields["name"] = name.into();
    }
    if let Some(checksum) = &spec.checksum {
        fields["checksum"] = checksum.to_string().into();
    }
    let headers = spec.http.headers.iter();
    let headers: serde_json::Map<String, Value> = headers
        .map(|(name, value)| (name.clone(), value.clone().into()))
        .collect();
    if !headers.is_empty() {
        fields["headers"] = headers.into();
    }
    fields
}

/// Returns the downloads whose links are kept: a signed link is not, after the end of its download.
fn kept(specs: &[DownloadSpec]) -> impl Iterator<Item = &DownloadSpec> {
    specs.iter().filter(|spec| !spec.source.is_redacted())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link_list;

    #[test]
    fn what_is_exported_is_read_again() {
        let mut spec = DownloadSpec::new("https://h/a?x=1".parse().unwrap());
        spec.mirrors.push("http://m/a".parse().unwrap());
        spec.destination = Destination::File("/d/b c.bin".into());
        spec.checksum = Some("md5:d41d8cd98f00b204e9800998ecf8427e".parse().unwrap());
        spec.http.headers = vec![
            ("Cookie".into(), "a=1; b=2".into()),
            ("Referer".into(), "https://h/".into()),
            ("X-A".into(), "b".into()),
        ];
        let mut other = DownloadSpec::new("http://h/z".parse().unwrap());
        other.destination = Destination::Folder("/d".into());
        let specs = [spec, other];
        for text in [aria2_file(&specs), json_file(&specs)] {
            let list = link_list::parse(&text).unwrap();
            let read: Vec<DownloadSpec> = list
                .entries
                .iter()
                .filter_map(link_list::Entry::to_spec)
                .collect();
            assert_eq!(read.len(), 2, "{text}");
            for (before, mut after) in specs.iter().zip(read) {
                after.http.headers.sort();
                let mut headers = before.http.headers.clone();
                headers.sort();
                assert_eq!(uris_of(&after), uris_of(before));
                assert_eq!(
                    (&after.destination, &after.checksum),
                    (&before.destination, &before.checksum)
                );
                assert_eq!(after.http.headers, headers, "{text}");
            }
            assert!(list.ignored.is_empty(), "{:?}", list.ignored);
        }
    }
}
