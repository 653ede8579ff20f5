//! The URL of a file on an HTTP server.
//!
//! A URL may be a secret: signed queries and tokens in place of a user name give access to the file.
//! `Display` and `Debug` therefore show a redacted form ([`redact`]), and so does everything that is
//! printed, logged, exported or kept of a finished download. [`HttpUrl::full_link`] has the rest.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use url::{Position, Url};

use super::charset;
use super::display_text::redact;
use super::source_url_error::{SourceUrlError, UrlError};

/// An `http://` or `https://` URL with a host and without a fragment.
///
/// # Examples
/// ```
/// use lanes_engine::HttpUrl;
///
/// let url: HttpUrl = "https://user:secret@example.org/a/b%20c.iso#part".parse()?;
/// assert_eq!(url.host(), "example.org");
/// assert_eq!(url.file_name(), "b c.iso");
/// // The user name, the password and the values of the query are never shown.
/// assert_eq!(url.to_string(), "https://example.org/a/b%20c.iso");
/// assert_eq!(url.full_link(), "https://user@example.org/a/b%20c.iso");
/// let signed: HttpUrl = "https://example.org/c.iso?expires=9&signature=secret".parse()?;
/// assert_eq!(signed.to_string(), "https://example.org/c.iso?expires=…&signature=…");
/// # Ok::<(), lanes_engine::SourceUrlError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct HttpUrl(Url);

impl HttpUrl {
    /// Returns whether the connection is encrypted.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Returns the host name or address.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Returns the URL as the `url` crate has it.
    pub(crate) fn as_url(&self) -> &Url {
        &self.0
    }

    /// Returns scheme, host and port, without the default port of the scheme.
    pub(crate) fn origin(&self) -> String {
        let mut origin = self.0.scheme().to_owned() + "://";
        origin += self.server();
        origin
    }

    /// Returns host and port, without the default port of the scheme.
    pub(crate) fn server(&self) -> &str {
        &self.0[Position::BeforeHost..Position::AfterPort]
    }

    /// Returns path and query, as a request line has them.
    pub(crate) fn path_and_query(&self) -> &str {
        &self.0[Position::BeforePath..Position::AfterQuery]
    }

    /// Returns the last segment of the path, decoded. Empty if the path ends in a slash.
    pub fn file_name(&self) -> Cow<'_, str> {
        let last = self.0.path().rsplit('/').next().unwrap_or_default();
        let bytes = Cow::from(percent_decode_str(last));
        charset::decode(&bytes).into()
    }

    /// Returns the URL of `name` in the folder of this one, without a query.
    pub(crate) fn sibling(&self, name: &str) -> Self {
        let folder = self
            .0
            .path()
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder);
        self.with_path(&format!("{folder}/{name}"))
    }

    /// Returns this URL with `suffix` behind its path, without a query.
    pub(crate) fn with_suffix(&self, suffix: &str) -> Self {
        self.with_path(&format!("{}{suffix}", self.0.path()))
    }

    fn with_path(&self, path: &str) -> Self {
        let mut url = self.0.clone();
        url.set_query(None);
        url.set_path(path);
        Self(url)
    }

    /// Returns whether both have the same scheme, host and port, so that credentials for one may be
    /// sent to the other.
    pub(crate) fn same_origin(&self, other: &Self) -> bool {
        self.0.origin() == other.0.origin()
    }

    /// Returns whether credentials and header fields for this URL may be sent to `other`: both have the
    /// same origin, or `other` is encrypted where this one is not, on the same host.
    pub(crate) fn shares_secrets_with(&self, other: &Self) -> bool {
        let is_upgrade = !self.is_https() && other.is_https();
        self.same_origin(other) || (is_upgrade && self.0.host() == other.0.host())
    }

    /// Returns whether both have the same origin and path, and another query.
    pub(crate) fn differs_in_query(&self, other: &Self) -> bool {
        self.same_origin(other)
            && self.0.path() == other.0.path()
            && self.0.query() != other.0.query()
    }

    /// Returns the user name and the password in the URL, decoded.
    pub(crate) fn userinfo(&self) -> Option<(String, Option<String>)> {
        let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let name = decode(self.0.username());
        let password = self.0.password().map(decode);
        (!name.is_empty() || password.is_some()).then_some((name, password))
    }

    /// Returns the URL with its user name and its query, but without its password. It may be a secret:
    /// it is only kept where an unfinished download needs it to resume, in files that other users cannot
    /// read.
    pub fn full_link(&self) -> String {
        if self.0.password().is_none() {
            return self.0.as_str().to_owned();
        }
        let mut url = self.0.clone();
        // This fails only for a URL without a host, which this type excludes.
        let _ = url.set_password(None);
        url.into()
    }

    /// Returns whether this is the redacted form of a URL, which leads nowhere.
    pub(crate) fn is_redacted(&self) -> bool {
        self.0.query().is_some_and(|query| {
            let mut parts = query.split('&');
            parts.any(|part| part.rsplit('=').next() == Some("%E2%80%A6"))
        })
    }

    /// Returns the URL without user name and password.
    pub(crate) fn to_request(&self) -> String {
        let mut url = self.0.clone();
        // These fail only for a URL without a host, which this type excludes.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.into()
    }

    /// Resolves a `Location` header against this URL.
    pub(crate) fn join(&self, location: &str) -> Result<Self, SourceUrlError> {
        let invalid = |error: UrlError| SourceUrlError::Url(location.to_owned(), error);
        let url = self.0.join(location).map_err(|e| invalid(e.into()))?;
        Self::try_from(url).map_err(invalid)
    }
}

impl TryFrom<Url> for HttpUrl {
    type Error = UrlError;

    fn try_from(mut url: Url) -> Result<Self, UrlError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(UrlError::Scheme);
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(UrlError::NoHost);
        }
        url.set_fragment(None);
        Ok(Self(url))
    }
}

impl FromStr for HttpUrl {
    type Err = SourceUrlError;

    fn from_str(text: &str) -> Result<Self, SourceUrlError> {
        let invalid = |error: UrlError| SourceUrlError::Url(text.to_owned(), error);
        let url = Url::parse(text.trim()).map_err(|e| invalid(e.into()))?;
        Self::try_from(url).map_err(invalid)
    }
}

impl fmt::Display for HttpUrl {
    /// Writes the redacted form, since URLs are displayed and logged.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redact(self.0.as_str()))
    }
}

impl fmt::Debug for HttpUrl {
    /// Writes the redacted form, as `Display` does.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> HttpUrl {
        text.parse().unwrap()
    }

    #[test]
    fn urls_are_parsed_and_the_path_names_the_file() {
        let parsed = url(" https://user:secret@Host.org/a/b%20c.iso?token=1#part ");
        assert_eq!(parsed.file_name(), "b c.iso");
        assert_eq!(parsed.host(), "host.org");
        assert_eq!(
            parsed.userinfo(),
            Some(("user".into(), Some("secret".into())))
        );
        assert_eq!(parsed.to_request(), "https://host.org/a/b%20c.iso?token=1");
        assert_eq!(parsed.to_string(), "https://host.org/a/b%20c.iso?token=…");
        assert_eq!(
            parsed.full_link(),
            "https://user@host.org/a/b%20c.iso?token=1"
        );
        assert_eq!(url("http://h/").file_name(), "");
        assert_eq!(url("http://h/caf%C3%A9.zip").file_name(), "café.zip");
        assert_eq!(url("http://h/caf%E9.zip").file_name(), "café.zip");
        for (text, origin) in [
            ("http://h", "http://h"),
            ("https://me:and@h:443/x?y", "https://h"),
            ("http://me@h:81/x", "http://h:81"),
            ("https://[::1]:444/x", "https://[::1]:444"),
        ] {
            assert_eq!(url(text).origin(), origin);
        }
        for wrong in ["http://", "ftp://h/x", "http://h:99999/", "h/x"] {
            assert!(wrong.parse::<HttpUrl>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn locations_are_resolved_against_the_url() {
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

    #[test]
    fn files_beside_a_url_have_its_folder_and_no_query() {
        let from = url("https://me:pass@h:8/a%2Fb/c%20d.iso?token=1");
        assert_eq!(
            from.sibling("SHA256SUMS").as_url().as_str(),
            "https://me:pass@h:8/a%2Fb/SHA256SUMS"
        );
        assert_eq!(
            from.with_suffix(".md5").as_url().as_str(),
            "https://me:pass@h:8/a%2Fb/c%20d.iso.md5"
        );
        assert_eq!(url("http://h").sibling("x").to_string(), "http://h/x");
    }

    #[test]
    fn secrets_in_a_link_are_never_shown() {
        for (link, shown) in [
            ("https://TOKEN@h/a", "https://h/a"),
            ("https://me:SECRET@h:8/a?b", "https://h:8/a?…"),
            (
                "http://h/a?x=SECRET&SECRET&&y=a=b#SECRET",
                "http://h/a?x=…&…&&y=…",
            ),
            ("http://h/?", "http://h/?"),
            ("http://h/a?SECRET?x", "http://h/a?…"),
            // Not valid URLs, as in the text of an error.
            (
                "https://me:SEC@RET@h:99999/a?b=SECRET",
                "https://h:99999/a?b=…",
            ),
            ("https://SECRET@", "https://"),
            ("me:SECRET@proxy:80", "proxy:80"),
            ("/path/a@b?x=SECRET", "/path/a@b?x=…"),
            ("", ""),
        ] {
            assert_eq!(redact(link), shown);
            if let Ok(url) = link.parse::<HttpUrl>() {
                assert_eq!(url.to_string(), shown);
                assert!(!format!("{url:?}").contains("SECRET"));
                // The redacted form of a redacted URL is the same.
                assert_eq!(self::url(shown).to_string(), shown);
                assert_eq!(self::url(shown).is_redacted(), shown.contains('…'));
                assert!(!url.is_redacted());
            }
        }
    }
}
