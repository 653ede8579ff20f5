//! Runs the scheduler under thousands of random thread orders: shuttle decides at each lock which
//! thread goes on. The scheduler has no lock of its own, so the code under test is the code of the
//! engine.
//!
//! Cancellation and the transfer rest on sockets and on waits with timeouts, which shuttle does not
//! have; they are tested under load instead.

use shuttle::rand::{Rng as _, thread_rng};
use shuttle::sync::{Arc, Mutex};
use shuttle::thread;

use super::*;
use crate::model::resource_info::{ResourceInfo, Version};
use crate::storage::part_file::PartFile;
use crate::storage::part_paths::Paths;
use crate::storage::part_store::PartStore;

const PACKET_LEN: u32 = 16 * 1024;
/// Long enough that segments are split; the last packet is short.
const LEN: u64 = 40 * PACKET_LEN as u64 - 5;
const CONNECTIONS: usize = 4;

/// State that the threads of a download share.
struct Download {
    /// Set if the first connection is so slow that others fetch duplicates of its bytes.
    with_duplicates: bool,
    scheduler: Mutex<RangeScheduler>,
    file: OpenDownload,
}

fn open(folder: &std::path::Path) -> OpenDownload {
    let paths = Paths::new(folder.join("x"));
    let file = PartFile::create(&paths.part, Some(0)).expect("a part file");
    let info = ResourceInfo {
        len: LEN,
        packet_len: PACKET_LEN,
        version: Version::Modified(0, 0),
        digest: None,
        promises_digest: false,
        checksum: None,
        name: None,
    };
    let storage = PartStore::new(paths, file);
    OpenDownload::new(storage, info, false)
        .expect("few packets")
        .0
}

impl Download {
    fn lock(&self) -> shuttle::sync::MutexGuard<'_, RangeScheduler> {
        self.scheduler.lock().expect("no panic under the lock")
    }

    fn is_complete(&self) -> bool {
        self.file.missing(&(0..LEN)).is_empty()
    }

    /// Makes connection `index` until the file is complete.
    fn work(&self, index: usize) {
        while !self.is_complete() {
            if self.connect(index).is_none() {
                return;
            }
        }
    }

    /// Runs one connection from its first request to its end. `None` when the file is complete.
    fn connect(&self, index: usize) -> Option<()> {
        let limit = 2 * u64::from(PACKET_LEN);
        let is_requested = self.lock().request_equal_segment(index, limit);
        let reserved = self.learn_len(index);
        if let Some(bytes) = reserved.filter(|_| is_requested) {
            self.receive(index, bytes)?;
        }
        while !self.is_complete() {
            match self.next(index) {
                Some(bytes) => self.receive(index, bytes)?,
                None => thread::yield_now(),
            }
        }
        None
    }

    /// Learns the length; the first connection that does so cuts the segments.
    fn learn_len(&self, index: usize) -> Option<Range<u64>> {
        let mut scheduler = self.lock();
        if scheduler.segments.is_none() {
            scheduler.begin_new(LEN, PACKET_LEN.into(), CONNECTIONS, None);
        }
        scheduler.take_reserved(index)
    }

    /// Claims bytes as the transfer does, or else a duplicate.
    fn next(&self, index: usize) -> Option<Range<u64>> {
        let mut rng = thread_rng();
        let limit = u64::from(PACKET_LEN) * rng.gen_range(1..5);
        {
            let mut scheduler = self.lock();
            scheduler.prune_claims(index, &self.file);
            let rate = |other| other as f64;
            if let Some(claim) = scheduler.claim(index, limit, rng.r#gen(), rate) {
                return Some(claim.bytes);
            }
        }
        let mut scheduler = self.lock();
        let is_lost = scheduler.requeue_lost(index, &self.file);
        assert!(!is_lost, "bytes were missing and not in flight");
        let is_slow = |other| other == 0 && self.with_duplicates;
        let speed = |other: usize| ConnectionSpeed {
            rate: if is_slow(other) { 1.0 } else { 1e9 },
            latency_secs: 0.0,
        };
        scheduler.claim_duplicate(index, &self.file, endgame::MIN_TIME_LEFT, speed)
    }

    /// Receives `bytes` packet by packet: intact, damaged, or not at all because the connection is
    /// lost (`Some`) and made again. `None` when the file is complete.
    #[allow(clippy::unnecessary_wraps, reason = "as its caller ends a connection")]
    fn receive(&self, index: usize, bytes: Range<u64>) -> Option<()> {
        let is_duplicate = self.lock().duplicates[index].as_ref() == Some(&bytes);
        let mut rest = vec![bytes.clone()];
        for id in self.file.plan.ids_of(&bytes) {
            let packet = self.file.plan.bytes_of(&(id..id + 1));
            // Other threads may run between any two packets.
            thread::yield_now();
            match thread_rng().gen_range(0..40) {
                0 => {
                    // As `RangeWriter::into_unfinished`.
                    let unfinished = rest.into_iter().filter(|_| !is_duplicate);
                    self.lock().release(index, Some(&self.file), unfinished);
                    self.lock().request_equal_segment(index, 1);
                    return Some(());
                }
                // A duplicate still belongs to its owner, so it is not requeued.
                1 if !is_duplicate => {
                    let last = rest.pop().unwrap_or_default();
                    rest.extend([last.start..packet.start, packet.end..last.end]);
                    self.lock().requeue(packet);
                }
                1 => {}
                _ => {
                    if !self.file.packets.set(id) {
                        assert!(self.lock().had_duplicates(), "packet {id} arrived twice");
                    }
                }
            }
        }
        Some(())
    }
}

/// Checks that under any order every packet arrives, none arrives twice except as a duplicate, and
/// no connection waits forever.
fn check(with_duplicates: bool) {
    let folder = tempfile::tempdir().expect("a folder");
    let run = move || {
        let folder = tempfile::tempdir_in(&folder).expect("a folder");
        let download = Arc::new(Download {
            with_duplicates,
            scheduler: Mutex::new(RangeScheduler::new(CONNECTIONS)),
            file: open(folder.path()),
        });
        let threads: Vec<_> = (0..CONNECTIONS)
            .map(|index| {
                let download = Arc::clone(&download);
                thread::spawn(move || download.work(index))
            })
            .collect();
        for thread in threads {
            thread.join().expect("no panic");
        }
        assert!(download.is_complete());
    };
    shuttle::check_random(run, 1000);
}

#[test]
fn no_interleaving_loses_or_repeats_a_byte() {
    check(false);
}

#[test]
fn no_interleaving_loses_a_byte_with_duplicates() {
    check(true);
}
