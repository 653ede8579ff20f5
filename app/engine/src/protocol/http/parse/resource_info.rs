//! What the head of an answer tells of the file, as the engine sees it.

use super::response_check::ResponseInfo;
use crate::model::resource_info::{ResourceInfo, Version};

/// What the head of an answer says of a file of `len` bytes.
pub(crate) fn facts(told: &ResponseInfo, len: u64) -> ResourceInfo {
    ResourceInfo {
        len,
        packet_len: packet_len(len),
        version: told.version.clone(),
        digest: None,
        promises_digest: false,
        checksum: told.checksum.clone(),
        name: told.name.clone(),
    }
}

/// A file in some 2^20 packets: what is lost with a connection is little, and so is the map.
fn packet_len(len: u64) -> u32 {
    let len = (len >> 20)
        .next_power_of_two()
        .clamp(16 * 1024, 4 * 1024 * 1024);
    len as u32
}

pub(crate) fn empty() -> ResponseInfo {
    ResponseInfo {
        len: Some(0),
        version: Version::Validators {
            etag: None,
            last_modified: None,
        },
        checksum: None,
        name: None,
        metalink: false,
    }
}
