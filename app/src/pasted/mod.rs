//! Command lines that users paste: "Copy as cURL" of a browser, and lines of curl, wget and aria2c from
//! manuals and forums. This is pure parsing.
//!
//! Start with [`parse`]. The text is split into words as its shell does ([`posix`], [`windows_cmd`]), the words
//! are read with the table of options of their program ([`option_tables`]), and each known option has one of a
//! few effects. [`powershell`] has another form. Commands that send data are refused.

mod command;
mod option_tables;
mod posix;
mod powershell;
mod windows_cmd;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub(crate) use command::with_proxy_user;
use lanes_engine::{Auth, Checksum, HttpOptions, ProxyChoice, Source, SourceUrlError};

use crate::forwarded_headers;

/// Longest text that is read, in bytes.
const MAX_LEN: usize = 256 << 10;

/// Reason why a text cannot become a download.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum PasteError {
    /// The text is no command of a known program.
    #[error("not a command of curl, wget, aria2c or Invoke-WebRequest")]
    Program,
    /// The text is too long.
    #[error("the command is longer than {} KiB", MAX_LEN >> 10)]
    TooLong,
    /// A quote is not closed.
    #[error("a quote in the command is not closed")]
    Quote,
    /// An option that has no effect here or that is not known.
    #[error("the option {0} of this command is not supported; remove it to download without it")]
    Option(String),
    /// An option without its value.
    #[error("the option {0} has no value")]
    NoValue(String),
    /// A request that sends something or does not fetch a file.
    #[error(
        "the command does not only fetch a file ({0}): downloads are made with GET and no body"
    )]
    NotGet(String),
    /// No link.
    #[error("the command has no link")]
    NoLink,
    /// Several links to different files.
    #[error("the command downloads {0} files: paste one link at a time")]
    ManyFiles(usize),
    /// The value of a header option is no field.
    #[error("a header option is not NAME: VALUE")]
    Header,
    /// A file of cookies.
    #[error("the command reads cookies from the file {0}: use --load-cookies")]
    CookieFile(String),
    /// The checksum cannot be parsed.
    #[error("checksum: {0}")]
    Checksum(String),
    /// A link cannot be parsed.
    #[error(transparent)]
    Link(#[from] SourceUrlError),
}

/// A download as a command line describes it.
#[derive(Default)]
pub(crate) struct PastedDownload {
    /// The link, then its mirrors; at least one after [`parse`].
    pub links: Vec<Source>,
    /// Credentials, header fields, proxy and certificates.
    pub http: HttpOptions,
    /// Name of the file, perhaps with folders.
    pub name: Option<PathBuf>,
    /// Folder of the file.
    pub folder: Option<PathBuf>,
    /// Expected checksum.
    pub checksum: Option<Checksum>,
    /// Number of connections.
    pub connections: Option<u16>,
}

impl PastedDownload {
    fn add_header(&mut self, line: &str) -> Result<(), PasteError> {
        // curl removes a field with `NAME:` and sends an empty one with `NAME;`.
        if line.ends_with(':') || line.ends_with(';') {
            return Ok(());
        }
        let (name, value) = forwarded_headers::split(line).ok_or(PasteError::Header)?;
        if forwarded_headers::is_kept(&name) {
            self.http.headers.push((name, value));
        }
        Ok(())
    }

    fn set_header(&mut self, name: &str, value: &str) {
        forwarded_headers::set(&mut self.http.headers, name, value);
    }

    /// Adds credentials, `NAME:PASSWORD` or `NAME`.
    fn set_user(&mut self, text: &str) {
        let (name, password) = text.split_once(':').unwrap_or((text, ""));
        self.http.auth = Some(Auth::Basic(name.to_owned(), password.to_owned()));
    }

    fn set_password(&mut self, password: &str) {
        let name = match self.http.auth.take() {
            Some(Auth::Basic(name, _)) => name,
            _ => String::new(),
        };
        self.http.auth = Some(Auth::Basic(name, password.to_owned()));
    }

    fn set_user_name(&mut self, name: &str) {
        let password = match self.http.auth.take() {
            Some(Auth::Basic(_, password)) => password,
            _ => String::new(),
        };
        self.http.auth = Some(Auth::Basic(name.to_owned(), password));
    }

    fn set_proxy(&mut self, url: &str) {
        self.http.proxy = match url {
            "" => ProxyChoice::Direct,
            url => ProxyChoice::Url(url.to_owned()),
        };
    }

    /// Adds a link. curl and wget take a link without a scheme for one of `http`.
    fn add_link(&mut self, text: &str) -> Result<(), PasteError> {
        let text = text.trim();
        let link = match text.contains("://") {
            true => text.parse()?,
            false => format!("http://{text}").parse()?,
        };
        self.links.push(link);
        Ok(())
    }
}

/// Returns whether a text is a command line for [`parse`], to tell it from links.
pub(crate) fn is_command(text: &str) -> bool {
    command::program(text).is_some() || powershell::is_command(text)
}

/// Parses a command line.
///
/// # Errors
/// See [`PasteError`]. No error shows the value of an option, which may be a secret.
pub(crate) fn parse(text: &str) -> Result<PastedDownload, PasteError> {
    if text.len() > MAX_LEN {
        return Err(PasteError::TooLong);
    }
    let download = match powershell::is_command(text) {
        true => powershell::parse(text)?,
        false => command::parse(text)?,
    };
    match download.links.is_empty() {
        true => Err(PasteError::NoLink),
        false => Ok(download),
    }
}
