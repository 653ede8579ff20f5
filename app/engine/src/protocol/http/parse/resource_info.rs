//! What the head of an answer tells of the file, as the engine sees it.

use super::response_check::Told;
use crate::model::resource_info::{Facts, Version};

/// What the head of an answer says of a file of `len` bytes.
pub(crate) fn facts(told: &Told, len: u64) -> Facts {
    Facts {
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

pub(crate) fn empty() -> Told {
    Told {
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
