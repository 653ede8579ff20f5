//! Hashes what a connection brings while its bytes are still in the processor's cache: to read them
//! back later costs as much again as to write them.

use std::collections::VecDeque;
use std::ops::Range;

use lanes_shared::checksum::{GROUP_LEN, GroupHash, GroupHasher};

/// Hashes kept until their group is entered: a packet of 4 MiB makes four at once.
const MAX_KEPT: usize = 8;

/// Hashes the groups of which one connection brings every byte, in their order.
pub(crate) struct InlineHasher {
    file_len: u64,
    /// The group at hand and the offset of the next byte that it waits for.
    current: Option<(GroupHasher, u64)>,
    whole: VecDeque<(usize, GroupHash)>,
}

impl InlineHasher {
    /// For a file of `file_len` bytes over `connections` connections. `None` where there are cores
    /// to spare: there the hash thread does it beside the connections.
    pub fn if_worthwhile(file_len: u64, connections: usize) -> Option<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        (connections >= cores).then(|| Self::new(file_len))
    }

    fn new(file_len: u64) -> Self {
        Self {
            file_len,
            current: None,
            whole: VecDeque::new(),
        }
    }

    /// These bytes of the file came.
    pub fn update(&mut self, mut offset: u64, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let group = offset / GROUP_LEN;
            let end = ((group + 1) * GROUP_LEN).min(self.file_len).max(offset + 1);
            let len = bytes.len().min((end - offset) as usize);
            let (now, later) = bytes.split_at(len);
            let goes_on = self.current.take().filter(|(_, next)| *next == offset);
            let begins = offset.is_multiple_of(GROUP_LEN);
            let hasher = match goes_on {
                Some((hasher, _)) => Some(hasher),
                None => begins.then(|| GroupHasher::new(self.file_len, group as usize)),
            };
            bytes = later;
            offset += len as u64;
            if let Some(mut hasher) = hasher {
                hasher.update(now);
                if offset < end {
                    self.current = Some((hasher, offset));
                } else {
                    self.whole.push_back((group as usize, hasher.finish()));
                }
            }
        }
        while self.whole.len() > MAX_KEPT {
            self.whole.pop_front();
        }
    }

    /// These bytes were damaged: what was hashed of them counts for nothing.
    pub fn invalidate(&mut self, bytes: &Range<u64>) {
        let groups = bytes.start / GROUP_LEN..bytes.end.div_ceil(GROUP_LEN);
        let untouched = |group: u64| !groups.contains(&group);
        let current = self.current.take();
        self.current = current.filter(|(_, next)| untouched((next - 1) / GROUP_LEN));
        self.whole.retain(|(group, _)| untouched(*group as u64));
    }

    /// The hash of a group that is whole, if this connection brought all of it.
    pub fn take_hash(&mut self, group: usize) -> Option<GroupHash> {
        let at = self.whole.iter().position(|(index, _)| *index == group)?;
        self.whole.remove(at).map(|(_, hash)| hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lanes_shared::checksum::DigestTree;

    fn file(len: usize) -> Vec<u8> {
        (0..len as u32).map(|i| (i * 7 / 3) as u8).collect()
    }

    fn digest(hot: &mut InlineHasher, file_len: u64) -> Option<[u8; 32]> {
        let mut tree = DigestTree::new(file_len);
        for index in 0..tree.count() {
            tree.put(index, hot.take_hash(index)?);
        }
        tree.digest().map(|digest| digest.0)
    }

    #[test]
    fn pieces_of_any_length_give_the_digest_of_the_file() {
        for len in [1, 1000, GROUP_LEN as usize, 3 * GROUP_LEN as usize + 5] {
            let bytes = file(len);
            for piece in [997, 70_000, 2_500_000] {
                let mut hot = InlineHasher::new(len as u64);
                let mut at = 0;
                for piece in bytes.chunks(piece) {
                    hot.update(at, piece);
                    at += piece.len() as u64;
                }
                let digest = digest(&mut hot, len as u64);
                assert_eq!(
                    digest,
                    Some(*blake3::hash(&bytes).as_bytes()),
                    "{len} by {piece}"
                );
            }
        }
    }

    #[test]
    fn a_group_with_a_gap_or_damage_has_no_hash() {
        let bytes = file(2 * GROUP_LEN as usize);
        let (first, second) = bytes.split_at(GROUP_LEN as usize);
        let mut hot = InlineHasher::new(bytes.len() as u64);
        hot.update(0, &first[..5000]);
        hot.update(6000, &first[6000..]);
        hot.update(GROUP_LEN, second);
        assert!(hot.take_hash(0).is_none(), "there was a gap");
        assert!(hot.take_hash(1).is_some());

        hot.update(0, first);
        hot.update(GROUP_LEN, &second[..1000]);
        hot.invalidate(&(GROUP_LEN - 10..GROUP_LEN + 10));
        hot.update(GROUP_LEN + 1000, &second[1000..]);
        assert!(hot.take_hash(0).is_none(), "its end was damaged");
        assert!(hot.take_hash(1).is_none(), "its beginning was damaged");
    }
}
