//! Arguments for HTTP servers.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use clap::Args;

use super::failure::Failure;
use super::secret;
use super::secret::SecretError;
use super::time_args::TimeArgs;
use lanes_engine::{Auth, CookieJar, HttpOptions, ProxyChoice, WayName};

/// Options of HTTP requests.
#[derive(Args)]
#[command(next_help_heading = "HTTP and HTTPS")]
pub struct HttpArgs {
    /// Credentials, sent only to the hosts of the given URLs; the password of a NAME alone is asked for on
    /// the terminal
    #[arg(
        long,
        value_name = "NAME:PASSWORD|NAME|@FILE",
        conflicts_with = "bearer"
    )]
    user: Option<String>,
    /// Bearer token (Authorization: Bearer), sent only to the hosts of the given URLs
    #[arg(long, value_name = "TOKEN|@FILE")]
    bearer: Option<String>,
    /// Additional header field, or a file with one on each line; may be repeated
    #[arg(short = 'H', long, value_name = "NAME: VALUE|@FILE")]
    header: Vec<String>,
    /// Cookies, sent only to the hosts of the given URLs: NAME=VALUE; NAME=VALUE
    #[arg(long, value_name = "COOKIES|@FILE")]
    cookie: Option<String>,
    /// Send the cookies of this file, in the format of Netscape (cookies.txt), to the hosts that it names
    #[arg(long, value_name = "FILE")]
    load_cookies: Option<PathBuf>,
    /// Write all cookies to this file at the end, also those that servers have set
    #[arg(long, value_name = "FILE")]
    save_cookies: Option<PathBuf>,
    /// Proxy: http://HOST:PORT, https://, socks4://, socks4a:// or socks5://HOST:PORT [default: from the
    /// environment]
    #[arg(long, value_name = "URL|@FILE", conflicts_with = "no_proxy")]
    proxy: Option<String>,
    /// Use no proxy, even if the environment sets one
    #[arg(long)]
    no_proxy: bool,
    /// Read user names and passwords from ~/.netrc, on Windows also ~/_netrc. They are sent to the hosts of
    /// the given URLs; to those of redirects only if the file has an entry for them
    #[arg(long)]
    netrc: bool,
    /// Trust the certificates in this PEM file instead of the system's: those of CAs, and that of the
    /// server itself
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Skip TLS certificate verification (insecure)
    #[arg(long)]
    insecure: bool,
    /// Follow redirects from https to http
    #[arg(long)]
    allow_downgrade: bool,
    /// Network interface to use, by its name or one of its addresses; several spread the connections, by what
    /// each brings; `all` stands for every one that is up and no VPN or bridge. Name lookups stay the system's
    /// [default: the system's route]
    #[arg(long, value_name = "NAME|ADDRESS", value_delimiter = ',')]
    interface: Vec<WayName>,
    #[command(flatten)]
    time: TimeArgs,
    /// The options, once the secrets are read.
    #[arg(skip)]
    resolved: OnceLock<HttpOptions>,
    /// A notice about the files of the options.
    #[arg(skip)]
    notice: OnceLock<String>,
}

impl std::fmt::Debug for HttpArgs {
    /// Leaves out the secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HttpArgs(…)")
    }
}

impl HttpArgs {
    /// Returns the options of these arguments. The first call reads the files of secrets, and asks for a
    /// password if there is none.
    pub(super) fn options(&self) -> Result<HttpOptions, Failure> {
        if let Some(options) = self.resolved.get() {
            return Ok(options.clone());
        }
        if self.netrc {
            lanes_engine::check_netrc().map_err(Failure::failed)?;
        }
        let mut options = self.resolve().map_err(Failure::usage)?;
        options.ways =
            lanes_engine::resolve_ways(self.interface.clone()).map_err(Failure::failed)?;
        if let Some(path) = &self.load_cookies {
            let skipped = lanes_engine::load_cookies(path, &options.cookies);
            let skipped = skipped.map_err(Failure::failed)?;
            if !skipped.is_empty() {
                let _ = self.notice.set(skipped_lines(path, &skipped));
            }
        }
        Ok(self.resolved.get_or_init(|| options).clone())
    }

    /// Returns a notice about the files that [`Self::options`] has read.
    pub(super) fn notice(&self) -> Option<&str> {
        self.notice.get().map(String::as_str)
    }

    /// Writes the file of --save-cookies, if it is given.
    pub(super) fn save_cookies(&self) -> Result<(), Failure> {
        match (&self.save_cookies, self.resolved.get()) {
            (Some(path), Some(options)) => {
                lanes_engine::save_cookies(path, &options.cookies).map_err(Failure::failed)
            }
            _ => Ok(()),
        }
    }

    fn resolve(&self) -> Result<HttpOptions, SecretError> {
        let mut headers = Vec::new();
        let variable = secret::variable("LANES_HEADER");
        for text in self.header.iter().chain(&variable) {
            headers.extend(secret::headers("--header", text)?);
        }
        let cookie = self
            .cookie
            .clone()
            .or_else(|| secret::variable("LANES_COOKIE"));
        if let Some(text) = cookie {
            headers.push(("Cookie".to_owned(), secret::line("--cookie", &text)?));
        }
        let proxy = match &self.proxy {
            Some(url) => ProxyChoice::Url(secret::line("--proxy", url)?),
            None if self.no_proxy => ProxyChoice::Direct,
            None => ProxyChoice::Environment,
        };
        Ok(HttpOptions {
            auth: self.auth()?,
            headers,
            cookies: CookieJar::default(),
            proxy,
            netrc: self.netrc,
            insecure: self.insecure,
            ca_file: self.ca_file.clone(),
            allow_downgrade: self.allow_downgrade,
            time_limits: self.time.limits(),
            ways: Vec::new(),
        })
    }

    /// Returns the credentials of the options, else those of the environment.
    fn auth(&self) -> Result<Option<Auth>, SecretError> {
        let basic = |text: &str| {
            let (name, password) = secret::login(&secret::line("--user", text)?)?;
            Ok(Some(Auth::Basic(name, password)))
        };
        let bearer = |text: &str| {
            let token = secret::line("--bearer", text)?;
            Ok(Some(Auth::Bearer(token.trim().to_owned())))
        };
        match (&self.user, &self.bearer) {
            (Some(user), _) => return basic(user),
            (None, Some(token)) => return bearer(token),
            (None, None) => {}
        }
        match (
            secret::variable("LANES_USER"),
            secret::variable("LANES_BEARER"),
        ) {
            (Some(_), Some(_)) => Err(SecretError::TwoVariables),
            (Some(user), None) => basic(&user),
            (None, Some(token)) => bearer(&token),
            (None, None) => Ok(None),
        }
    }
}

/// Limit of line numbers in a notice.
const MAX_NUMBERS: usize = 10;

/// Returns the notice about lines of a file that are no cookies.
fn skipped_lines(path: &Path, lines: &[usize]) -> String {
    let numbers = lines.iter().take(MAX_NUMBERS).map(ToString::to_string);
    let mut numbers = numbers.collect::<Vec<_>>().join(", ");
    if lines.len() > MAX_NUMBERS {
        numbers += ", …";
    }
    match lines.len() {
        1 => format!(
            "{}: line {numbers} is no cookie and is skipped",
            path.display()
        ),
        _ => format!(
            "{}: lines {numbers} are no cookies and are skipped",
            path.display()
        ),
    }
}
