//! The order in which queued downloads start: by priority when they are added, then as the user moves them.

use std::collections::{HashSet, VecDeque};

use super::engine_thread::EngineThread;
use crate::model::command::{DownloadId, QueuePlace};
use crate::model::priority::Priority;

/// Moves `ids` to `place`. They keep their order among each other.
fn reorder(queue: &mut VecDeque<DownloadId>, ids: &[DownloadId], place: QueuePlace) {
    let ids: HashSet<DownloadId> = ids.iter().copied().collect();
    let is_moved = |id: &DownloadId| ids.contains(id);
    let at = match place {
        QueuePlace::Up => return shift(queue.make_contiguous(), is_moved),
        QueuePlace::Down => {
            let queue = queue.make_contiguous();
            queue.reverse();
            shift(queue, is_moved);
            queue.reverse();
            return;
        }
        QueuePlace::First => 0,
        QueuePlace::Last => queue.len(),
        QueuePlace::Before(other) => match queue.iter().position(|id| *id == other) {
            Some(at) => at,
            None => return,
        },
    };
    let before = queue.iter().take(at).filter(|id| !is_moved(id)).count();
    let (moved, mut rest): (Vec<_>, Vec<_>) = queue.iter().copied().partition(is_moved);
    rest.splice(before..before, moved);
    *queue = rest.into();
}

/// Exchanges each moved entry with the one before it that is not moved.
fn shift(queue: &mut [DownloadId], is_moved: impl Fn(&DownloadId) -> bool) {
    for index in 1..queue.len() {
        if is_moved(&queue[index]) && !is_moved(&queue[index - 1]) {
            queue.swap(index - 1, index);
        }
    }
}

impl EngineThread {
    /// Adds a download to the queue, behind those of its priority.
    pub(super) fn enqueue(&mut self, id: DownloadId) {
        self.queue.retain(|queued| *queued != id);
        let priority = self.priority(id);
        let is_before = |queued: &DownloadId| self.priority(*queued) >= priority;
        let at = self.queue.iter().rposition(is_before);
        self.queue.insert(at.map_or(0, |at| at + 1), id);
    }

    fn priority(&self, id: DownloadId) -> Priority {
        let download = self.downloads.get(&id);
        download.map_or(Priority::default(), |download| download.spec.priority)
    }

    /// Moves queued downloads; others are ignored.
    pub(super) fn move_in_queue(&mut self, ids: &[DownloadId], place: QueuePlace) {
        reorder(&mut self.queue, ids, place);
    }

    /// Stops the queue, so that no download starts by itself, or starts it again.
    pub(super) fn set_queue_stopped(&mut self, is_stopped: bool) {
        self.is_queue_stopped = is_stopped;
        self.snapshots.set_queue_stopped(is_stopped);
        self.start_queued();
    }

    /// Publishes the queue if it has changed.
    pub(super) fn publish_queue(&mut self) {
        self.snapshots.set_queue(&self.queue);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(ids: &[u64], place: QueuePlace) -> Vec<u64> {
        let mut queue: VecDeque<_> = (1..=6).map(DownloadId).collect();
        let ids: Vec<_> = ids.iter().copied().map(DownloadId).collect();
        reorder(&mut queue, &ids, place);
        queue.into_iter().map(|id| id.0).collect()
    }

    #[test]
    fn moved_downloads_keep_their_order() {
        assert_eq!(moved(&[3], QueuePlace::Up), [1, 3, 2, 4, 5, 6]);
        assert_eq!(moved(&[1, 2, 5], QueuePlace::Up), [1, 2, 3, 5, 4, 6]);
        assert_eq!(moved(&[6, 2, 3], QueuePlace::Down), [1, 4, 2, 3, 5, 6]);
        assert_eq!(moved(&[5, 2], QueuePlace::First), [2, 5, 1, 3, 4, 6]);
        assert_eq!(moved(&[5, 2], QueuePlace::Last), [1, 3, 4, 6, 2, 5]);
        let before = |id| QueuePlace::Before(DownloadId(id));
        assert_eq!(moved(&[6, 1], before(4)), [2, 3, 1, 6, 4, 5]);
        assert_eq!(moved(&[4, 5], before(4)), [1, 2, 3, 4, 5, 6]);
        assert_eq!(moved(&[4], before(9)), [1, 2, 3, 4, 5, 6], "none such");
        assert_eq!(moved(&[9], QueuePlace::First), [1, 2, 3, 4, 5, 6]);
    }
}
