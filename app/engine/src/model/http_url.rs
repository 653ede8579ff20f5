//! The link to a file of an HTTP server.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use url::{Position, Url};

use super::source_url::SourceError;

/// An `http://` or `https://` URL with a host and without a fragment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HttpUrl(Url);

impl HttpUrl {
    /// Whether the connection is encrypted.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Host name or address.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Scheme, host and port as in a link: without the port that is the scheme's own.
    pub(crate) fn origin(&self) -> String {
        let mut origin = self.0.scheme().to_owned() + "://";
        origin += self.server();
        origin
    }

    /// Host and port as in a link: without the port that is the scheme's own.
    pub(crate) fn server(&self) -> &str {
        &self.0[Position::BeforeHost..Position::AfterPort]
    }

    /// Path and query, as a request names them.
    pub(crate) fn path_and_query(&self) -> &str {
        &self.0[Position::BeforePath..Position::AfterQuery]
    }

    /// The last part of the path, decoded; empty when the path ends in a slash.
    pub fn file_name(&self) -> Cow<'_, str> {
        let last = self.0.path().rsplit('/').next().unwrap_or_default();
        percent_decode_str(last).decode_utf8_lossy()
    }

    /// Whether both lead to the same scheme, host and port: what may be told to one may be told to
    /// the other.
    pub(crate) fn same_origin(&self, other: &Self) -> bool {
        self.0.origin() == other.0.origin()
    }

    /// Whether both lead to the same path of the same server, with another query.
    pub(crate) fn differs_in_query(&self, other: &Self) -> bool {
        self.same_origin(other)
            && self.0.path() == other.0.path()
            && self.0.query() != other.0.query()
    }

    /// The user name and password within the link, decoded.
    pub(crate) fn userinfo(&self) -> Option<(String, String)> {
        let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let name = decode(self.0.username());
        let password = self.0.password().map(decode).unwrap_or_default();
        (!name.is_empty() || !password.is_empty()).then_some((name, password))
    }

    /// The URL as a request names it: without the user's name and password.
    pub(crate) fn to_request(&self) -> String {
        let mut url = self.0.clone();
        // These fail only for URLs without a host, of which there is none here.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.into()
    }

    /// Where a `Location` header leads from here.
    pub(crate) fn join(&self, location: &str) -> Result<Self, SourceError> {
        let wrong = |why: String| SourceError::Url(location.to_owned(), why);
        let url = self
            .0
            .join(location)
            .map_err(|error| wrong(error.to_string()))?;
        Self::try_from(url).map_err(|why| wrong(why.to_owned()))
    }
}

impl TryFrom<Url> for HttpUrl {
    type Error = &'static str;

    fn try_from(mut url: Url) -> Result<Self, Self::Error> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err("it leads to neither http nor https");
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err("it names no host");
        }
        url.set_fragment(None);
        Ok(Self(url))
    }
}

impl FromStr for HttpUrl {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        let wrong = |why: String| SourceError::Url(text.to_owned(), why);
        let url = Url::parse(text.trim()).map_err(|error| wrong(error.to_string()))?;
        Self::try_from(url).map_err(|why| wrong(why.to_owned()))
    }
}

impl fmt::Display for HttpUrl {
    /// The password is left out: links are shown and written down.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.password().is_none() {
            return self.0.fmt(f);
        }
        let mut url = self.0.clone();
        let _ = url.set_password(None);
        url.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> HttpUrl {
        text.parse().unwrap()
    }

    #[test]
    fn links_are_read_and_the_file_is_named_by_the_path() {
        let link = url(" https://user:secret@Host.org/a/b%20c.iso?token=1#part ");
        assert_eq!(link.file_name(), "b c.iso");
        assert_eq!(link.host(), "host.org");
        assert_eq!(link.userinfo(), Some(("user".into(), "secret".into())));
        assert_eq!(link.to_request(), "https://host.org/a/b%20c.iso?token=1");
        assert_eq!(
            link.to_string(),
            "https://user@host.org/a/b%20c.iso?token=1"
        );
        assert_eq!(url("http://h/").file_name(), "");
        for (link, origin) in [
            ("http://h", "http://h"),
            ("https://me:and@h:443/x?y", "https://h"),
            ("http://me@h:81/x", "http://h:81"),
            ("https://[::1]:444/x", "https://[::1]:444"),
        ] {
            assert_eq!(url(link).origin(), origin);
        }
        for wrong in ["http://", "ftp://h/x", "http://h:99999/", "h/x"] {
            assert!(wrong.parse::<HttpUrl>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn locations_lead_on_from_where_they_were_found() {
        let from = url("https://a/b/c?x=1");
        assert_eq!(from.join("d").unwrap().to_string(), "https://a/b/d");
        assert_eq!(
            from.join("//other/e").unwrap().to_string(),
            "https://other/e"
        );
        assert!(from.join("ftp://a/b").is_err());
        assert!(from.same_origin(&url("https://a:443/z")));
        assert!(!from.same_origin(&url("http://a/z")));
    }
}
