//! The journal of a part file: a damaged or forged one never causes a panic, and never claims packets
//! that the file does not have.

#![no_main]
#![allow(dead_code, reason = "only the readers among the engine's modules are used")]

#[path = "../../engine/src/storage/file_identity.rs"]
mod file_identity;
#[path = "../../engine/src/storage/journal.rs"]
mod journal;
#[path = "../../engine/src/model/last_modified_date.rs"]
mod last_modified_date;
#[path = "../../engine/src/storage/packet_bitmap.rs"]
mod packet_bitmap;
#[path = "../../engine/src/model/resource_info.rs"]
mod resource_info;

/// The parts of the engine that the modules above use.
mod model {
    pub(crate) use crate::resource_info;
}
mod checksum {
    pub use lanes_engine::Checksum;
}

use journal::Journal;
use lanes_shared::packet::PacketPlan;
use libfuzzer_sys::fuzz_target;
use packet_bitmap::PacketBitmap;

/// Bitmaps of more packets only take longer.
const MAX_PACKETS: u64 = 1 << 16;

fuzz_target!(|bytes: &[u8]| {
    let Ok(journal) = serde_json::from_slice::<Journal>(bytes) else {
        return;
    };
    let written = serde_json::to_vec(&journal).expect("a parsed journal can be written");
    let again: Journal = serde_json::from_slice(&written).expect("a written journal can be parsed");
    assert_eq!(again, journal);
    let _ = journal.resource_info();
    let Ok(plan) = PacketPlan::new(journal.len, journal.packet_len) else {
        return;
    };
    if plan.count() > MAX_PACKETS {
        return;
    }
    let bitmap = PacketBitmap::new(plan.count());
    if !bitmap.load(&journal.packets) {
        return;
    }
    assert!(!bitmap.has(plan.count()));
    let copy = PacketBitmap::new(plan.count());
    assert!(copy.load(&bitmap.save()));
    assert!((0..plan.count()).all(|id| bitmap.has(id) == copy.has(id)));
});
