//! Sockets, TLS and the connection pool beneath HTTP.
//!
//! `socket` is one TCP connection, with `tls_codec` over it for HTTPS; `dialer` makes it, `pool`
//! keeps it between downloads, and `wait_policy` decides how long it waits for a byte, unless an `interrupt`
//! ends the wait. The `ureq_*` modules plug it into ureq: `head_transport` hands over each head in a form
//! that ureq accepts, `truncation_guard` reports an early end as an error, and `transport_state` carries to
//! the body reader what ureq does not pass on.
//!
//! TLS is rustls without its buffers: many records are read at once and decrypted in place, which
//! saves a copy. `tls_config` chooses the certificates; `tls_algorithms` adds what ring lacks.
//! `proxy_routes` chooses the proxy of a request; `http_proxy` and `socks` ask it for a connection, over the
//! same sockets. `digest_nonces` are the uses of Digest authentication that connections share.

pub(crate) mod crypto_provider;
pub(crate) mod deadline_stream;
pub(crate) mod dialer;
pub(crate) mod digest_nonces;
mod field_names;
pub(crate) mod head_transport;
pub(crate) mod http_proxy;
mod nonblocking_read;
pub(crate) mod pool;
pub(crate) mod proxy_routes;
pub(crate) mod recv_options;
pub(crate) mod socket;
pub(crate) mod socket_handle;
pub(crate) mod socks;
pub(crate) mod tls_codec;
pub(crate) mod tls_config;
pub(crate) mod tls_verifier;
pub(crate) mod truncation_guard;
pub(crate) mod ureq_agent;
pub(crate) mod ureq_buffers;
pub(crate) mod ureq_transport;
pub(crate) mod user_agent;
pub(crate) mod wait_policy;
pub(crate) mod wake_condition;
