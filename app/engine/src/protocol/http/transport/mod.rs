//! Sockets, TLS and the connection pool beneath HTTP.

pub(crate) mod connection_state;
pub(crate) mod dialer;
pub(crate) mod pool;
pub(crate) mod socket;
pub(crate) mod tls_config;
pub(crate) mod tls_session;
pub(crate) mod truncation_guard;
pub(crate) mod ureq_agent;
pub(crate) mod ureq_buffers;
pub(crate) mod ureq_transport;
