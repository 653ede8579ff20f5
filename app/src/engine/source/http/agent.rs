//! The agent of one worker: its connection, its trust, its proxy.

use std::io;
use std::time::Duration;

use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::transport::{
    ConnectProxyConnector, Connector as _, RustlsConnector, SocksConnector,
};
use ureq::{Agent, Proxy};

use super::door::Reached;
use super::line::Line;
use super::options::{HttpOptions, ProxyChoice};
use super::socket::Socket;
use super::transport::{LineResolver, SocketConnector, input_len};
use crate::engine::stop::Stop;

/// How long looking up a host may take.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the first byte of an answer may take; longer with each failure, for servers that have to
/// make the file first.
const FIRST_BYTE: Duration = Duration::from_secs(8);
/// How long the head of an answer may take, from its request on: also one that dribbles.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest head of an answer, in bytes.
const MAX_HEAD: usize = 64 * 1024;

/// Makes an agent for one of so many `connections`, whose sockets `stop` can shut, after so many
/// failures.
///
/// # Errors
/// In words: a certificate file that cannot be read, a proxy that is none.
pub(super) fn make(
    options: &HttpOptions,
    stop: &Stop,
    line: &Line,
    connections: usize,
    failures: usize,
) -> Result<Agent, String> {
    let proxy = match &options.proxy {
        ProxyChoice::Environment => Proxy::try_from_env(),
        ProxyChoice::Direct => None,
        ProxyChoice::Url(url) => {
            let proxy =
                Proxy::new(url).map_err(|error| format!("cannot use the proxy: {error}"))?;
            Some(proxy)
        }
    };
    let config = Agent::config_builder()
        .http_status_as_error(false)
        // Redirects are followed by `fetch`, which knows what may be told to whom.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .tls_config(tls(options)?)
        .proxy(proxy)
        .user_agent(concat!("lanes/", env!("CARGO_PKG_VERSION")))
        .accept_encoding("identity")
        .max_response_header_size(MAX_HEAD)
        .timeout_resolve(Some(RESOLVE_TIMEOUT))
        .timeout_recv_response(Some(HEAD_TIMEOUT))
        .max_idle_connections(1)
        .max_idle_connections_per_host(1)
        .build();
    let connector = ()
        .chain(SocksConnector::default())
        .chain(ConnectProxyConnector::default())
        .chain(SocketConnector {
            stop: stop.clone(),
            line: line.clone(),
            input_len: input_len(connections),
            first_byte: first_byte(failures),
        })
        .chain(RustlsConnector::default());
    let resolver = LineResolver { line: line.clone() };
    Ok(Agent::with_parts(config, connector, resolver))
}

/// Makes a connection to where a server was reached, for the agent to use.
///
/// # Errors
/// See [`Socket::connect`].
pub(super) fn connect(reached: &Reached, stop: &Stop, failures: usize) -> io::Result<Socket> {
    let authority = reached.authority.clone();
    Socket::connect([reached.address], authority, stop, first_byte(failures))
}

/// How long the first byte of an answer may take after so many failures.
fn first_byte(failures: usize) -> Duration {
    FIRST_BYTE * (failures as u32 + 1).min(3)
}

fn tls(options: &HttpOptions) -> Result<TlsConfig, String> {
    let roots = match &options.ca_file {
        None => RootCerts::PlatformVerifier,
        Some(path) => {
            let pem = std::fs::read(path).map_err(|error| {
                format!("cannot read the certificates: {error}: {}", path.display())
            })?;
            let mut found: Vec<Certificate<'static>> = Vec::new();
            for item in parse_pem(&pem) {
                if let Ok(PemItem::Certificate(certificate)) = item {
                    found.push(certificate);
                }
            }
            if found.is_empty() {
                return Err(format!("there is no PEM certificate in {}", path.display()));
            }
            RootCerts::from(found)
        }
    };
    Ok(TlsConfig::builder()
        .root_certs(roots)
        .disable_verification(options.insecure)
        .build())
}
