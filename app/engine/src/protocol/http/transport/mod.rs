//! Sockets, TLS and the connection pool beneath HTTP.
//!
//! `socket` is one TCP connection, with `tls_session` over it for HTTPS; `dialer` makes it, `pool`
//! keeps it between downloads. The `ureq_*` modules plug it into ureq; `transport_state` carries to
//! the body reader what ureq does not pass on.
//!
//! TLS is rustls without its buffers: many records are read at once and decrypted in place, which
//! saves a copy. Through a proxy ureq makes the connection itself.

pub(crate) mod dialer;
pub(crate) mod pool;
pub(crate) mod socket;
pub(crate) mod tls_config;
pub(crate) mod tls_session;
pub(crate) mod transport_state;
pub(crate) mod truncation_guard;
pub(crate) mod ureq_agent;
pub(crate) mod ureq_buffers;
pub(crate) mod ureq_transport;
pub(crate) mod wait_policy;
