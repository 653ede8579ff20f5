//! The Lanes protocol, client side.
//!
//! `connection` is the codec over one socket, and passes what it decodes to a `Sink`. `worker`
//! fetches a file through it, `catalogue` lists the files of a server, `result_upload` sends it a result.

pub(crate) mod catalogue;
pub(crate) mod connection;
pub(crate) mod result_upload;
pub(crate) mod worker;
