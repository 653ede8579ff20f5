//! The agent of one worker: its connection, its trust, its proxy.

use std::time::Duration;

use ureq::unversioned::transport::{
    ConnectProxyConnector, Connector as _, RustlsConnector, SocksConnector,
};
use ureq::{Agent, Proxy};

use super::connection_state::TransportState;
use super::dialer::Dialer;
use super::truncation_guard::TruncationGuardConnector;
use super::ureq_transport::{LineResolver, SocketConnector};
use crate::model::http_options::{HttpOptions, ProxyChoice};

/// How long looking up a host may take.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the head of an answer may take, from its request on: also one that dribbles.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest head of an answer, in bytes.
pub(crate) const MAX_HEAD: usize = 64 * 1024;
/// Who servers are told we are.
pub(crate) const USER_AGENT: &str = concat!("lanes/", env!("CARGO_PKG_VERSION"));

/// Makes an agent that speaks over `line`, with connections of `dialer`.
///
/// # Errors
/// In words: a proxy that is none.
pub(crate) fn make(
    options: &HttpOptions,
    dialer: &Dialer,
    line: &TransportState,
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
        .tls_config(dialer.trust().to_agent())
        .proxy(proxy)
        .user_agent(USER_AGENT)
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
            dialer: dialer.clone(),
            line: line.clone(),
        })
        // Where a proxy stands between.
        .chain(RustlsConnector::default())
        .chain(TruncationGuardConnector);
    let resolver = LineResolver { line: line.clone() };
    Ok(Agent::with_parts(config, connector, resolver))
}
