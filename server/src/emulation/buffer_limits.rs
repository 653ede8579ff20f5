//! How much one connection may hold of what its emulated link has not yet brought: less, the more
//! connections there are, so that a crowd does not take all memory.

/// What all connections together should hold at least and at most, in bytes (48 and 512 MiB).
const ALL: [usize; 2] = [48 << 20, 512 << 20];
/// The bounds of what one may always hold, in bytes (32 to 256 KiB).
const LEAST: [usize; 2] = [32 * 1024, 256 * 1024];
/// What one may ever hold, in bytes (8 MiB).
const MOST: usize = 8 << 20;

/// How much one connection may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BufferLimits {
    /// In bytes, whatever its link is like; as much is written at once.
    pub least: usize,
    /// In bytes, if its link has as much under way.
    pub most: usize,
}

impl BufferLimits {
    /// The room of one of so many connections. Up to 64 of them have as much as ever.
    pub fn of_one_among(connections: usize) -> Self {
        let [least, most] = ALL.map(|all| all / connections.max(1));
        let least = least.clamp(LEAST[0], LEAST[1]);
        Self {
            least,
            most: most.clamp(least, MOST),
        }
    }

    /// A client that leaves more than this unread is not sent any more, in bytes.
    pub fn freeze_at(self) -> u64 {
        4 * self.least as u64
    }

    /// And is sent more again once it has left no more than this, in bytes.
    pub fn thaw_at(self) -> u64 {
        self.least as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_holds_no_more_than_a_few() {
        let few = BufferLimits::of_one_among(64);
        assert_eq!((few.least, few.most), (LEAST[1], MOST));
        assert_eq!(BufferLimits::of_one_among(0), BufferLimits::of_one_among(1));
        for connections in [65, 256, 1000, 10_000] {
            let room = BufferLimits::of_one_among(connections);
            assert!(room.least <= room.most && room.thaw_at() < room.freeze_at());
            assert!(room.least * connections <= ALL[0].max(LEAST[0] * connections));
            assert!(room.most * connections <= ALL[1] || room.most == room.least);
        }
    }
}
