//! Transfer protocols over blocking sockets, one worker thread per connection: HTTP(S) in `http`,
//! the Lanes protocol in `lanes`, and the TCP sockets beneath both in `net`. `http3` fetches a file over one
//! QUIC connection, to compare it with TCP.
//!
//! Start at `lanes::worker` or `http::worker`. Both fetch ranges for a `Transfer` and end with an
//! `error::WorkerError`, whose variant decides about retries. Nothing below this room imports from
//! it.

pub mod error;
pub(crate) mod http;
pub(crate) mod http3;
pub(crate) mod lanes;
pub(crate) mod net;
mod way_trouble;
