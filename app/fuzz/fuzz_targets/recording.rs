//! The kept recording of a download: damaged or forged bytes never cause a panic, and what is read can be
//! shown at any time.

#![no_main]

use std::time::SystemTime;

use lanes_engine::{DownloadId, DownloadSnapshot, DownloadSpec, Recording};
use lanes_shared::checksum::frame_checksum;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|fields: &[u8]| {
    let _ = Recording::from_bytes(fields);
    // Behind the checksum, which random bytes never match.
    let mut bytes = [b"LNSR\x01", fields].concat();
    let checksum = frame_checksum(0, &bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    let Ok(recording) = Recording::from_bytes(&bytes) else {
        return;
    };
    let written = recording.to_bytes().expect("a recording that was read is short");
    let again = Recording::from_bytes(&written).expect("a written recording can be read");
    assert_eq!(again.timeline.arrivals, recording.timeline.arrivals);
    let spec = DownloadSpec::new("lanes://host/x".parse().expect("a link"));
    let mut download = DownloadSnapshot::requested(DownloadId(1), &spec, SystemTime::UNIX_EPOCH);
    let until = recording.timeline.until;
    recording.finish(&mut download);
    for part in 0..=4 {
        let now = download.at(until / 4 * part);
        assert!(now.len.is_none_or(|len| now.done <= len));
    }
});
