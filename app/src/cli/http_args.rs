//! Arguments about HTTP servers.

use std::path::PathBuf;

use clap::Args;

use lanes_engine::{Auth, HttpOptions, ProxyChoice};

/// How HTTP servers are spoken to.
#[derive(Debug, Args)]
#[command(next_help_heading = "HTTP and HTTPS")]
pub struct HttpArgs {
    /// Who you are: a user name and a password, told only to the hosts of the links given
    #[arg(long, value_name = "NAME:PASSWORD", conflicts_with = "bearer")]
    user: Option<String>,
    /// A token that says who you are (Authorization: Bearer), told only to the hosts of the links given
    #[arg(long, value_name = "TOKEN")]
    bearer: Option<String>,
    /// A further header field; again for more of them
    #[arg(short = 'H', long, value_name = "NAME: VALUE", value_parser = header)]
    header: Vec<(String, String)>,
    /// Cookies to send: NAME=VALUE; NAME=VALUE
    #[arg(long, value_name = "COOKIES")]
    cookie: Option<String>,
    /// The proxy: http://HOST:PORT or socks5://HOST:PORT [default: the environment's]
    #[arg(long, value_name = "URL", conflicts_with = "no_proxy")]
    proxy: Option<String>,
    /// Use no proxy, whatever the environment says
    #[arg(long)]
    no_proxy: bool,
    /// Look up user and password in ~/.netrc
    #[arg(long)]
    netrc: bool,
    /// Trust the certificates of this PEM file instead of the system's
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Do not check who the server is: anybody on the way could read and change the file
    #[arg(long)]
    insecure: bool,
    /// Follow redirects from https to http
    #[arg(long)]
    allow_downgrade: bool,
}

impl HttpArgs {
    /// The options that the arguments ask for.
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

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once(':')
        .ok_or_else(|| format!("`{text}` is no header field: write NAME: VALUE"))?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}
