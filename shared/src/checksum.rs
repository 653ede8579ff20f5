//! Checksums: CRC-32C guards each message on its way, BLAKE3 the whole file.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use blake3::Hasher;
use blake3::hazmat::{
    HasherExt as _, Mode, left_subtree_len, merge_subtrees_non_root, merge_subtrees_root,
};

/// Continues the CRC-32C (Castagnoli) of a frame with more of its bytes; begin with 0.
pub fn frame_checksum(so_far: u32, bytes: &[u8]) -> u32 {
    crc32c::crc32c_append(so_far, bytes)
}

/// The BLAKE3 digest of a whole file; shown and read as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

/// A text that is not a digest of 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a digest of 64 hexadecimal digits")]
pub struct DigestError(String);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        blake3::Hash::from_hex(text)
            .map(|hash| Self(*hash.as_bytes()))
            .map_err(|_| DigestError(text.to_owned()))
    }
}

/// How many bytes of a file are hashed as one piece (1 MiB): a whole subtree of BLAKE3.
pub const GROUP_LEN: u64 = 1 << 20;

/// The hash of one group of a file, to be put into a [`DigestTree`].
#[derive(Debug, Clone, Copy)]
pub struct GroupHash([u8; 32]);

/// Hashes one group of a file, piece by piece in their order.
pub struct GroupHasher {
    hasher: Hasher,
    /// Whether the group is the whole file, so that its hash is the file's.
    only: bool,
}

impl GroupHasher {
    /// For group `index` of a file of `file_len` bytes.
    pub fn new(file_len: u64, index: usize) -> Self {
        let mut hasher = Hasher::new();
        hasher.set_input_offset(index as u64 * GROUP_LEN);
        let only = file_len <= GROUP_LEN;
        Self { hasher, only }
    }

    /// Takes the next bytes of the group.
    pub fn update(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
    }

    /// The hash of the group, all of whose bytes were taken.
    pub fn finish(self) -> GroupHash {
        GroupHash(match self.only {
            true => *self.hasher.finalize().as_bytes(),
            false => self.hasher.finalize_non_root(),
        })
    }
}

/// The digest of a file whose groups are hashed in any order, as they become complete.
///
/// BLAKE3 is a tree, so a file that arrives over many connections can be hashed while it arrives:
/// when the last byte is there, one group is left to hash, not the whole file.
pub struct DigestTree {
    file_len: u64,
    groups: Vec<Option<GroupHash>>,
    missing: usize,
}

impl DigestTree {
    /// A tree for a file of `file_len` bytes, none of it hashed. Takes 33 bytes a MiB.
    pub fn new(file_len: u64) -> Self {
        let count = file_len.div_ceil(GROUP_LEN).max(1) as usize;
        Self {
            file_len,
            groups: vec![None; count],
            missing: count,
        }
    }

    /// How many groups the file has: at least one, since an empty file has a digest too.
    pub fn count(&self) -> usize {
        self.groups.len()
    }

    /// How many groups are not hashed yet.
    pub fn missing(&self) -> usize {
        self.missing
    }

    /// The bytes of group `index`.
    pub fn range(&self, index: usize) -> Range<u64> {
        let start = (index as u64 * GROUP_LEN).min(self.file_len);
        start..(start + GROUP_LEN).min(self.file_len)
    }

    /// Puts the hash of group `index` in its place.
    pub fn put(&mut self, index: usize, hash: GroupHash) {
        if self.groups[index].replace(hash).is_none() {
            self.missing -= 1;
        }
    }

    /// The digest of the whole file, once no group is missing.
    pub fn digest(&self) -> Option<Digest> {
        let groups: Vec<[u8; 32]> = self
            .groups
            .iter()
            .map(|g| g.map(|g| g.0))
            .collect::<Option<_>>()?;
        if let [only] = groups[..] {
            return Some(Digest(only));
        }
        let (left, right) = self.halves(&groups, self.file_len);
        Some(Digest(
            *merge_subtrees_root(&left, &right, Mode::Hash).as_bytes(),
        ))
    }

    fn halves(&self, groups: &[[u8; 32]], len: u64) -> ([u8; 32], [u8; 32]) {
        let left_len = left_subtree_len(len);
        let (left, right) = groups.split_at((left_len / GROUP_LEN) as usize);
        (
            self.merge(left, left_len),
            self.merge(right, len - left_len),
        )
    }

    fn merge(&self, groups: &[[u8; 32]], len: u64) -> [u8; 32] {
        if let [only] = groups {
            return *only;
        }
        let (left, right) = self.halves(groups, len);
        merge_subtrees_non_root(&left, &right, Mode::Hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Puts the hash of group `index` of this file in its place.
    fn put(tree: &mut DigestTree, index: usize, file: &[u8]) {
        let range = tree.range(index);
        let mut hasher = GroupHasher::new(file.len() as u64, index);
        hasher.update(&file[range.start as usize..range.end as usize]);
        tree.put(index, hasher.finish());
    }

    #[test]
    fn a_digest_is_read_and_written_as_hexadecimal() {
        let digest = Digest(*blake3::hash(b"lanes").as_bytes());
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert!("12".parse::<Digest>().is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn groups_in_any_order_give_the_digest_of_the_whole(len in 0usize..9_000_000, seed: u64) {
            let mut bytes = vec![0; len];
            crate::sample::Sample::new(seed).fill(0, &mut bytes);
            let mut tree = DigestTree::new(len as u64);
            let order = crate::shuffle::Shuffle::new(tree.count() as u64, seed);
            for place in 0..tree.count() {
                prop_assert!(tree.digest().is_none());
                let index = order.at(place as u64) as usize;
                put(&mut tree, index, &bytes);
            }
            prop_assert_eq!(tree.digest(), Some(Digest(*blake3::hash(&bytes).as_bytes())));
        }
    }

    #[test]
    fn whole_multiples_of_a_group_are_right_too() {
        for groups in 0..6u64 {
            let bytes = vec![3; (groups * GROUP_LEN) as usize];
            let mut tree = DigestTree::new(bytes.len() as u64);
            for index in 0..tree.count() {
                put(&mut tree, index, &bytes);
            }
            assert_eq!(
                tree.digest(),
                Some(Digest(*blake3::hash(&bytes).as_bytes())),
                "{groups}"
            );
        }
    }
}
