//! Hashes the file while it arrives, in a thread of its own, so that the workers only move bytes
//! and nothing but the last megabyte is left to hash when the last byte has come.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use lanes_shared::checksum::{Digest, DigestTree, GROUP_LEN};

use super::file::PartFile;
use super::stop::Stop;

/// Counts what has come of each group and says when one is whole.
pub(super) struct Groups {
    missing: Vec<AtomicU64>,
    whole: Sender<usize>,
}

/// No group has this number.
const END: usize = usize::MAX;

/// The groups that are whole, for [`hash`].
pub(super) struct WholeGroups(Receiver<usize>);

impl Groups {
    /// Groups of a file of `len` bytes, nothing of it there.
    pub fn new(len: u64) -> (Self, WholeGroups) {
        let tree = DigestTree::new(len);
        let group = |index| {
            let range = tree.range(index);
            AtomicU64::new(range.end - range.start)
        };
        // When the hasher falls behind by this much it finds the rest by itself at the end.
        let (whole, receiver) = bounded(4096);
        (
            Self {
                missing: (0..tree.count()).map(group).collect(),
                whole,
            },
            WholeGroups(receiver),
        )
    }

    /// Nothing more will come: [`hash`] hashes what it has not been told of, or gives up.
    pub fn finish(&self) {
        // An error means that the hasher is done already.
        let _ = self.whole.send(END);
    }

    /// Notes that bytes `start..end` are in the file, for the first time.
    pub fn add(&self, start: u64, end: u64) {
        let mut at = start;
        while at < end {
            let index = at / GROUP_LEN;
            let stop = ((index + 1) * GROUP_LEN).min(end);
            let Some(missing) = self.missing.get(index as usize) else {
                return;
            };
            // AcqRel: the thread that completes a group hands on all the others' writes to it.
            if missing.fetch_sub(stop - at, Ordering::AcqRel) == stop - at {
                match self.whole.try_send(index as usize) {
                    Ok(()) | Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {}
                }
            }
            at = stop;
        }
    }
}

/// Hashes groups as they become whole, until [`Groups::finish`]; then the rest, when `complete`
/// says that the file is whole. `None` when it is not, or the download was stopped.
///
/// # Errors
/// When the file cannot be read back.
pub(super) fn hash(
    file: &PartFile,
    len: u64,
    groups: &WholeGroups,
    complete: impl Fn() -> bool,
    stop: &Stop,
) -> io::Result<Option<Digest>> {
    let mut tree = DigestTree::new(len);
    let mut hashed = vec![false; tree.count()];
    let mut buf = Vec::new();
    let mut add = |tree: &mut DigestTree, index: usize| -> io::Result<()> {
        if !std::mem::replace(&mut hashed[index], true) {
            let range = tree.range(index);
            buf.resize((range.end - range.start) as usize, 0);
            file.read_at(range.start, &mut buf)?;
            let hash = tree.hash(index, &buf);
            tree.put(index, hash);
        }
        Ok(())
    };
    while let Ok(index) = groups.0.recv()
        && index != END
    {
        if stop.is_stopped() {
            return Ok(None);
        }
        add(&mut tree, index)?;
    }
    if !complete() {
        return Ok(None);
    }
    for index in 0..tree.count() {
        if stop.is_stopped() {
            return Ok(None);
        }
        add(&mut tree, index)?;
    }
    Ok(tree.digest())
}
