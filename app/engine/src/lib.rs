//! The download engine of Lanes: threads, channels and files, without a user interface.
//!
//! [`Engine`] runs many downloads: it takes a [`Command`] and publishes a [`Snapshot`]. [`fetch`] runs
//! one download on the caller's thread, [`fetch_all`] a batch. All of them share one implementation:
//! one coordinator per download, one worker per connection.
//!
//! The rooms import one way: manager → download → protocol → transfer → scheduling → storage →
//! telemetry → {model, sync}; metalink → {model, sync}. Types are imported from the room that defines them;
//! the names below are the crate's public interface.

mod download;
mod manager;
pub mod metalink;
mod model;
mod protocol;
mod scheduling;
mod storage;
mod sync;
mod telemetry;
mod transfer;

pub use crate::download::blocking_download::fetch;
pub use crate::manager::blocking_batch::{BatchEvent, BatchObserver, fetch_all};
pub use crate::manager::class_result::send_result;
pub use crate::manager::engine::Engine;
pub use crate::manager::metalink_loader::{OpenMetalinkError, fetch_metalink, open_metalink};
pub use crate::manager::probe::probe;
pub use crate::manager::saved_downloads::MAX_DOWNLOADS;
pub use crate::manager::server_catalogue::list_server_files;
pub use crate::manager::snapshot_store::Waker;
pub use crate::model::bottleneck::{Bottleneck, LinkEvidence, PermitLimit};
pub use crate::model::checksum::{Checksum, ChecksumError};
pub use crate::model::command::{Command, DownloadId, Limits, QueuePlace};
pub use crate::model::connection_state::ConnectionState;
pub use crate::model::cookie_jar::CookieJar;
pub use crate::model::cookies_txt::CookieLineError;
pub use crate::model::display_text::{is_hidden, one_line, redact};
pub use crate::model::download_log::LogLine;
pub use crate::model::file_name::safe_name;
pub use crate::model::files_beside::NamesBeside;
pub use crate::model::host_connection_limit::HostConnectionLimit;
pub use crate::model::http_options::{Auth, HttpOptions, HttpOptionsError, ProxyChoice};
pub use crate::model::http_url::HttpUrl;
pub use crate::model::lasting_id::LastingId;
pub use crate::model::option_change::{ConnectionChoice, OptionChange};
pub use crate::model::outage::Outage;
pub use crate::model::outcome::{FetchError, Outcome};
pub use crate::model::piece_hashes::PieceHashes;
pub use crate::model::priority::Priority;
pub use crate::model::probe_result::ProbeResult;
pub use crate::model::recording::Recording;
pub use crate::model::retry_limits::RetryLimits;
pub use crate::model::snapshot::{
    Catalogue, Cell, Check, ConnectionSnapshot, DownloadSnapshot, DownloadState, MAP_CELLS,
    Recorded, Snapshot,
};
pub use crate::model::source_url::{ServerName, Source};
pub use crate::model::source_url_error::{SourceUrlError, UrlError};
pub use crate::model::spec::{
    DEFAULT_AUTO_LIMIT, DEFAULT_CONNECTIONS, DEFAULT_PER_HOST, Destination, DownloadSpec,
    MAX_CONNECTIONS, Mode, SpecError,
};
pub use crate::model::time_limits::TimeLimits;
pub use crate::model::timeline::{Arrival, Timeline, Track};
pub use crate::model::way::{MAX_WAYS, WayError, WayName, WayNameError, WaySnapshot, parse_ways};
pub use crate::protocol::error::{
    ConnectError, ConnectionError, Disconnect, ProtocolViolation, ProxyError, SendResultError,
};
pub use crate::protocol::http::client::cookie_file::{
    CookieFileError, load as load_cookies, save as save_cookies,
};
pub use crate::protocol::http::client::netrc_file::{NetrcError, check as check_netrc};
pub use crate::protocol::http3::alternative_service::Http3Service;
pub use crate::protocol::http3::download::{
    Http3Outcome, fetch as fetch_http3, offer as http3_offer, speaks as speaks_http3,
};
pub use crate::protocol::net::way_binding::{WayChoice, list_interfaces, resolve_ways};
pub use crate::storage::connection_limit_cache::ConnectionLimitCache;
pub use crate::storage::private_file::{
    create_private_file, create_private_folder, make_private, replace_private,
};
pub use crate::storage::stream_sink::is_stdout;
pub use crate::storage::target_path::{default_folder, save_new};
pub use crate::storage::unfinished::found_file::is_unfinished_name;
pub use crate::storage::user_key::random as random_key;
pub use crate::sync::cancel::CancelToken;
pub use crate::telemetry::recording_format::{MAX_RECORDING, RecordingError};
