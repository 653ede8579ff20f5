//! The name that servers and proxies are told.

/// Value of the `User-Agent` header.
pub(crate) const USER_AGENT: &str = concat!("lanes/", env!("CARGO_PKG_VERSION"));
