//! Builds the ureq agent of one worker, over its own connection, TLS configuration and proxy.

use std::time::Duration;

use ureq::unversioned::transport::{
    ConnectProxyConnector, Connector as _, RustlsConnector, SocksConnector,
};
use ureq::{Agent, Proxy};

use super::dialer::Dialer;
use super::transport_state::TransportState;
use super::truncation_guard::TruncationGuardConnector;
use super::ureq_transport::{KnownAddressResolver, SocketConnector};
use crate::model::http_options::{HttpOptions, ProxyChoice};
use crate::protocol::error::ClientConfigError;

/// Time limit for a DNS lookup.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(10);
/// Limit of a response head in bytes.
pub(crate) const MAX_HEAD_LEN: usize = 64 * 1024;
/// Value of the `User-Agent` header.
pub(crate) const USER_AGENT: &str = concat!("lanes/", env!("CARGO_PKG_VERSION"));

/// Builds an agent over connections of `dialer`, whose state is `transport`.
///
/// # Errors
/// [`ClientConfigError::Proxy`] if the address of the proxy is invalid.
pub(crate) fn build(
    options: &HttpOptions,
    dialer: &Dialer,
    transport: &TransportState,
) -> Result<Agent, ClientConfigError> {
    let proxy = match &options.proxy {
        ProxyChoice::Environment => Proxy::try_from_env(),
        ProxyChoice::Direct => None,
        ProxyChoice::Url(url) => Some(Proxy::new(url).map_err(ClientConfigError::Proxy)?),
    };
    let config = Agent::config_builder()
        .http_status_as_error(false)
        // `client::request` follows redirects, and decides which hosts receive credentials.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .tls_config(dialer.tls_config().to_ureq())
        .proxy(proxy)
        .user_agent(USER_AGENT)
        .accept_encoding("identity")
        .max_response_header_size(MAX_HEAD_LEN)
        .timeout_resolve(Some(RESOLVE_TIMEOUT))
        .max_idle_connections(1)
        .max_idle_connections_per_host(1)
        .build();
    let connector = ()
        .chain(SocksConnector::default())
        .chain(ConnectProxyConnector::default())
        .chain(SocketConnector {
            dialer: dialer.clone(),
            transport: transport.clone(),
        })
        // TLS through a proxy.
        .chain(RustlsConnector::default())
        .chain(TruncationGuardConnector);
    let resolver = KnownAddressResolver {
        transport: transport.clone(),
    };
    Ok(Agent::with_parts(config, connector, resolver))
}
