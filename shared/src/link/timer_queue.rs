//! Queue of the flows' timers, one per flow.
//!
//! A flow reschedules its timer often, and a heap would fill with stale entries. This is a
//! tournament tree instead: an inner node holds the earlier of its two children, the root is the
//! earliest timer, and a change updates log₂ n nodes.

use super::Ns;

/// Time of a timer that is not set.
pub(super) const NEVER: Ns = Ns::MAX;

/// One timer per slot. Of equal times the lower slot is first, so that runs are reproducible.
#[derive(Debug, Clone, Default)]
pub(super) struct TimerQueue {
    /// Leaves are at `leaves..2 * leaves`, the root at 1.
    tree: Vec<Ns>,
    leaves: usize,
}

impl TimerQueue {
    /// Sets the timer of `slot`; [`NEVER`] clears it.
    pub(super) fn set(&mut self, slot: usize, at: Ns) {
        if slot >= self.leaves {
            self.grow(slot + 1);
        }
        let mut node = self.leaves + slot;
        self.tree[node] = at;
        while node > 1 {
            node /= 2;
            let earlier = self.tree[2 * node].min(self.tree[2 * node + 1]);
            if self.tree[node] == earlier {
                return;
            }
            self.tree[node] = earlier;
        }
    }

    /// Returns the time of the earliest timer; [`NEVER`] without one.
    #[inline]
    pub(super) fn earliest(&self) -> Ns {
        self.tree.get(1).copied().unwrap_or(NEVER)
    }

    /// Returns the earliest timer and its slot.
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
        fn first_is_the_earliest_timer_then_the_lowest_slot(
            changes in prop::collection::vec((0usize..70, prop_oneof![Just(NEVER), 0u64..50]), 1..200),
        ) {
            let mut timers = TimerQueue::default();
            let mut expected = vec![NEVER; 70];
            for (slot, at) in changes {
                timers.set(slot, at);
                expected[slot] = at;
                let first = (0..70).map(|i| (expected[i], i)).min().filter(|f| f.0 != NEVER);
                prop_assert_eq!(timers.first(), first);
                prop_assert_eq!(timers.earliest(), first.map_or(NEVER, |first| first.0));
            }
        }
    }
}
