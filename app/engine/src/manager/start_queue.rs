//! Decides when queued downloads start.
//!
//! [`Limits::downloads`] is about files that take a while, each over several connections. A small file takes
//! one or two round trips over one connection, so that three at a time leave a far link idle. Hence small files
//! count by their connections: together they may have as many as the large downloads in whose place they run.
//! Each keeps to one connection for its first second, or until its length shows that it is not small.
//!
//! If one download at a time is allowed, nothing counts as small.
//!
//! [`Limits::downloads`]: crate::model::command::Limits::downloads

use super::engine_thread::EngineThread;
use crate::model::command::DownloadId;

/// Returns whether one more download over at most `connections` connections may start while `small` small and
/// `large` other ones run, of which `limit` may run.
fn has_room(
    limit: usize,
    (small, large): (usize, usize),
    is_small: bool,
    connections: usize,
) -> bool {
    let left = limit.max(1).saturating_sub(large);
    match is_small {
        true => small < left.saturating_mul(connections),
        false => left > 0 && small <= (left - 1).saturating_mul(connections),
    }
}

impl EngineThread {
    /// Starts queued downloads, as many as the limits allow.
    pub(super) fn start_queued(&mut self) {
        if self.queue.is_empty() || self.is_queue_stopped {
            return;
        }
        let limit = self.limits.downloads;
        let (mut small, mut large) = self.running_by_length();
        while let Some(&id) = self.queue.front() {
            let is_small = limit > 1 && self.is_small(id);
            let download = self.downloads.get(&id);
            let connections = download.map_or(1, |download| download.spec.max_connections());
            if !has_room(limit, (small, large), is_small, connections.into()) {
                return;
            }
            self.queue.pop_front();
            self.start(id);
            *(if is_small { &mut small } else { &mut large }) += 1;
        }
    }

    /// Returns the numbers of small and of other downloads that run.
    fn running_by_length(&self) -> (usize, usize) {
        let downloads = self.downloads.iter();
        let running = downloads.filter(|(_, download)| download.attempt.is_some());
        running.fold((0, 0), |(small, large), (id, _)| match self.is_small(*id) {
            true => (small + 1, large),
            false => (small, large + 1),
        })
    }

    /// Returns whether a download is probably of a small file.
    pub(super) fn is_small(&self, id: DownloadId) -> bool {
        let Some(download) = self.downloads.get(&id) else {
            return false;
        };
        let shown = self.snapshots.download(id).and_then(|now| now.len);
        let len = shown.or(download.spec.len);
        self.small_file_servers.is_small(&download.spec.source, len)
    }
}

#[cfg(test)]
mod tests {
    use super::has_room;

    #[test]
    fn small_files_share_the_connections_of_large_ones() {
        let large = |limit, running| has_room(limit, running, false, 10);
        let small = |limit, running| has_room(limit, running, true, 10);
        assert!(large(3, (0, 2)) && !large(3, (0, 3)) && !small(3, (0, 3)));
        // In the place of one large download, ten small ones.
        assert!(small(3, (9, 2)) && !small(3, (10, 2)));
        assert!(small(3, (29, 0)) && !small(3, (30, 0)));
        assert!(large(3, (20, 0)) && !large(3, (21, 0)));
        assert!(large(3, (0, 2)) && !large(3, (1, 2)));
        assert!(large(1, (0, 0)) && !large(1, (1, 0)) && large(0, (0, 0)));
        let unlimited = usize::MAX;
        assert!(large(unlimited, (99, 99)) && small(unlimited, (99, 99)));
    }
}
