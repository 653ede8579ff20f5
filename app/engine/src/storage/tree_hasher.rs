//! Hashes the file while it arrives, so that nothing but the last megabyte is left to hash when the
//! last byte has come.
//!
//! A thread of its own collects the hashes of the groups. What no connection hashed as it came (see
//! `hot_hash`) it reads back and hashes itself.

use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use lanes_shared::checksum::{Digest, DigestTree, GROUP_LEN, GroupHash, GroupHasher};

use super::part_file::PartFile;
use crate::sync::cancel::CancelToken;

/// How much is read back at once, in bytes: what the processor has at hand while it is hashed.
const READ_LEN: usize = 128 * 1024;

/// Counts what has come of each group and says when one is whole.
pub(crate) struct TreeHasher {
    missing: Vec<AtomicU64>,
    whole: Sender<Note>,
}

/// What [`hash`] is told.
enum Note {
    /// This group is whole; with its hash, if a connection has brought and hashed all of it.
    Whole(usize, Option<GroupHash>),
    /// Nothing more will come.
    End,
}

/// The groups that are whole, for [`hash`].
pub(crate) struct CompleteGroups(Receiver<Note>);

impl TreeHasher {
    /// Groups of a file of `len` bytes, nothing of it there.
    pub fn new(len: u64) -> (Self, CompleteGroups) {
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
            CompleteGroups(receiver),
        )
    }

    /// Nothing more will come: [`hash`] hashes what it has not been told of, or gives up.
    pub fn finish(&self) {
        // An error means that the hasher is done already.
        let _ = self.whole.send(Note::End);
    }

    /// Notes that bytes `start..end` are in the file, for the first time. `hash_of` is asked for the
    /// hash of each group that they complete.
    pub fn add(&self, start: u64, end: u64, mut hash_of: impl FnMut(usize) -> Option<GroupHash>) {
        let mut at = start;
        while at < end {
            let index = at / GROUP_LEN;
            let stop = ((index + 1) * GROUP_LEN).min(end);
            let Some(missing) = self.missing.get(index as usize) else {
                return;
            };
            // AcqRel: the thread that completes a group hands on all the others' writes to it.
            if missing.fetch_sub(stop - at, Ordering::AcqRel) == stop - at {
                let index = index as usize;
                match self.whole.try_send(Note::Whole(index, hash_of(index))) {
                    Ok(()) | Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {}
                }
            }
            at = stop;
        }
    }
}

/// Hashes groups as they become whole, until [`TreeHasher::finish`]; then the rest, when `complete`
/// says that the file is whole. `None` when it is not, or the download was stopped.
///
/// # Errors
/// When the file cannot be read back.
pub(crate) fn hash(
    file: &PartFile,
    len: u64,
    groups: &CompleteGroups,
    complete: impl Fn() -> bool,
    stop: &CancelToken,
) -> io::Result<Option<Digest>> {
    let mut tree = DigestTree::new(len);
    let mut hashed = vec![false; tree.count()];
    let mut buf = vec![0; READ_LEN];
    let mut add =
        |tree: &mut DigestTree, index: usize, hash: Option<GroupHash>| -> io::Result<()> {
            if std::mem::replace(&mut hashed[index], true) {
                return Ok(());
            }
            let hash = if let Some(hash) = hash {
                hash
            } else {
                let mut hasher = GroupHasher::new(len, index);
                read_back(file, tree.range(index), &mut buf, |piece| {
                    hasher.update(piece);
                })?;
                hasher.finish()
            };
            tree.put(index, hash);
            Ok(())
        };
    while let Ok(Note::Whole(index, hash)) = groups.0.recv() {
        if stop.is_cancelled() {
            return Ok(None);
        }
        add(&mut tree, index, hash)?;
    }
    if !complete() {
        return Ok(None);
    }
    for index in 0..tree.count() {
        if stop.is_cancelled() {
            return Ok(None);
        }
        add(&mut tree, index, None)?;
    }
    Ok(tree.digest())
}

/// Hands `bytes` of the file to `take`, piece by piece.
fn read_back(
    file: &PartFile,
    bytes: Range<u64>,
    buf: &mut [u8],
    mut take: impl FnMut(&[u8]),
) -> io::Result<()> {
    let mut at = bytes.start;
    while at < bytes.end {
        let len = (bytes.end - at).min(buf.len() as u64);
        let piece = &mut buf[..len as usize];
        file.read_at(at, piece)?;
        take(piece);
        at += len;
    }
    Ok(())
}
