//! When each flow wants to be woken, and which is first.
//!
//! A flow has one wake at most, and it moves often. A heap would fill with timers that no longer
//! count; this is a tournament instead: a tree whose inner nodes hold the earlier of their two
//! children. The first is read at the root, a change plays log₂ n matches.

use super::Ns;

/// No wake.
pub(super) const NEVER: Ns = Ns::MAX;

/// One wake a slot. Of equal times the lower slot is first, so that runs repeat exactly.
#[derive(Debug, Clone, Default)]
pub(super) struct TimerQueue {
    /// Leaves at `leaves..2 * leaves`, the root at 1.
    tree: Vec<Ns>,
    leaves: usize,
}

impl TimerQueue {
    /// Sets when `slot` wants to be woken ([`NEVER`] for not at all).
    pub(super) fn set(&mut self, slot: usize, at: Ns) {
        if slot >= self.leaves {
            self.grow(slot + 1);
        }
        let mut node = self.leaves + slot;
        self.tree[node] = at;
        while node > 1 {
            node /= 2;
            let winner = self.tree[2 * node].min(self.tree[2 * node + 1]);
            if self.tree[node] == winner {
                return;
            }
            self.tree[node] = winner;
        }
    }

    /// The earliest wake and its slot.
    pub(super) fn first(&self) -> Option<(Ns, usize)> {
        let at = self.tree.get(1).copied().filter(|at| *at != NEVER)?;
        let mut node = 1;
        while node < self.leaves {
            node *= 2;
            if self.tree[node] != at {
                node += 1;
            }
        }
        Some((at, node - self.leaves))
    }

    fn grow(&mut self, slots: usize) {
        let leaves = slots.next_power_of_two().max(2);
        let mut tree = vec![NEVER; 2 * leaves];
        tree[leaves..leaves + self.leaves].copy_from_slice(&self.tree[self.leaves..]);
        for node in (1..leaves).rev() {
            tree[node] = tree[2 * node].min(tree[2 * node + 1]);
        }
        (self.tree, self.leaves) = (tree, leaves);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_first_is_the_earliest_and_then_the_lowest(
            moves in prop::collection::vec((0usize..70, prop_oneof![Just(NEVER), 0u64..50]), 1..200),
        ) {
            let mut timers = TimerQueue::default();
            let mut plain = vec![NEVER; 70];
            for (slot, at) in moves {
                timers.set(slot, at);
                plain[slot] = at;
                let first = (0..70).map(|i| (plain[i], i)).min().filter(|f| f.0 != NEVER);
                prop_assert_eq!(timers.first(), first);
            }
        }
    }
}
