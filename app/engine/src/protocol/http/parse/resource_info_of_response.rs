//! Converts a response head to the description of a file that the engine uses.

use super::response_check::ResponseInfo;
use crate::model::resource_info::{ResourceInfo, Version};

/// Describes a file of `len` bytes.
pub(crate) fn resource_info(info: &ResponseInfo, len: u64) -> ResourceInfo {
    ResourceInfo {
        len,
        packet_len: packet_len(len),
        version: info.version.clone(),
        digest: None,
        promises_digest: false,
        checksum: info.checksum.clone(),
        name: info.name.clone(),
    }
}

/// Returns a packet length that cuts the file into about 2^20 packets: little is lost with a
/// connection, and the bitmap stays small.
fn packet_len(len: u64) -> u32 {
    let len = (len >> 20)
        .next_power_of_two()
        .clamp(16 * 1024, 4 * 1024 * 1024);
    len as u32
}

/// Describes an empty file, of a server that answers a request for its first byte with 416.
pub(crate) fn empty_file() -> ResponseInfo {
    ResponseInfo {
        len: Some(0),
        version: Version::Validators {
            etag: None,
            last_modified: None,
        },
        checksum: None,
        name: None,
        is_metalink: false,
        is_page: false,
        is_untyped: false,
        unknown_coding: None,
        accepts_ranges: true,
        alternatives: None,
    }
}
