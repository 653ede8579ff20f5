//! Sockets, TLS and the connection pool beneath HTTP.
//!
//! `socket` is one TCP connection, with `tls_codec` over it for HTTPS; `dialer` makes it, `pool`
//! keeps it between downloads. The `ureq_*` modules plug it into ureq; `transport_state` carries to
//! the body reader what ureq does not pass on.
//!
//! TLS is rustls without its buffers: many records are read at once and decrypted in place, which
//! saves a copy. `proxy_routes` chooses the proxy of a request; `http_proxy` and `socks` ask it for a
//! connection, over the same sockets.

pub(crate) mod dialer;
pub(crate) mod digest_nonces;
pub(crate) mod head_transport;
pub(crate) mod http_proxy;
pub(crate) mod pool;
pub(crate) mod proxy_exchange;
pub(crate) mod proxy_routes;
pub(crate) mod read_wait;
pub(crate) mod socket;
pub(crate) mod socks;
pub(crate) mod tls_algorithms;
pub(crate) mod tls_codec;
pub(crate) mod tls_config;
pub(crate) mod tls_verifier;
pub(crate) mod transport_state;
pub(crate) mod truncation_guard;
pub(crate) mod ureq_agent;
pub(crate) mod ureq_buffers;
pub(crate) mod ureq_transport;
pub(crate) mod user_agent;
pub(crate) mod wait_policy;
