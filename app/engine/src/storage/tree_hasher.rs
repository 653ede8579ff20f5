//! Hashes the file while it is received, so that only the last megabyte is left to hash after the last
//! byte.
//!
//! A thread of its own ([`hash`]) collects the hashes of the groups. It reads back and hashes the groups
//! that no connection hashed inline (see [`inline_hasher`](super::inline_hasher)).

use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use lanes_shared::checksum::{Digest, DigestTree, GROUP_LEN, GroupHash, GroupHasher};

use super::part_file::PartFile;
use crate::sync::cancel::CancelToken;

/// Length of a read in bytes: what stays in the processor's cache while it is hashed.
const READ_LEN: usize = 128 * 1024;

/// Counts the missing bytes of each group and reports groups that are complete.
pub(crate) struct TreeHasher {
    missing: Vec<AtomicU64>,
    messages: Sender<Message>,
}

/// A message to [`hash`].
enum Message {
    /// The group with this index is complete. Has its hash if one connection received all of it.
    GroupComplete(usize, Option<GroupHash>),
    /// No more bytes will be added.
    End,
}

/// The receiver of complete groups, for [`hash`].
pub(crate) struct CompleteGroups(Receiver<Message>);

impl TreeHasher {
    /// Creates the groups of a file of `len` bytes, all of them missing.
    pub fn new(len: u64) -> (Self, CompleteGroups) {
        let tree = DigestTree::new(len);
        let group = |index| {
            let range = tree.range(index);
            AtomicU64::new(range.end - range.start)
        };
        // If the hash thread falls behind by more, it finds the dropped groups at the end.
        let (messages, receiver) = bounded(4096);
        (
            Self {
                missing: (0..tree.count()).map(group).collect(),
                messages,
            },
            CompleteGroups(receiver),
        )
    }

    /// Reports that no more bytes will be added: [`hash`] hashes the remaining groups, or gives up.
    pub fn finish(&self) {
        // An error means that the hash thread has ended.
        let _ = self.messages.send(Message::End);
    }

    /// Records that bytes `start..end` are in the file, for the first time. `take_hash` is called for the
    /// hash of each group that they complete.
    pub fn add(&self, start: u64, end: u64, mut take_hash: impl FnMut(usize) -> Option<GroupHash>) {
        let mut at = start;
        while at < end {
            let index = at / GROUP_LEN;
            let stop = ((index + 1) * GROUP_LEN).min(end);
            let Some(missing) = self.missing.get(index as usize) else {
                return;
            };
            // AcqRel: the thread that completes a group passes on the writes of all others to it.
            if missing.fetch_sub(stop - at, Ordering::AcqRel) == stop - at {
                let index = index as usize;
                let message = Message::GroupComplete(index, take_hash(index));
                match self.messages.try_send(message) {
                    Ok(()) | Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {}
                }
            }
            at = stop;
        }
    }
}

/// Hashes groups as they become complete, until [`TreeHasher::finish`]; then the remaining ones, if
/// `is_complete` returns that the file is complete. `None` if it is not, or the download was cancelled.
///
/// # Errors
/// The file cannot be read back.
pub(crate) fn hash(
    file: &PartFile,
    len: u64,
    groups: &CompleteGroups,
    is_complete: impl Fn() -> bool,
    cancel: &CancelToken,
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
    while let Ok(Message::GroupComplete(index, hash)) = groups.0.recv() {
        if cancel.is_cancelled() {
            return Ok(None);
        }
        add(&mut tree, index, hash)?;
    }
    if !is_complete() {
        return Ok(None);
    }
    for index in 0..tree.count() {
        if cancel.is_cancelled() {
            return Ok(None);
        }
        add(&mut tree, index, None)?;
    }
    Ok(tree.digest())
}

/// Reads `bytes` of the file into `buf`, part by part, and passes each part to `take`.
fn read_back(
    file: &PartFile,
    bytes: Range<u64>,
    buf: &mut [u8],
    mut take: impl FnMut(&[u8]),
) -> io::Result<()> {
    let mut at = bytes.start;
    while at < bytes.end {
        let len = (bytes.end - at).min(buf.len() as u64);
        let part = &mut buf[..len as usize];
        file.read_at(at, part)?;
        take(part);
        at += len;
    }
    Ok(())
}
