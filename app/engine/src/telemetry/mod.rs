//! Counters, events and time lines of connections, for the screens.

pub(crate) mod connection_counters;
pub(crate) mod connection_events;
pub(crate) mod file_map;
pub(crate) mod timeline_recorder;
