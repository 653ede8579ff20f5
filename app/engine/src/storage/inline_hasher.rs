//! Hashes received bytes on the connection's thread, while they are in the processor's cache. Reading
//! them back later costs as much as writing them.
//!
//! With more cores than connections, the hash thread reads the file back beside the connections. With as
//! many connections as cores no core is idle, so each connection hashes its own bytes before it takes the
//! write lock, and the hash thread reads only the groups that several connections received. (One
//! connection that hashes inline on two cores takes a sixth less processor time, and is a tenth slower.)

use std::collections::VecDeque;
use std::ops::Range;

use lanes_shared::checksum::{GROUP_LEN, GroupHash, GroupHasher};

/// Most hashes kept until their group is recorded. A packet of 4 MiB completes four at once.
const MAX_KEPT: usize = 8;

/// Hashes the groups of which one connection receives every byte, in order.
pub(crate) struct InlineHasher {
    file_len: u64,
    /// The present group and the offset of its next byte.
    current: Option<(GroupHasher, u64)>,
    complete: VecDeque<(usize, GroupHash)>,
}

impl InlineHasher {
    /// Creates a hasher for a file of `file_len` bytes over `connections` connections. `None` if there are
    /// idle cores, on which the hash thread runs beside the connections.
    pub fn if_worthwhile(file_len: u64, connections: usize) -> Option<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        (connections >= cores).then(|| Self::new(file_len))
    }

    fn new(file_len: u64) -> Self {
        Self {
            file_len,
            current: None,
            complete: VecDeque::new(),
        }
    }

    /// Hashes received bytes.
    pub fn update(&mut self, mut offset: u64, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let group = offset / GROUP_LEN;
            let end = ((group + 1) * GROUP_LEN).min(self.file_len).max(offset + 1);
            let len = bytes.len().min((end - offset) as usize);
            let (now, later) = bytes.split_at(len);
            let continued = self.current.take().filter(|(_, next)| *next == offset);
            let starts = offset.is_multiple_of(GROUP_LEN);
            let hasher = match continued {
                Some((hasher, _)) => Some(hasher),
                None => starts.then(|| GroupHasher::new(self.file_len, group as usize)),
            };
            bytes = later;
            offset += len as u64;
            if let Some(mut hasher) = hasher {
                hasher.update(now);
                if offset < end {
                    self.current = Some((hasher, offset));
                } else {
                    self.complete.push_back((group as usize, hasher.finish()));
                }
            }
        }
        while self.complete.len() > MAX_KEPT {
            self.complete.pop_front();
        }
    }

    /// Drops the hashes of the groups that overlap `bytes`, which were damaged.
    pub fn invalidate(&mut self, bytes: &Range<u64>) {
        let groups = bytes.start / GROUP_LEN..bytes.end.div_ceil(GROUP_LEN);
        let untouched = |group: u64| !groups.contains(&group);
        let current = self.current.take();
        self.current = current.filter(|(_, next)| untouched((next - 1) / GROUP_LEN));
        self.complete.retain(|(group, _)| untouched(*group as u64));
    }

    /// Takes the hash of `group`, if this connection received all of it.
    pub fn take_hash(&mut self, group: usize) -> Option<GroupHash> {
        let at = self
            .complete
            .iter()
            .position(|(index, _)| *index == group)?;
        self.complete.remove(at).map(|(_, hash)| hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lanes_shared::checksum::DigestTree;

    fn file(len: usize) -> Vec<u8> {
        (0..len as u32).map(|i| (i * 7 / 3) as u8).collect()
    }

    fn digest(hasher: &mut InlineHasher, file_len: u64) -> Option<[u8; 32]> {
        let mut tree = DigestTree::new(file_len);
        for index in 0..tree.count() {
            tree.put(index, hasher.take_hash(index)?);
        }
        tree.digest().map(|digest| digest.0)
    }

    #[test]
    fn reads_of_any_length_give_the_digest_of_the_file() {
        for len in [1, 1000, GROUP_LEN as usize, 3 * GROUP_LEN as usize + 5] {
            let bytes = file(len);
            for read in [997, 70_000, 2_500_000] {
                let mut hasher = InlineHasher::new(len as u64);
                let mut at = 0;
                for read in bytes.chunks(read) {
                    hasher.update(at, read);
                    at += read.len() as u64;
                }
                let digest = digest(&mut hasher, len as u64);
                assert_eq!(
                    digest,
                    Some(*blake3::hash(&bytes).as_bytes()),
                    "{len} by {read}"
                );
            }
        }
    }

    #[test]
    fn a_group_with_a_gap_or_damage_has_no_hash() {
        let bytes = file(2 * GROUP_LEN as usize);
        let (first, second) = bytes.split_at(GROUP_LEN as usize);
        let mut hasher = InlineHasher::new(bytes.len() as u64);
        hasher.update(0, &first[..5000]);
        hasher.update(6000, &first[6000..]);
        hasher.update(GROUP_LEN, second);
        assert!(hasher.take_hash(0).is_none(), "it has a gap");
        assert!(hasher.take_hash(1).is_some());

        hasher.update(0, first);
        hasher.update(GROUP_LEN, &second[..1000]);
        hasher.invalidate(&(GROUP_LEN - 10..GROUP_LEN + 10));
        hasher.update(GROUP_LEN + 1000, &second[1000..]);
        assert!(hasher.take_hash(0).is_none(), "its end was damaged");
        assert!(hasher.take_hash(1).is_none(), "its start was damaged");
    }
}
