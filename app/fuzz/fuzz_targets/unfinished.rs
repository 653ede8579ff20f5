//! The states of other download programs beside an unfinished file: each is refused, or claims bytes of the file
//! in runs that rise.

#![no_main]
#![allow(dead_code, reason = "only the parsers among the engine's modules are used")]

#[path = "../../engine/src/storage/unfinished/aria2.rs"]
mod aria2;
#[path = "../../engine/src/storage/unfinished/axel.rs"]
mod axel;
#[path = "../../engine/src/storage/unfinished/claim.rs"]
mod claim;
#[path = "../../engine/src/storage/unfinished/ipull.rs"]
mod ipull;
#[path = "../../engine/src/storage/unfinished/lftp.rs"]
mod lftp;

use lanes_shared::packet::PacketPlan;
use libfuzzer_sys::fuzz_target;

// The first eight bytes are the length of the file at the server.
fuzz_target!(|bytes: &[u8]| {
    let Some((len, state)) = bytes.split_first_chunk() else {
        return;
    };
    let len = u64::from_le_bytes(*len);
    for parse in [aria2::parse, axel::parse, lftp::parse, ipull::parse] {
        let runs = match parse(state, len) {
            Ok(runs) => runs,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                continue;
            }
        };
        let mut at = 0;
        for run in runs.iter() {
            assert!(run.start < run.end && run.end <= len);
            assert!(at == 0 || at < run.start);
            at = run.end;
        }
        assert!(runs.end() == at && runs.bytes() <= len);
        if let Ok(plan) = PacketPlan::new(len, 16 * 1024) {
            let packets = runs.packets(&plan);
            assert!(packets.iter().all(|(first, end)| first < end && *end <= plan.count()));
        }
    }
});
