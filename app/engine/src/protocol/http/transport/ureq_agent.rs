//! Builds the ureq agent of one worker, over its own connection. ureq knows neither TLS nor proxies.

use std::time::Duration;

use ureq::Agent;
use ureq::unversioned::transport::Connector as _;

use super::dialer::Dialer;
use super::head_transport::{HeadConnector, MAX_HEAD_LEN};
use super::socket_handle::SocketHandle;
use super::truncation_guard::TruncationGuardConnector;
use super::ureq_transport::{KnownAddressResolver, SocketConnector};
use super::user_agent::USER_AGENT;

/// Time limit for a DNS lookup.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(10);

/// Builds an agent over connections of `dialer`, whose state is `transport`.
pub(crate) fn build(dialer: &Dialer, transport: &SocketHandle) -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        // `client::request` follows redirects, and decides which hosts receive credentials.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .user_agent(USER_AGENT)
        .accept_encoding("identity")
        .max_response_header_size(MAX_HEAD_LEN)
        .timeout_resolve(Some(RESOLVE_TIMEOUT))
        .max_idle_connections(1)
        .max_idle_connections_per_host(1)
        .build();
    let connector = ()
        .chain(SocketConnector {
            dialer: dialer.clone(),
            transport: transport.clone(),
        })
        .chain(TruncationGuardConnector)
        .chain(HeadConnector);
    let resolver = KnownAddressResolver {
        dialer: dialer.clone(),
        transport: transport.clone(),
    };
    Agent::with_parts(config, connector, resolver)
}
