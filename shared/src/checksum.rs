//! Checksums: CRC-32C protects each frame in transit, BLAKE3 the whole file.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use blake3::Hasher;
use blake3::hazmat::{
    HasherExt as _, Mode, left_subtree_len, merge_subtrees_non_root, merge_subtrees_root,
};

/// Extends the CRC-32C (Castagnoli) `checksum` of a frame by more of its bytes; start with 0.
///
/// ```
/// use lanes_shared::checksum::frame_checksum;
///
/// let checksum = frame_checksum(0, b"1234");
/// assert_eq!(frame_checksum(checksum, b"56789"), 0xE306_9283);
/// ```
pub fn frame_checksum(checksum: u32, bytes: &[u8]) -> u32 {
    crc32c::crc32c_append(checksum, bytes)
}

/// BLAKE3 digest of a whole file. Formats and parses as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

/// Error for a string that is not a digest of 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid digest `{0}`: expected 64 hexadecimal digits")]
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

/// Length of the groups that a file is hashed in (1 MiB). A group is a complete subtree of BLAKE3.
pub const GROUP_LEN: u64 = 1 << 20;

/// Hash of one group of a file, an input of [`DigestTree`].
#[derive(Debug, Clone, Copy)]
pub struct GroupHash([u8; 32]);

/// Hashes one group of a file. Its bytes must be supplied in order.
pub struct GroupHasher {
    hasher: Hasher,
    /// The group is the whole file, so its hash is the digest of the file.
    is_whole_file: bool,
}

impl GroupHasher {
    /// Creates a hasher for group `index` of a file of `file_len` bytes.
    pub fn new(file_len: u64, index: usize) -> Self {
        let mut hasher = Hasher::new();
        hasher.set_input_offset(index as u64 * GROUP_LEN);
        let is_whole_file = file_len <= GROUP_LEN;
        Self {
            hasher,
            is_whole_file,
        }
    }

    /// Adds the next bytes of the group.
    pub fn update(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
    }

    /// Returns the hash of the group. All of its bytes must have been added.
    pub fn finish(self) -> GroupHash {
        GroupHash(match self.is_whole_file {
            true => *self.hasher.finalize().as_bytes(),
            false => self.hasher.finalize_non_root(),
        })
    }
}

/// Computes the digest of a file from the hashes of its groups, in any order.
///
/// BLAKE3 is a tree hash, so a file that arrives over many connections can be hashed while it
/// arrives: after the last byte only one group remains to be hashed.
///
/// ```
/// use lanes_shared::checksum::{Digest, DigestTree, GroupHasher};
///
/// let file = vec![7; 2_500_000];
/// let mut tree = DigestTree::new(file.len() as u64);
/// for index in (0..tree.count()).rev() {
///     let range = tree.range(index);
///     let mut hasher = GroupHasher::new(file.len() as u64, index);
///     hasher.update(&file[range.start as usize..range.end as usize]);
///     tree.put(index, hasher.finish());
/// }
/// assert_eq!(tree.digest(), Some(Digest(*blake3::hash(&file).as_bytes())));
/// ```
pub struct DigestTree {
    file_len: u64,
    groups: Vec<Option<GroupHash>>,
    missing: usize,
}

impl DigestTree {
    /// Creates a tree without hashes for a file of `file_len` bytes. It uses 33 bytes per MiB of
    /// the file.
    pub fn new(file_len: u64) -> Self {
        let count = file_len.div_ceil(GROUP_LEN).max(1) as usize;
        Self {
            file_len,
            groups: vec![None; count],
            missing: count,
        }
    }

    /// Returns the number of groups, which is at least one: an empty file has a digest too.
    pub fn count(&self) -> usize {
        self.groups.len()
    }

    /// Returns the number of groups without a hash.
    pub fn missing(&self) -> usize {
        self.missing
    }

    /// Returns the byte range of group `index`.
    pub fn range(&self, index: usize) -> Range<u64> {
        let start = (index as u64 * GROUP_LEN).min(self.file_len);
        start..(start + GROUP_LEN).min(self.file_len)
    }

    /// Stores the hash of group `index`.
    pub fn put(&mut self, index: usize, hash: GroupHash) {
        if self.groups[index].replace(hash).is_none() {
            self.missing -= 1;
        }
    }

    /// Returns the digest of the whole file, or `None` while a group is missing.
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

    /// Hashes group `index` of `file` and stores the result.
    fn put(tree: &mut DigestTree, index: usize, file: &[u8]) {
        let range = tree.range(index);
        let mut hasher = GroupHasher::new(file.len() as u64, index);
        hasher.update(&file[range.start as usize..range.end as usize]);
        tree.put(index, hasher.finish());
    }

    #[test]
    fn digest_round_trips_as_hexadecimal() {
        let digest = Digest(*blake3::hash(b"lanes").as_bytes());
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert!("12".parse::<Digest>().is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn groups_in_any_order_give_the_digest_of_the_file(len in 0usize..9_000_000, seed: u64) {
            let mut bytes = vec![0; len];
            crate::sample::Sample::new(seed).fill(0, &mut bytes);
            let mut tree = DigestTree::new(len as u64);
            let order = crate::shuffle::Shuffle::new(tree.count() as u64, seed);
            for position in 0..tree.count() {
                prop_assert!(tree.digest().is_none());
                let index = order.at(position as u64) as usize;
                put(&mut tree, index, &bytes);
            }
            prop_assert_eq!(tree.digest(), Some(Digest(*blake3::hash(&bytes).as_bytes())));
        }
    }

    #[test]
    fn file_of_whole_groups_has_the_right_digest() {
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
