//! The headless server of Lanes. Serves the files of a folder, and generated samples of any size,
//! over the Lanes protocol and HTTP.
//!
//! 1. A library with a thin binary, because the app runs the same server in its own process.
//! 2. One thread per connection with blocking sockets: for a few hundred connections this is both
//!    the simplest and the fastest design.
//! 3. No thread outlives the [`Server`]: the code that starts a thread also joins it.
//!
//! Imports between the modules run one way: `accept` → `protocol` → `state` → {`emulation`,
//! `content`, `config`} → `results` → `net` → `telemetry` → `sync`.

#![forbid(unsafe_code)]

mod accept;
mod config;
mod content;
mod emulation;
mod net;
mod protocol;
mod results;
mod server;
mod state;
mod sync;
mod telemetry;

pub use accept::fd_limit::reserve_fd_table;
pub use config::Config;
pub use config::change_callback::ChangeCallback;
pub use config::timeouts::Timeouts;
pub use content::bundled::bytes_of as bundled_file;
pub use protocol::http::codec as http_codec;
pub use results::collected_result::CollectedResult;
pub use results::collection::{MAX_RESULTS, ResultCollection};
pub use results::csv::results_to_csv;
pub use results::result_file::ResultFileError;
pub use server::{Server, ServerError};
pub use telemetry::event_log::{LogLevel, LogLine};
pub use telemetry::stats::{FlowStats, LinkStats, Peer, Protocol, Stats};
