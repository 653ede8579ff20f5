//! Files of checksums that stand beside a file on a server: any text is read, and holds checksums of the wanted
//! kinds or none.

#![no_main]
#![allow(dead_code, reason = "only the reader among the engine's modules is used")]

#[path = "../../engine/src/model/checksum_lines.rs"]
mod checksum_lines;

/// The part of the engine that the module above uses.
mod checksum {
    pub(crate) use lanes_engine::Checksum;
}

use checksum_lines::{DigestKind, find};
use libfuzzer_sys::fuzz_target;

// The first line is the name of the file.
fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let (name, lines) = text.split_once('\n').unwrap_or((&text, ""));
    for kind in [DigestKind::Md5, DigestKind::Sha256, DigestKind::Sha512, DigestKind::Blake3] {
        let own = find(lines.as_bytes(), name, kind, false);
        for (number, checksum) in own.iter().enumerate() {
            assert!(!own[..number].contains(checksum));
            assert_eq!(checksum.to_string().parse().as_ref(), Ok(checksum));
        }
        // A list says no more of a file than a file of its own with the same lines, unless that names paths.
        let listed = find(lines.as_bytes(), name, kind, true);
        assert!(name.contains(['/', '\\']) || listed.iter().all(|checksum| own.contains(checksum)));
    }
});
