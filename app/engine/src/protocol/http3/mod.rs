//! HTTP/3 over one QUIC connection, client side: a GET of one `https` link, for comparison with TCP.
//!
//! `download` sends the request, follows redirects and checks the response; `quic_connection` runs
//! quinn-proto over a UDP socket, on the caller's thread; `parse` reads frames and field sections (QPACK),
//! without I/O; `alternative_service` says where a server speaks HTTP/3. Each uses only those after it.
//!
//! 1. quinn-proto is a state machine without sockets, threads or a runtime. With the rustls and the ring of
//!    the tree it brings three crates (itself, `lru-slab`, `rand_pcg`) and 10 s of processor time to a cold
//!    release build of about 580 s, so it is no feature that can be left out.
//! 2. The `h3` crate was weighed for frames and QPACK. Its traits can be driven from one thread by polling, but
//!    it depends on tokio, which `deny.toml` keeps out; together they take 3.5 s more. This module sends one
//!    fixed request and reads a response without dynamic table, which takes `parse`.
//! 3. Flow control: the client announces windows of 32 MiB, more than 1 Gbit/s over 200 ms holds, so that the
//!    congestion control of the server decides, as it does over TCP.
//! 4. The settings leave the dynamic table of QPACK and server push at zero, so every reference to either is
//!    an error of the server.

pub(crate) mod alternative_service;
pub(crate) mod download;
pub(crate) mod parse;
mod quic_connection;
