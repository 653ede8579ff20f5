//! Arguments for HTTP servers.

use std::path::PathBuf;
use std::sync::OnceLock;

use clap::Args;

use super::failure::Failure;
use super::secret;
use super::secret::SecretError;
use super::time_args::TimeArgs;
use lanes_engine::{Auth, HttpOptions, ProxyChoice};

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
    /// Cookies to send: NAME=VALUE; NAME=VALUE
    #[arg(long, value_name = "COOKIES|@FILE")]
    cookie: Option<String>,
    /// Proxy: http://HOST:PORT or socks5://HOST:PORT [default: from the environment]
    #[arg(long, value_name = "URL|@FILE", conflicts_with = "no_proxy")]
    proxy: Option<String>,
    /// Use no proxy, even if the environment sets one
    #[arg(long)]
    no_proxy: bool,
    /// Read user names and passwords from ~/.netrc. They are sent to the hosts of the given URLs; to those
    /// of redirects only if the file has an entry for them
    #[arg(long)]
    netrc: bool,
    /// Trust the CA certificates in this PEM file instead of the system's
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Skip TLS certificate verification (insecure)
    #[arg(long)]
    insecure: bool,
    /// Follow redirects from https to http
    #[arg(long)]
    allow_downgrade: bool,
    #[command(flatten)]
    time: TimeArgs,
    /// The options, once the secrets are read.
    #[arg(skip)]
    resolved: OnceLock<HttpOptions>,
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
        let options = self.resolve().map_err(Failure::usage)?;
        Ok(self.resolved.get_or_init(|| options).clone())
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
            proxy,
            netrc: self.netrc,
            insecure: self.insecure,
            ca_file: self.ca_file.clone(),
            allow_downgrade: self.allow_downgrade,
            time_limits: self.time.limits(),
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
