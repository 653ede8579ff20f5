//! The headless server of Lanes: files beneath a folder, and samples that exist nowhere, over the
//! Lanes protocol and over HTTP.
//!
//! 1. It is a library with a thin binary, because the app runs the very same server inside itself.
//! 2. One thread a connection, blocking sockets: with a few hundred connections at most this is
//!    the simplest thing that is also the fastest.
//! 3. No thread outlives the [`Server`]: whoever starts a thread joins it.

#![forbid(unsafe_code)]

mod accept;
mod config;
mod content;
mod emulation;
mod net;
mod protocol;
mod server;
mod state;
mod sync;
mod telemetry;

pub use accept::fd_limit::reserve_fd_table;
pub use config::Config;
pub use config::change_callback::ChangeCallback;
pub use config::timeouts::Timeouts;
pub use protocol::http::codec as http_codec;
pub use server::{Server, ServerError};
pub use telemetry::event_log::{LogLevel, LogLine};
pub use telemetry::stats::{FlowStats, LinkStats, Peer, Protocol, Stats};
