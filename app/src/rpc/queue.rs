//! The order of downloads: those that run, those that wait, those that have ended.

use std::collections::{HashMap, VecDeque};

use lanes_engine::DownloadId;

use super::gid::{self, Gid, GidError};
use super::job::{Job, Phase};
use super::options::Options;

/// Most downloads that have not ended.
pub(crate) const MAX_UNFINISHED: usize = 10_000;
/// Longest links and options of all downloads together, in bytes.
pub(crate) const MAX_REQUESTS: usize = 64 << 20;

/// All downloads by id, and their order.
#[derive(Default)]
pub(crate) struct Queue {
    jobs: HashMap<Gid, Job>,
    /// Length of the links and options of all downloads, in bytes.
    requests_len: usize,
    /// Downloads with a running attempt, in the order of their starts.
    pub active: Vec<Gid>,
    /// Downloads that wait or are paused, in the order in which they start.
    pub waiting: Vec<Gid>,
    /// Downloads that have ended, the oldest first.
    pub stopped: VecDeque<Gid>,
    /// Attempts of the engine, also those that are about to end.
    pub attempts: HashMap<DownloadId, Gid>,
    /// Number of downloads that have ended since the start.
    pub stopped_total: u64,
}

/// The way to count a new position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Current,
    End,
}

impl Queue {
    /// Finds a download by its id or a unique beginning of it.
    ///
    /// # Errors
    /// See [`GidError`].
    pub(crate) fn find(&self, text: &str) -> Result<Gid, GidError> {
        // A whole id is found without a search.
        match Gid::parse(text).filter(|gid| self.jobs.contains_key(gid)) {
            Some(gid) => Ok(gid),
            None => gid::find(text, self.jobs.keys().copied()),
        }
    }

    /// Returns a download.
    pub(crate) fn job(&self, gid: Gid) -> Option<&Job> {
        self.jobs.get(&gid)
    }

    /// Returns a download.
    pub(crate) fn job_mut(&mut self, gid: Gid) -> Option<&mut Job> {
        self.jobs.get_mut(&gid)
    }

    /// Returns the downloads of a list.
    pub(crate) fn jobs<'a>(
        &'a self,
        gids: impl IntoIterator<Item = &'a Gid>,
    ) -> impl Iterator<Item = &'a Job> {
        gids.into_iter().filter_map(|gid| self.jobs.get(gid))
    }

    /// Returns all downloads in an order that a restart keeps: ended ones, running ones, waiting ones.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Job> {
        self.jobs(self.stopped.iter().chain(&self.active).chain(&self.waiting))
    }

    /// Returns the length of the links and options of all downloads, in bytes.
    pub(crate) fn requests_len(&self) -> usize {
        self.requests_len
    }

    /// Replaces the links and options of a download.
    pub(crate) fn set_request(&mut self, gid: Gid, uris: Vec<String>, options: Options) {
        if let Some(job) = self.jobs.get_mut(&gid) {
            self.requests_len -= job.request_len();
            (job.uris, job.options) = (uris, options);
            self.requests_len += job.request_len();
        }
    }

    /// Returns the number of downloads that have not ended.
    pub(crate) fn unfinished(&self) -> usize {
        self.active.len() + self.waiting.len()
    }

    /// Adds a download. One that has not ended gets a place among those that wait: the last, or `position`.
    pub(crate) fn insert(&mut self, job: Job, position: Option<usize>) {
        let gid = job.gid;
        if job.is_unfinished() {
            let end = self.waiting.len();
            self.waiting.insert(position.unwrap_or(end).min(end), gid);
        } else {
            self.stopped.push_back(gid);
        }
        self.requests_len += job.request_len();
        self.jobs.insert(gid, job);
    }

    /// Returns the first download that may start.
    pub(crate) fn next(&self) -> Option<Gid> {
        let may_start = |gid: &&Gid| {
            let job = self.jobs.get(gid);
            job.is_some_and(|job| job.phase == Phase::Queued && job.attempt.is_none())
        };
        self.waiting.iter().find(may_start).copied()
    }

    /// Moves a download to those that run.
    pub(crate) fn set_active(&mut self, gid: Gid) {
        self.waiting.retain(|other| *other != gid);
        self.active.push(gid);
    }

    /// Moves a download to the front of those that wait.
    pub(crate) fn set_waiting(&mut self, gid: Gid) {
        if let Some(at) = self.active.iter().position(|other| *other == gid) {
            self.active.remove(at);
            self.waiting.insert(0, gid);
        }
    }

    /// Moves a download to those that have ended.
    pub(crate) fn set_stopped(&mut self, gid: Gid) {
        self.active.retain(|other| *other != gid);
        self.waiting.retain(|other| *other != gid);
        if !self.stopped.contains(&gid) {
            self.stopped.push_back(gid);
            self.stopped_total += 1;
        }
    }

    /// Replaces the order of all downloads that have not ended.
    pub(crate) fn arrange(&mut self, active: Vec<Gid>, waiting: Vec<Gid>) {
        (self.active, self.waiting) = (active, waiting);
        let jobs = &self.jobs;
        let has_ended = |gid: &Gid| jobs.get(gid).is_some_and(|job| !job.is_unfinished());
        self.stopped.retain(has_ended);
    }

    /// Removes a download that has ended.
    pub(crate) fn forget(&mut self, gid: Gid) {
        self.stopped.retain(|other| *other != gid);
        if let Some(job) = self.jobs.remove(&gid) {
            self.requests_len -= job.request_len();
        }
    }

    /// Moves a download among those that wait. Returns its new position; `None` if it does not wait.
    pub(crate) fn reposition(&mut self, gid: Gid, offset: i64, anchor: Anchor) -> Option<usize> {
        let from = self.waiting.iter().position(|other| *other == gid)?;
        let last = self.waiting.len() as i64 - 1;
        let to = match anchor {
            Anchor::Start => offset,
            Anchor::Current => (from as i64).saturating_add(offset),
            Anchor::End => last.saturating_add(offset),
        };
        let to = to.clamp(0, last) as usize;
        let gid = self.waiting.remove(from);
        self.waiting.insert(to, gid);
        Some(to)
    }
}

/// Returns the ids from `offset` on, at most `count`. A negative offset counts from the end, -1 for the last,
/// and the order is then reversed.
pub(crate) fn page(all: &[Gid], offset: i64, count: usize) -> Vec<Gid> {
    let len = all.len();
    if offset >= 0 {
        let start = usize::try_from(offset).unwrap_or(len).min(len);
        return all[start..].iter().take(count).copied().collect();
    }
    let from_end = usize::try_from(offset.unsigned_abs() - 1).unwrap_or(len);
    all.iter()
        .rev()
        .skip(from_end)
        .take(count)
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::job::Progress;
    use crate::rpc::options::Options;

    fn gid(number: u8) -> Gid {
        Gid::parse(&format!("{number:016x}")).unwrap()
    }

    fn queue(count: u8) -> Queue {
        let mut queue = Queue::default();
        for number in 1..=count {
            let job = Job {
                gid: gid(number),
                uris: vec!["http://h/f".into()],
                options: Options::default(),
                phase: Phase::Queued,
                progress: Progress::default(),
                folder: String::new(),
                expected_path: "f".into(),
                attempt: None,
            };
            queue.insert(job, None);
        }
        queue
    }

    #[test]
    fn positions_count_from_the_start_the_place_and_the_end() {
        for (offset, anchor, expected) in [
            (0, Anchor::Start, 0),
            (99, Anchor::Start, 3),
            (-1, Anchor::Current, 0),
            (1, Anchor::Current, 2),
            (0, Anchor::End, 3),
            (-1, Anchor::End, 2),
            (i64::MIN, Anchor::End, 0),
            (i64::MAX, Anchor::Current, 3),
        ] {
            let mut queue = queue(4);
            assert_eq!(queue.reposition(gid(2), offset, anchor), Some(expected));
            assert_eq!(queue.waiting[expected], gid(2));
            assert_eq!(queue.waiting.len(), 4);
        }
        assert_eq!(queue(1).reposition(gid(9), 0, Anchor::Start), None);
    }

    #[test]
    fn pages_count_from_either_end() {
        let all: Vec<Gid> = (1..=4).map(gid).collect();
        let numbers = |offset, count| -> Vec<Gid> { page(&all, offset, count) };
        assert_eq!(numbers(0, 2), [gid(1), gid(2)]);
        assert_eq!(numbers(3, 9), [gid(4)]);
        assert_eq!(numbers(-1, 2), [gid(4), gid(3)]);
        assert_eq!(numbers(-2, 9), [gid(3), gid(2), gid(1)]);
        assert!(
            numbers(4, 1).is_empty()
                && numbers(-5, 1).is_empty()
                && numbers(i64::MIN, 1).is_empty()
        );
    }

    #[test]
    fn paused_downloads_keep_their_place_and_do_not_start() {
        let mut queue = queue(3);
        queue.job_mut(gid(1)).unwrap().phase = Phase::Paused;
        assert_eq!(queue.next(), Some(gid(2)));
        queue.set_active(gid(2));
        assert_eq!((queue.next(), queue.unfinished()), (Some(gid(3)), 3));
        queue.set_waiting(gid(2));
        assert_eq!(queue.waiting, [gid(2), gid(1), gid(3)]);
        queue.set_stopped(gid(2));
        assert_eq!((queue.unfinished(), queue.stopped_total), (2, 1));
    }
}
