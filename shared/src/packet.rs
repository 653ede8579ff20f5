//! Packets: slices of a file with a fixed length, numbered from zero; only the last may be shorter.
//!
//! A packet's id determines its offset, so packets may arrive in any order and none is sorted in
//! memory.

use std::ops::Range;

/// Minimum packet length, in bytes.
pub const MIN_PACKET_LEN: u32 = 128;
/// Maximum packet length, in bytes (4 MiB).
pub const MAX_PACKET_LEN: u32 = 4 * 1024 * 1024;
/// Default packet length, in bytes (64 KiB): long enough to make headers and checksums negligible,
/// short enough that a lost packet is cheap to fetch again.
pub const DEFAULT_PACKET_LEN: u32 = 64 * 1024;
/// Maximum number of packets in a file. It limits the bitmap of received packets to 128 MiB.
pub const MAX_PACKETS: u64 = 1 << 30;

/// Error for a file that cannot be split into packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PacketError {
    /// The packet length is outside [`MIN_PACKET_LEN`]..=[`MAX_PACKET_LEN`].
    #[error("invalid packet length {0}: use {MIN_PACKET_LEN} to {MAX_PACKET_LEN} bytes")]
    Length(u64),
    /// The file has more than [`MAX_PACKETS`] packets of this length.
    #[error(
        "file too large for packets of {packet_len} bytes: {file_len} bytes; use longer packets"
    )]
    TooMany {
        /// Length of the file in bytes.
        file_len: u64,
        /// Length of a packet, in bytes.
        packet_len: u32,
    },
}

/// Division of one file into packets.
///
/// ```
/// use lanes_shared::packet::PacketPlan;
///
/// let plan = PacketPlan::new(1_000_000, 65_536)?;
/// assert_eq!(plan.count(), 16);
/// assert_eq!((plan.offset(15), plan.len_of(15)), (983_040, 16_960));
/// assert_eq!(plan.ids_of(&(65_535..65_537)), 0..2);
/// # Ok::<(), lanes_shared::packet::PacketError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PacketPlan {
    file_len: u64,
    packet_len: u32,
}

impl PacketPlan {
    /// Splits `file_len` bytes into packets of `packet_len` bytes.
    ///
    /// # Errors
    /// [`PacketError::Length`] when `packet_len` is out of range, [`PacketError::TooMany`] when the
    /// file has more than [`MAX_PACKETS`] packets.
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

    /// Returns the length of the file in bytes.
    pub fn file_len(&self) -> u64 {
        self.file_len
    }

    /// Returns the length of every packet but the last, in bytes.
    pub fn packet_len(&self) -> u32 {
        self.packet_len
    }

    /// Returns the number of packets; zero for an empty file.
    pub fn count(&self) -> u64 {
        self.file_len.div_ceil(self.packet_len.into())
    }

    /// Returns the offset of packet `id` in the file, in bytes. `id` must be below [`Self::count`].
    pub fn offset(&self, id: u64) -> u64 {
        id * u64::from(self.packet_len)
    }

    /// Returns the length of packet `id` in bytes; zero for an id beyond the file.
    pub fn len_of(&self, id: u64) -> u32 {
        if id >= self.count() {
            return 0;
        }
        let left = self.file_len - self.offset(id);
        // The minimum fits in u32 because packet_len does.
        left.min(self.packet_len.into()) as u32
    }

    /// Returns the id of the packet that contains byte `offset`.
    pub fn id_at(&self, offset: u64) -> u64 {
        offset / u64::from(self.packet_len)
    }

    /// Returns the bytes that packets `ids` cover, clipped to the file.
    pub fn bytes_of(&self, ids: &Range<u64>) -> Range<u64> {
        let clip = |id: u64| id.saturating_mul(self.packet_len.into()).min(self.file_len);
        clip(ids.start)..clip(ids.end)
    }

    /// Returns the ids of the packets that overlap `bytes`.
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
    fn empty_file_has_no_packets() {
        let plan = PacketPlan::new(0, 128).unwrap();
        assert_eq!(plan.count(), 0);
        assert_eq!(plan.len_of(0), 0);
        assert_eq!(plan.bytes_of(&(0..0)), 0..0);
    }

    #[test]
    fn lengths_out_of_range_are_rejected() {
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
