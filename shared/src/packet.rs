//! Packets: how a file is cut, and where each piece belongs.
//!
//! A packet is a slice of fixed length, numbered from zero; only the last may be shorter. Since a
//! packet's id gives its offset, packets may arrive in any order and nothing is sorted in memory.

use std::ops::Range;

/// The shortest packet that Lanes speaks, in bytes.
pub const MIN_PACKET_LEN: u32 = 128;
/// The longest packet that Lanes speaks, in bytes (4 MiB).
pub const MAX_PACKET_LEN: u32 = 4 * 1024 * 1024;
/// The packet length where nobody asked for another, in bytes (64 KiB): long enough that headers
/// and checksums cost nothing, short enough that a lost packet is cheap to fetch again.
pub const DEFAULT_PACKET_LEN: u32 = 64 * 1024;
/// The most packets a file may be cut into: their map of one bit each stays within 128 MiB.
pub const MAX_PACKETS: u64 = 1 << 30;

/// Why a file cannot be cut into packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PacketError {
    /// The packet length is outside [`MIN_PACKET_LEN`]..=[`MAX_PACKET_LEN`].
    #[error("a packet is {MIN_PACKET_LEN} to {MAX_PACKET_LEN} bytes long, not {0}")]
    Length(u64),
    /// The file would need more than [`MAX_PACKETS`] packets.
    #[error(
        "a length of {file_len} bytes is too large for packets of {packet_len}; choose longer packets"
    )]
    TooMany {
        /// Length of the file in bytes.
        file_len: u64,
        /// Length of a packet in bytes.
        packet_len: u32,
    },
}

/// How one file is cut into packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PacketPlan {
    file_len: u64,
    packet_len: u32,
}

impl PacketPlan {
    /// Cuts `file_len` bytes into packets of `packet_len` bytes.
    ///
    /// # Errors
    /// When `packet_len` is out of range, or the packets would be more than [`MAX_PACKETS`].
    pub fn new(file_len: u64, packet_len: u32) -> Result<Self, PacketError> {
        if !(MIN_PACKET_LEN..=MAX_PACKET_LEN).contains(&packet_len) {
            return Err(PacketError::Length(packet_len.into()));
        }
        if file_len.div_ceil(packet_len.into()) > MAX_PACKETS {
            return Err(PacketError::TooMany {
                file_len,
                packet_len,
            });
        }
        Ok(Self {
            file_len,
            packet_len,
        })
    }

    /// Length of the file in bytes.
    pub fn file_len(&self) -> u64 {
        self.file_len
    }

    /// Length of every packet but the last, in bytes.
    pub fn packet_len(&self) -> u32 {
        self.packet_len
    }

    /// How many packets the file has; zero for an empty file.
    pub fn count(&self) -> u64 {
        self.file_len.div_ceil(self.packet_len.into())
    }

    /// Where packet `id` starts in the file, in bytes. `id` must be below [`Self::count`].
    pub fn offset(&self, id: u64) -> u64 {
        id * u64::from(self.packet_len)
    }

    /// Length of packet `id` in bytes, zero for an id beyond the file.
    pub fn len_of(&self, id: u64) -> u32 {
        if id >= self.count() {
            return 0;
        }
        let left = self.file_len - self.offset(id);
        // The smaller of the two fits in u32 because packet_len does.
        left.min(self.packet_len.into()) as u32
    }

    /// The packet that holds byte `offset`.
    pub fn id_at(&self, offset: u64) -> u64 {
        offset / u64::from(self.packet_len)
    }

    /// The bytes that packets `ids` cover together, cut at the end of the file.
    pub fn bytes_of(&self, ids: &Range<u64>) -> Range<u64> {
        let clip = |id: u64| id.saturating_mul(self.packet_len.into()).min(self.file_len);
        clip(ids.start)..clip(ids.end)
    }

    /// The packets that `bytes` touch.
    pub fn ids_of(&self, bytes: &Range<u64>) -> Range<u64> {
        if bytes.is_empty() {
            return 0..0;
        }
        self.id_at(bytes.start)
            ..bytes
                .end
                .min(self.file_len)
                .div_ceil(self.packet_len.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_empty_file_has_no_packets() {
        let plan = PacketPlan::new(0, 128).unwrap();
        assert_eq!(plan.count(), 0);
        assert_eq!(plan.len_of(0), 0);
        assert_eq!(plan.bytes_of(&(0..0)), 0..0);
    }

    #[test]
    fn lengths_out_of_range_are_refused() {
        assert_eq!(PacketPlan::new(1, 127), Err(PacketError::Length(127)));
        assert!(PacketPlan::new(1, MAX_PACKET_LEN + 1).is_err());
        assert!(PacketPlan::new(u64::MAX, 128).is_err());
    }

    proptest! {
        #[test]
        fn packets_tile_the_file(file_len in 0u64..50_000_000, packet_len in MIN_PACKET_LEN..100_000) {
            let plan = PacketPlan::new(file_len, packet_len).unwrap();
            let mut at = 0;
            for id in 0..plan.count().min(3000) {
                prop_assert_eq!(plan.offset(id), at);
                prop_assert!(plan.len_of(id) > 0);
                at += u64::from(plan.len_of(id));
            }
            let last = plan.count().saturating_sub(1);
            prop_assert_eq!(plan.bytes_of(&(0..plan.count())), 0..file_len);
            if file_len > 0 {
                prop_assert_eq!(plan.offset(last) + u64::from(plan.len_of(last)), file_len);
                prop_assert_eq!(plan.len_of(plan.count()), 0);
            }
        }

        #[test]
        fn ids_and_offsets_agree(file_len in 1u64..u64::MAX >> 30, packet_len in MIN_PACKET_LEN..=MAX_PACKET_LEN, part in 0.0f64..1.0) {
            let Ok(plan) = PacketPlan::new(file_len, packet_len) else { return Ok(()) };
            let byte = ((file_len - 1) as f64 * part) as u64;
            let id = plan.id_at(byte);
            prop_assert!(plan.offset(id) <= byte);
            prop_assert!(byte < plan.offset(id) + u64::from(plan.len_of(id)));
            prop_assert_eq!(plan.ids_of(&(byte..byte + 1)), id..id + 1);
        }
    }
}
