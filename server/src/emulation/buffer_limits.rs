//! Send-buffer limits; they shrink as connections grow, to bound memory.

/// Lower and upper target for all send buffers together, in bytes (48 and 512 MiB).
const TOTAL: [usize; 2] = [48 << 20, 512 << 20];
/// Range of [`BufferLimits::min`], in bytes (32 to 256 KiB).
const MIN: [usize; 2] = [32 * 1024, 256 * 1024];
/// Largest [`BufferLimits::max`], in bytes (8 MiB).
const MAX: usize = 8 << 20;

/// Size limits of one send buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BufferLimits {
    /// Bytes that the buffer may hold on any link; also the largest single write.
    pub min: usize,
    /// Bytes that the buffer may hold if the link has as many in flight.
    pub max: usize,
}

impl BufferLimits {
    /// Returns the limits of one buffer while `connections` are open. They shrink above 64.
    pub fn for_connections(connections: usize) -> Self {
        let [min, max] = TOTAL.map(|total| total / connections.max(1));
        let min = min.clamp(MIN[0], MIN[1]);
        Self {
            min,
            max: max.clamp(min, MAX),
        }
    }

    /// Unread bytes above which the flow of a client is paused.
    pub fn pause_above(self) -> u64 {
        4 * self.min as u64
    }

    /// Unread bytes at or below which a paused flow resumes.
    pub fn resume_at(self) -> u64 {
        self.min as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn total_memory_is_bounded_for_any_number_of_connections() {
        let few = BufferLimits::for_connections(64);
        assert_eq!((few.min, few.max), (MIN[1], MAX));
        assert_eq!(
            BufferLimits::for_connections(0),
            BufferLimits::for_connections(1)
        );
        for connections in [65, 256, 1000, 10_000] {
            let limits = BufferLimits::for_connections(connections);
            assert!(limits.min <= limits.max && limits.resume_at() < limits.pause_above());
            assert!(limits.min * connections <= TOTAL[0].max(MIN[0] * connections));
            assert!(limits.max * connections <= TOTAL[1] || limits.max == limits.min);
        }
    }
}
