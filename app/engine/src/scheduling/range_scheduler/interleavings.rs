//! The board under every order in which threads may come to its lock, as far as some thousands of
//! random ones show: shuttle decides at each lock who goes on. The board has no lock of its own, so
//! the one here can be shuttle's and the code is the very same.

use shuttle::rand::{Rng as _, thread_rng};
use shuttle::sync::{Arc, Mutex};
use shuttle::thread;

use super::*;
use crate::model::resource_info::{ResourceInfo, Version};
use crate::storage::part_file::{PartFile, Paths};
use crate::storage::part_store::PartStore;

const PACKET_LEN: u32 = 16 * 1024;
/// Long enough that segments are split, and the last packet is short.
const LEN: u64 = 40 * PACKET_LEN as u64 - 5;
const CONNECTIONS: usize = 4;

/// What the threads of a download share.
struct Download {
    /// Whether the first connection is so slow that others race it.
    races: bool,
    board: Mutex<RangeScheduler>,
    active: OpenDownload,
}

fn active(folder: &std::path::Path) -> OpenDownload {
    let paths = Paths::new(folder.join("x"));
    let file = PartFile::create(&paths.part, 0).expect("a part file");
    let info = ResourceInfo {
        len: LEN,
        packet_len: PACKET_LEN,
        version: Version::Modified(0, 0),
        digest: None,
        promises_digest: false,
        checksum: None,
        name: None,
    };
    let storage = PartStore { paths, file };
    OpenDownload::new(storage, info, false)
        .expect("few packets")
        .0
}

impl Download {
    fn lock(&self) -> shuttle::sync::MutexGuard<'_, RangeScheduler> {
        self.board.lock().expect("no panic under the lock")
    }

    fn is_complete(&self) -> bool {
        self.active.missing(&(0..LEN)).is_empty()
    }

    /// A connection from its first request to its end, again and again until the file is whole.
    fn work(&self, index: usize) {
        while !self.is_complete() {
            if self.connect(index).is_none() {
                return;
            }
        }
    }

    /// One connection. `None` when the file is whole.
    fn connect(&self, index: usize) -> Option<()> {
        let shared = self.lock().ask_share(index, 2 * u64::from(PACKET_LEN));
        let share = self.agree(index);
        if let Some(bytes) = share.filter(|_| shared) {
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

    /// The length is heard: the first of all to hear it makes the plan.
    fn agree(&self, index: usize) -> Option<Range<u64>> {
        let mut board = self.lock();
        if board.segments.is_none() {
            board.begin_new(LEN, PACKET_LEN.into(), CONNECTIONS, None);
        }
        board.take_share(index)
    }

    /// As `Transfer::claim`, then `Transfer::race`.
    fn next(&self, index: usize) -> Option<Range<u64>> {
        let mut rng = thread_rng();
        let limit = u64::from(PACKET_LEN) * rng.gen_range(1..5);
        {
            let mut board = self.lock();
            board.prune(index, &self.active);
            let speed = |other| other as f64;
            if let Some(claim) = board.claim(index, limit, rng.r#gen(), speed) {
                return Some(claim.bytes);
            }
        }
        let mut board = self.lock();
        let is_lost = board.find_lost(index, &self.active);
        assert!(!is_lost, "bytes were missing and on nobody's way");
        let pace = |other: usize| Pace {
            speed: if other == 0 && self.races { 1.0 } else { 1e9 },
            latency_secs: 0.0,
        };
        board.race(index, &self.active, endgame::MIN_TIME_LEFT, pace)
    }

    /// What was asked for comes packet by packet: right, damaged, or not at all because the
    /// connection is lost (`Some`), after which it is made anew. `None` when the file is whole.
    #[allow(clippy::unnecessary_wraps, reason = "as its caller ends a connection")]
    fn receive(&self, index: usize, bytes: Range<u64>) -> Option<()> {
        let raced = self.lock().racing[index].as_ref() == Some(&bytes);
        let mut rest = vec![bytes.clone()];
        for id in self.active.plan.ids_of(&bytes) {
            let place = self.active.plan.bytes_of(&(id..id + 1));
            // Others may come between any two packets.
            thread::yield_now();
            match thread_rng().gen_range(0..40) {
                0 => {
                    // As `RangeWriter::into_unfinished`.
                    let unfinished = rest.into_iter().filter(|_| !raced);
                    self.lock().hand_over(index, Some(&self.active), unfinished);
                    self.lock().ask_share(index, 1);
                    return Some(());
                }
                // Who races does not give back what is still another's.
                1 if !raced => {
                    let last = rest.pop().unwrap_or_default();
                    rest.extend([last.start..place.start, place.end..last.end]);
                    self.lock().give_back(place);
                }
                1 => {}
                _ => {
                    if !self.active.packets.set(id) {
                        assert!(self.lock().has_raced(), "packet {id} came twice");
                    }
                }
            }
        }
        Some(())
    }
}

/// Whatever the order: every packet comes, none comes twice unless it was raced, and nobody waits
/// for ever.
fn check(races: bool) {
    let folder = tempfile::tempdir().expect("a folder");
    let one = move || {
        let folder = tempfile::tempdir_in(&folder).expect("a folder");
        let download = Arc::new(Download {
            races,
            board: Mutex::new(RangeScheduler::new(CONNECTIONS)),
            active: active(folder.path()),
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
    shuttle::check_random(one, 1000);
}

#[test]
fn no_schedule_loses_a_byte_or_has_it_twice() {
    check(false);
}

#[test]
fn no_schedule_loses_a_byte_where_one_is_raced() {
    check(true);
}
