//! Protocols that bytes come over: HTTP(S) and the Lanes protocol, each on blocking sockets, one worker per connection.

pub mod http;
pub(crate) mod lanes;
pub(crate) mod net;
