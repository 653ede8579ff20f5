//! The order of the downloads that wait, as clients see it.
//!
//! The engine orders only those that are queued. Here a paused download, and one that waits for an answer, has a place
//! among them, as in aria2; the queued ones stand in the other places in the order of the engine.

use std::collections::{HashMap, HashSet};

use crate::rpc::gid::Gid;
use crate::rpc::queue::Queue;

/// Returns `waiting` in the order of `before`. Downloads that ran come first, new ones last, and those that the engine
/// has queued change places until they stand in its order.
pub(super) fn arranged(
    before: &Queue,
    mut waiting: Vec<Gid>,
    engine_queue: impl Iterator<Item = Gid>,
) -> Vec<Gid> {
    let places: HashMap<Gid, usize> = before.waiting.iter().copied().zip(1..).collect();
    let ran: HashSet<Gid> = before.active.iter().copied().collect();
    waiting.sort_by_key(|gid| match places.get(gid) {
        Some(place) => *place,
        None if ran.contains(gid) => 0,
        None => usize::MAX,
    });
    let all: HashSet<Gid> = waiting.iter().copied().collect();
    let queued: Vec<Gid> = engine_queue.filter(|gid| all.contains(gid)).collect();
    let is_queued: HashSet<Gid> = queued.iter().copied().collect();
    let slots = waiting.iter_mut().filter(|gid| is_queued.contains(*gid));
    for (slot, gid) in slots.zip(queued) {
        *slot = gid;
    }
    waiting
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gids(numbers: &[u8]) -> Vec<Gid> {
        let gid = |number: &u8| Gid::parse(&format!("{number:016x}")).unwrap();
        numbers.iter().map(gid).collect()
    }

    #[test]
    fn paused_downloads_keep_their_places_among_queued_ones() {
        let order = |active: &[u8], before: &[u8], waiting: &[u8], engine: &[u8]| {
            let mut queue = Queue::default();
            queue.arrange(gids(active), gids(before));
            arranged(&queue, gids(waiting), gids(engine).into_iter())
        };
        // 2 is paused; the user has moved 4 to the start of the queue.
        let moved = order(&[], &[1, 2, 3, 4], &[1, 2, 3, 4], &[4, 1, 3]);
        assert_eq!(moved, gids(&[4, 2, 1, 3]));
        // 9 ran and is paused, 1 has started, 7 is new.
        let changed = order(&[9], &[1, 2, 3], &[2, 3, 7, 9], &[1, 3, 7]);
        assert_eq!(changed, gids(&[9, 2, 3, 7]));
        // A download that the engine has not put into its queue yet keeps its place.
        assert_eq!(order(&[], &[1, 2], &[1, 2], &[2]), gids(&[1, 2]));
    }
}
