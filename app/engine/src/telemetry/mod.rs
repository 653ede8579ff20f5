//! Counters, events and timelines of connections, for the user interface.
//!
//! A worker adds to its [`connection_counters`] and records rare events with their time in
//! [`connection_events`]; it never sends a message per byte. The coordinator samples both at each
//! tick and turns them into the timeline and the log ([`timeline_recorder`]). [`file_map`] shows the
//! received parts of the file in a bounded number of cells, and [`recording_format`] keeps an attempt
//! for a replay. All of it is bounded in memory whatever
//! the length of the file and of the download.

pub(crate) mod bottleneck;
pub(crate) mod connection_counters;
pub(crate) mod connection_events;
pub(crate) mod download_liveness;
pub(crate) mod file_map;
pub(crate) mod recording_format;
pub(crate) mod timeline_recorder;
