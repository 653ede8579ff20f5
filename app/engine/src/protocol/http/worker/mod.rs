//! Fetches ranges of one file over one connection.

pub(crate) mod admission;
pub(crate) mod body_writer;
pub(crate) mod connection_lifecycle;
pub(crate) mod error_mapping;
pub(crate) mod first_request;
pub(crate) mod range_worker;
pub(crate) mod unknown_length;
