//! Decides what `Content-Encoding` (RFC 9110, 8.4) means for the file: nothing, the packing that the file
//! has anyway, or a coding that must be undone.

use std::fmt;

use ureq::http::{HeaderMap, header};

use crate::model::charset;

/// A coding that can be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Gzip,
    /// In the format of zlib (RFC 9110, 8.4.1.2), or without its header, as some servers send it.
    Deflate,
}

impl fmt::Display for Coding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        })
    }
}

/// Returns the names of codings, as a header lists them.
pub(crate) fn list(codings: &[Coding]) -> String {
    let names: Vec<String> = codings.iter().map(Coding::to_string).collect();
    names.join(", ")
}

/// The coding of a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BodyCoding {
    /// The bytes are those of the file.
    None,
    /// The server applied these codings, in this order.
    Applied(Vec<Coding>),
    /// The server applied codings of which one cannot be undone; as the server names them.
    Unsupported(String),
}

/// Most characters of unknown values that are shown.
const MAX_SHOWN: usize = 60;

/// Values that name no coding, although servers send them.
const NO_CODINGS: [&str; 12] = [
    "",
    "identity",
    "none",
    "null",
    "binary",
    "raw",
    "plain",
    "7bit",
    "8bit",
    "utf8",
    "aws-chunked",
    "bytes",
];

/// Codings that cannot be undone: the registered ones (IANA, HTTP Content Coding Registry), and others that
/// servers apply. A packing is one too.
const NOT_UNDONE: [&str; 10] = [
    "aes128gcm",
    "dcb",
    "dcz",
    "exi",
    "pack200-gzip",
    "sdch",
    "peerdist",
    "lz4",
    "snappy",
    "x-snappy-framed",
];

/// Packings, with the extensions of files and the media types that say that the file itself is packed
/// so.
const PACKINGS: [(&[&str], &[&str], &[&str]); 7] = [
    (
        &["gzip", "x-gzip"],
        &[
            "gz",
            "tgz",
            "taz",
            "gzip",
            "svgz",
            "emz",
            "wmz",
            "vgz",
            "cpgz",
            "bgz",
            "crate",
            "unitypackage",
        ],
        &[
            "gzip",
            "x-gzip",
            "x-gunzip",
            "gzipped",
            "x-tgz",
            "tgz",
            "x-gtar-compressed",
            "x-compressed-tar",
        ],
    ),
    (
        &["compress", "x-compress"],
        &["z", "taz"],
        &["x-compress", "compress"],
    ),
    (
        &["bzip2", "x-bzip2", "bzip", "x-bzip"],
        &["bz2", "bz", "tbz", "tbz2", "tb2"],
        &["bzip2", "x-bzip2", "x-bzip", "x-bzip-compressed-tar"],
    ),
    (&["xz", "x-xz"], &["xz", "txz"], &["xz", "x-xz"]),
    (&["lzma", "x-lzma"], &["lzma", "tlz"], &["lzma", "x-lzma"]),
    (&["zstd"], &["zst", "tzst", "zstd"], &["zstd", "x-zstd"]),
    (&["br"], &["br"], &["x-brotli", "brotli"]),
];

/// Reads the codings of a body. `names` are the names of the file.
pub(crate) fn read(headers: &HeaderMap, names: &[&str]) -> BodyCoding {
    let text = field(headers);
    let codings: Vec<&str> = words(&text).filter(|word| is_coding(word)).collect();
    match codings[..] {
        [] => return BodyCoding::None,
        [label] if is_label(label, headers, names) => return BodyCoding::None,
        _ => {}
    }
    let known = codings.iter().map(|word| decodable(word));
    known.collect::<Option<Vec<_>>>().map_or_else(
        || BodyCoding::Unsupported(codings.join(", ")),
        BodyCoding::Applied,
    )
}

/// Returns the values that are neither a coding nor known as none; `None` if there are none.
pub(crate) fn unknown(headers: &HeaderMap) -> Option<String> {
    let text = field(headers);
    let is_known =
        |word: &str| is_coding(word) || NO_CODINGS.contains(&word) || charset::is_known(word);
    let unknown: Vec<&str> = words(&text).filter(|word| !is_known(word)).collect();
    let unknown: String = unknown.join(", ").chars().take(MAX_SHOWN).collect();
    (!unknown.is_empty()).then_some(unknown)
}

/// Returns all values, in lower case.
fn field(headers: &HeaderMap) -> String {
    let fields = headers.get_all(header::CONTENT_ENCODING).iter();
    let text: Vec<String> = fields
        .map(|value| String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase())
        .collect();
    text.join(",")
}

/// Splits the field into values, without parameters.
fn words(field: &str) -> impl Iterator<Item = &str> {
    field.split(',').map(|value| {
        let word = value.split(';').next().unwrap_or_default();
        word.trim().trim_matches('"')
    })
}

fn decodable(word: &str) -> Option<Coding> {
    match word {
        "gzip" | "x-gzip" => Some(Coding::Gzip),
        "deflate" | "x-deflate" => Some(Coding::Deflate),
        _ => None,
    }
}

/// Returns whether a value names a coding. Of other values, as of `base64`, clients save the bytes that
/// arrive.
fn is_coding(word: &str) -> bool {
    let is_packing = || PACKINGS.iter().any(|(codings, ..)| codings.contains(&word));
    decodable(word).is_some() || NOT_UNDONE.contains(&word) || is_packing()
}

/// Returns whether a coding only labels a file that is packed so.
fn is_label(coding: &str, headers: &HeaderMap, names: &[&str]) -> bool {
    let extension = |name: &str| {
        let extension = name.rsplit_once('.').map(|(_, extension)| extension);
        extension.map(str::to_ascii_lowercase)
    };
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default();
    let kind = kind.trim().to_ascii_lowercase();
    let subtype = kind.strip_prefix("application/");
    let mut packings = PACKINGS.iter();
    packings.any(|(codings, extensions, types)| {
        let has_extension = |name: &&str| {
            extension(name).is_some_and(|extension| extensions.contains(&&extension[..]))
        };
        codings.contains(&coding)
            && (names.iter().any(has_extension)
                || subtype.is_some_and(|kind| types.contains(&kind)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coding(encoding: &str, kind: &str, names: &[&str]) -> BodyCoding {
        let mut headers = HeaderMap::new();
        headers.append(header::CONTENT_ENCODING, encoding.parse().unwrap());
        headers.append(header::CONTENT_TYPE, kind.parse().unwrap());
        read(&headers, names)
    }

    #[test]
    fn labels_and_values_without_a_coding_leave_the_bytes_as_they_are() {
        let binary = "application/octet-stream";
        for (encoding, kind, name) in [
            ("identity", binary, "a.bin"),
            ("", binary, "a.bin"),
            ("None", binary, "a.bin"),
            ("binary", binary, "a.bin"),
            ("UTF-8", "text/csv", "a.csv"),
            ("iso-8859-1", "text/csv", "a.csv"),
            ("aws-chunked", binary, "a.bin"),
            ("aws-chunked,", binary, "a.bin"),
            ("gzip, aws-chunked", binary, "a.tar.gz"),
            ("x-gzip", "application/x-gzip", "libelf-0.8.13.tar.gz"),
            ("gzip", "application/x-tar", "a.TGZ"),
            ("gzip", "application/json", "data.json.gz"),
            ("gzip", "image/svg+xml", "a.svgz"),
            ("x-gzip", "application/gzip; charset=x", "download"),
            ("x-compress", binary, "a.tar.Z"),
            ("x-bzip2", "application/x-bzip2", "get.php"),
            ("xz", binary, "a.tar.xz"),
            ("zstd", binary, "a.zst"),
            ("br", binary, "a.js.br"),
            ("banana", binary, "a.bin"),
            ("base64", binary, "a.bin"),
            ("application/zip", "application/zip", "a.zip"),
            ("utf-8;q=1", "text/csv", "a.csv"),
            ("(null)", binary, "a.bin"),
        ] {
            assert_eq!(
                coding(encoding, kind, &[name]),
                BodyCoding::None,
                "{encoding} {name}"
            );
        }
        let redirected = coding("gzip", binary, &["blob", "a.tgz"]);
        assert_eq!(redirected, BodyCoding::None);
        assert_eq!(read(&HeaderMap::new(), &["a"]), BodyCoding::None);
    }

    #[test]
    fn applied_codings_are_undone_or_named() {
        use Coding::{Deflate, Gzip};
        for (encoding, kind, name, codings) in [
            ("gzip", "text/plain", "a.txt", &[Gzip][..]),
            ("GZIP", "application/x-tar", "a.tar", &[Gzip]),
            ("x-gzip", "application/octet-stream", "a.gz.sig", &[Gzip]),
            ("gzip", "application/octet-stream", "download", &[Gzip]),
            ("gzip", "application/octet-stream", "gz", &[Gzip]),
            ("deflate", "text/csv", "a.csv", &[Deflate]),
            ("deflate, gzip", "text/csv", "a.csv", &[Deflate, Gzip]),
            ("banana, gzip;q=1.0", "text/csv", "a.csv", &[Gzip]),
        ] {
            let applied = BodyCoding::Applied(codings.to_vec());
            assert_eq!(
                coding(encoding, kind, &[name]),
                applied,
                "{encoding} {name}"
            );
        }
        let unsupported = |text: &str| BodyCoding::Unsupported(text.to_owned());
        for coded in ["aes128gcm", "dcb", "zstd", "br;q=1", "x-compress", "exi"] {
            let name = coded.split(';').next().unwrap_or_default();
            assert_eq!(coding(coded, "x/y", &["a.bin"]), unsupported(name));
        }
        assert_eq!(
            coding("gzip, br", "x/y", &["a.gz"]),
            unsupported("gzip, br")
        );
        assert_eq!(coding("br", "x/y", &["a.gz"]), unsupported("br"));
    }

    #[test]
    fn unknown_values_are_named() {
        for (encoding, unknown) in [
            ("Banana, gzip, -", Some("banana, -")),
            ("{}", Some("{}")),
            ("br, aws-chunked, utf-8", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.append(header::CONTENT_ENCODING, encoding.parse().unwrap());
            assert_eq!(super::unknown(&headers).as_deref(), unknown, "{encoding}");
        }
    }
}
