//! HTTP and HTTPS, client side: downloads any file that a web server serves.
//!
//! `worker` fetches ranges for a download; `client` sends one request and reads its response;
//! `transport` has sockets, TLS and the connection pool; `parse` reads and checks response heads,
//! without I/O. Each uses only those after it. Start at `worker::permit_loop`.
//!
//! 1. The first request asks for the whole file (`bytes=0-`), and its body is kept. Its head
//!    reports the length, whether ranges are served, and the validators that every later response
//!    must match. So a server that does not serve ranges costs no time.
//! 2. `parse::response_check` decides which responses count: a 206 only if it is exactly the
//!    requested range, of a file with the length and version that the server reported first.
//! 3. A worker has one connection at a time, made by this module's own connector, so that another
//!    thread can shut it down. ureq reads the heads; bodies of known length are read past it.

pub(crate) mod client;
pub(crate) mod parse;
pub(crate) mod transport;
pub(crate) mod worker;
