//! State shared by the workers of one download attempt.

pub(crate) mod claims;
pub(crate) mod connection_count;
pub(crate) mod open_file;
pub(crate) mod range_writer;
pub(crate) mod repair_pass;
pub(crate) mod shared;
