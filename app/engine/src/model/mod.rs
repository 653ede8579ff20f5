//! Plain values that all other rooms use: what to download, from where, and the state of it.
//!
//! Start with [`spec::DownloadSpec`], the input of a download, and [`snapshot::DownloadSnapshot`], its
//! visible state; [`outcome`] is its result. Nothing here starts a thread, does I/O or imports another
//! room.

pub(crate) mod bottleneck;
pub(crate) mod charset;
pub(crate) mod checksum;
pub(crate) mod checksum_lines;
pub(crate) mod command;
pub(crate) mod connection_state;
pub(crate) mod cookie_byte_escapes;
pub(crate) mod cookie_jar;
pub(crate) mod cookies_txt;
pub(crate) mod display_text;
pub(crate) mod download_log;
pub(crate) mod file_name;
pub(crate) mod files_beside;
pub(crate) mod host_connection_limit;
pub(crate) mod http_options;
pub(crate) mod http_url;
pub(crate) mod last_modified_date;
pub(crate) mod lasting_id;
pub(crate) mod no_proxy;
pub(crate) mod option_change;
pub(crate) mod outage;
pub(crate) mod outcome;
pub(crate) mod piece_hashes;
pub(crate) mod priority;
pub(crate) mod probe_result;
pub(crate) mod proxy_url;
pub(crate) mod random_id;
pub(crate) mod recording;
pub(crate) mod replay;
pub(crate) mod resource_info;
pub(crate) mod retry_limits;
pub(crate) mod snapshot;
pub(crate) mod source_url;
pub(crate) mod source_url_error;
pub(crate) mod spec;
pub(crate) mod time_limits;
pub(crate) mod timeline;
pub(crate) mod way;
