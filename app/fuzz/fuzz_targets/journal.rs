//! The journal beside a file that is not finished: one that was damaged or made up never panics,
//! and never claims packets that the file does not have.

#![no_main]
#![allow(dead_code, reason = "only what reads is used of the app's modules")]

#[path = "../../../app/src/engine/facts.rs"]
mod facts;
#[path = "../../../app/src/engine/journal.rs"]
mod journal;
#[path = "../../../app/src/engine/packet_map.rs"]
mod packet_map;

/// What the modules above need of another that is not read from a journal.
mod request {
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Checksum;
}

use journal::Journal;
use lanes_shared::packet::PacketPlan;
use libfuzzer_sys::fuzz_target;
use packet_map::PacketMap;

/// Maps of more packets only take longer.
const MOST: u64 = 1 << 16;

fuzz_target!(|bytes: &[u8]| {
    let Ok(journal) = serde_json::from_slice::<Journal>(bytes) else {
        return;
    };
    let written = serde_json::to_vec(&journal).expect("it was read");
    let again: Journal = serde_json::from_slice(&written).expect("it was written");
    assert_eq!(again, journal);
    let _ = journal.facts();
    let Ok(plan) = PacketPlan::new(journal.len, journal.packet_len) else {
        return;
    };
    if plan.count() > MOST {
        return;
    }
    let map = PacketMap::new(plan.count());
    if !map.load(&journal.packets) {
        return;
    }
    assert!(!map.has(plan.count()));
    let copy = PacketMap::new(plan.count());
    assert!(copy.load(&map.save()));
    assert!((0..plan.count()).all(|id| map.has(id) == copy.has(id)));
});
