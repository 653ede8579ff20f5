//! Arguments for HTTP servers.

use std::path::PathBuf;

use clap::Args;

use super::args::ArgError;
use lanes_engine::{Auth, HttpOptions, ProxyChoice};

/// Options of HTTP requests.
#[derive(Debug, Args)]
#[command(next_help_heading = "HTTP and HTTPS")]
pub struct HttpArgs {
    /// Credentials, sent only to the hosts of the given URLs
    #[arg(long, value_name = "NAME:PASSWORD", conflicts_with = "bearer")]
    user: Option<String>,
    /// Bearer token (Authorization: Bearer), sent only to the hosts of the given URLs
    #[arg(long, value_name = "TOKEN")]
    bearer: Option<String>,
    /// Additional header field; may be repeated
    #[arg(short = 'H', long, value_name = "NAME: VALUE", value_parser = header)]
    header: Vec<(String, String)>,
    /// Cookies to send: NAME=VALUE; NAME=VALUE
    #[arg(long, value_name = "COOKIES")]
    cookie: Option<String>,
    /// Proxy: http://HOST:PORT or socks5://HOST:PORT [default: from the environment]
    #[arg(long, value_name = "URL", conflicts_with = "no_proxy")]
    proxy: Option<String>,
    /// Use no proxy, even if the environment sets one
    #[arg(long)]
    no_proxy: bool,
    /// Read user names and passwords from ~/.netrc
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
}

impl HttpArgs {
    /// Returns the options of these arguments.
    pub(super) fn options(&self) -> HttpOptions {
        let basic = |user: &str| {
            let (name, password) = user.split_once(':').unwrap_or((user, ""));
            Auth::Basic(name.to_owned(), password.to_owned())
        };
        let bearer = self.bearer.clone().map(Auth::Bearer);
        let mut headers = self.header.clone();
        headers.extend(
            self.cookie
                .clone()
                .map(|cookie| ("Cookie".to_owned(), cookie)),
        );
        let proxy = match &self.proxy {
            Some(url) => ProxyChoice::Url(url.clone()),
            None if self.no_proxy => ProxyChoice::Direct,
            None => ProxyChoice::Environment,
        };
        HttpOptions {
            auth: self.user.as_deref().map(basic).or(bearer),
            headers,
            proxy,
            netrc: self.netrc,
            insecure: self.insecure,
            ca_file: self.ca_file.clone(),
            allow_downgrade: self.allow_downgrade,
        }
    }
}

fn header(text: &str) -> Result<(String, String), ArgError> {
    let (name, value) = text
        .split_once(':')
        .ok_or_else(|| ArgError::Header(text.to_owned()))?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}
