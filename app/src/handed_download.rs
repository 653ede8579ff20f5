//! A download that a browser hands over: a link, and the header fields with which the browser would fetch it.

use std::collections::BTreeMap;
use std::fmt;

use lanes_engine::{
    DownloadSpec, HttpOptions, HttpOptionsError, Source, SourceUrlError, safe_name,
};
use serde::{Deserialize, Serialize};

use crate::forwarded_headers;

/// Longest link, in bytes.
const MAX_LINK: usize = 64 << 10;
/// Most header fields.
const MAX_HEADERS: usize = 64;
/// Most bytes of all header fields.
const MAX_HEADER_BYTES: usize = 64 << 10;
/// Longest name, in bytes.
const MAX_NAME: usize = 1024;

/// A download of another program. Nothing in it is checked before [`Self::to_spec`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HandedDownload {
    /// The link, after redirects.
    pub url: String,
    /// The name that the browser would give the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Header fields: cookies, referer, user agent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
}

impl fmt::Debug for HandedDownload {
    /// Leaves everything out: link and header fields may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HandedDownload(…)")
    }
}

/// Reason why a download is refused. The texts show no secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HandedDownloadError {
    /// The link is too long.
    #[error("a link is longer than {} KiB", MAX_LINK >> 10)]
    LinkLen,
    /// The link cannot be parsed, or has another scheme.
    #[error(transparent)]
    Link(#[from] SourceUrlError),
    /// The name is more than a name.
    #[error(
        "the name of a file is longer than {MAX_NAME} bytes, or has separators or control characters"
    )]
    Name,
    /// Too many or too long header fields.
    #[error("a download has more than {MAX_HEADERS} header fields or {} KiB of them", MAX_HEADER_BYTES >> 10)]
    HeaderLen,
    /// A header field has invalid characters.
    #[error(transparent)]
    Header(#[from] HttpOptionsError),
}

impl HandedDownload {
    /// Checks the download and makes its specification, with the default options.
    ///
    /// # Errors
    /// See [`HandedDownloadError`].
    pub(crate) fn to_spec(&self) -> Result<DownloadSpec, HandedDownloadError> {
        if self.url.len() > MAX_LINK {
            return Err(HandedDownloadError::LinkLen);
        }
        let source: Source = self.url.parse()?;
        if self.name.as_deref().is_some_and(|name| !is_name(name)) {
            return Err(HandedDownloadError::Name);
        }
        let len: usize = self
            .headers
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        if self.headers.len() > MAX_HEADERS || len > MAX_HEADER_BYTES {
            return Err(HandedDownloadError::HeaderLen);
        }
        let mut http = HttpOptions::default();
        // A Lanes server has no header fields.
        let fields = self
            .headers
            .iter()
            .filter(|_| source.lanes_server().is_none());
        for (name, value) in fields.filter(|(name, _)| forwarded_headers::is_kept(name)) {
            forwarded_headers::set(&mut http.headers, name, value);
        }
        http.check()?;
        let name = self.name.as_deref().filter(|name| !name.is_empty());
        Ok(DownloadSpec {
            name: name.map(safe_name),
            http,
            ..DownloadSpec::new(source)
        })
    }
}

/// Returns whether a text may be the name of a file on any system.
fn is_name(name: &str) -> bool {
    name.len() <= MAX_NAME
        && !name
            .chars()
            .any(|c| c.is_control() || matches!(c, '/' | '\\'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn download(url: &str, name: Option<&str>, headers: &[(&str, &str)]) -> HandedDownload {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        HandedDownload {
            url: url.to_owned(),
            name: name.map(str::to_owned),
            headers: headers.iter().map(pair).collect(),
        }
    }

    #[test]
    fn the_fields_of_the_user_are_kept_and_those_of_the_message_dropped() {
        let fields = [
            ("Cookie", "sid=1"),
            ("Range", "bytes=0-"),
            ("cookie", "sid=2"),
        ];
        let spec = download("https://h/f?x=1", Some(".hidden?"), &fields)
            .to_spec()
            .unwrap();
        assert_eq!(spec.source.full_link(), "https://h/f?x=1");
        assert_eq!(spec.name.as_deref(), Some("hidden"));
        assert_eq!(
            spec.http.headers,
            [("cookie".to_owned(), "sid=2".to_owned())]
        );
        let spec = download("lanes://h/f", Some(""), &fields)
            .to_spec()
            .unwrap();
        assert!(spec.name.is_none() && spec.http.headers.is_empty());
    }

    #[test]
    fn strange_links_names_and_fields_are_refused() {
        let long = "x".repeat(70_000);
        for (url, name, fields, word) in [
            ("file:///etc/passwd", None, &[][..], "http"),
            ("ftp://h/x?k=SECRET", None, &[], "http"),
            ("javascript:alert(1)", None, &[], "http"),
            ("blob:https://h/x", None, &[], "http"),
            ("", None, &[], ""),
            (&format!("https://h/{long}"), None, &[], "64 KiB"),
            ("https://h/x", Some("../x"), &[], "separators"),
            ("https://h/x", Some("a\\b"), &[], "separators"),
            ("https://h/x", Some("a\nb"), &[], "control"),
            ("https://h/x", Some(&long), &[], "1024"),
            ("https://h/x", None, &[("X", &*long)], "64 KiB"),
            ("https://h/x", None, &[("X-A", "a\r\nB: c")], "X-A"),
            ("https://h/x", None, &[("a b", "c")], "a b"),
        ] {
            let error = download(url, name, fields)
                .to_spec()
                .map(drop)
                .unwrap_err()
                .to_string();
            assert!(
                error.contains(word) && !error.contains("SECRET"),
                "{url:.40}: {error}"
            );
        }
        let many: Vec<_> = (0..65).map(|i| (format!("X-{i}"), String::new())).collect();
        let headers = many.into_iter().collect();
        let many = HandedDownload {
            headers,
            ..download("https://h/x", None, &[])
        };
        assert!(matches!(
            many.to_spec(),
            Err(HandedDownloadError::HeaderLen)
        ));
    }
}
