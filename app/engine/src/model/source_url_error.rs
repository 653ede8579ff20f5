//! Errors in the URL of a source. Their text shows the URL redacted.

use lanes_shared::DEFAULT_PORT;

use super::display_text::redact;

/// Error in the text of a source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceUrlError {
    /// The URL has no scheme, or one that Lanes does not support.
    #[error("unsupported URL `{}`: use https://, http:// or lanes://", redact(.0))]
    Scheme(String),
    /// The text is not a valid HTTP URL.
    #[error("invalid URL `{link}`: {1}", link = redact(.0))]
    Url(String, UrlError),
    /// The host or the port is invalid.
    #[error("invalid server `{}`: write HOST or HOST:PORT, such as 127.0.0.1:{DEFAULT_PORT}", redact(.0))]
    Server(String),
    /// The URL names a server but no file.
    #[error("URL names no file: write lanes://HOST:PORT/NAME, not {}", redact(.0))]
    NoName(String),
    /// The file name is not UTF-8 once decoded.
    #[error("file name in the URL is not UTF-8: {}", redact(.0))]
    Name(String),
}

/// Error in the text of an HTTP URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// The text does not have the syntax of a URL.
    #[error(transparent)]
    Syntax(#[from] url::ParseError),
    /// The URL has another scheme.
    #[error("neither http nor https")]
    Scheme,
    /// The URL has no host.
    #[error("no host")]
    NoHost,
}
