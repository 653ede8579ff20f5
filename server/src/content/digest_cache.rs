//! Computes digests of whole files in one background thread and caches them.
//!
//! 1. A digest never delays file bytes: opening a file only requests it.
//! 2. Clients take turns, one slice at a time. Of the files of a client the one with the fewest
//!    bytes left is hashed first, so that a huge sample does not delay a picture.
//! 3. Hashing of a file pauses while no connection holds its [`DigestStatus`]. Progress on a sample
//!    is kept, so that several short transfers of a long sample complete its digest.
//! 4. When the queue is full, the file with the most bytes left makes way, or else one of the client
//!    with the most files. Its progress is kept, and it returns once there is space.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use lanes_shared::wire::Refusal;

pub(crate) use super::hash_job::{Algorithm, DigestBytes};
use super::hash_job::{HashJob, SLICE};
use super::open_file::{FileVersion, OpenFile};
use crate::net::client_net::ClientNet;
use crate::sync::lock;
use crate::telemetry::event_log::escaped;

/// Maximum number of files that wait to be hashed.
const MAX_JOBS: usize = 64;
/// Maximum number of cached digests.
const MAX_DIGESTS: usize = 1024;

type Key = (String, FileVersion, Algorithm);

/// The digests of a server's files.
#[derive(Default)]
pub(crate) struct DigestCache {
    state: Mutex<CacheState>,
    changed: Condvar,
}

#[derive(Default)]
struct CacheState {
    digests: HashMap<Key, DigestBytes>,
    /// Keys of `digests`, the oldest first.
    age: VecDeque<Key>,
    jobs: Vec<QueuedJob>,
    /// Number of the latest slice that was hashed for each client.
    turns: HashMap<ClientNet, u64>,
    last_turn: u64,
    is_stopping: bool,
}

/// A job in the queue, and the clients that have requested it.
struct QueuedJob {
    job: Arc<HashJob>,
    clients: HashSet<ClientNet>,
}

/// The status of a requested digest.
pub(crate) enum DigestStatus {
    /// The digest is known.
    Known(DigestBytes),
    /// The digest is being computed.
    Pending(Arc<HashJob>),
    /// Too many files wait to be hashed; request again later.
    Full,
    /// The file changed or cannot be read.
    Failed(Refusal),
    /// The server is stopping.
    Stopping,
}

impl DigestStatus {
    /// Returns the number of bytes hashed so far.
    pub fn hashed(&self) -> u64 {
        match self {
            Self::Pending(job) => job.hashed(),
            _ => 0,
        }
    }
}

impl DigestCache {
    /// Requests the digest of an open file, without waiting.
    pub fn request(
        &self,
        file: &Arc<OpenFile>,
        algorithm: Algorithm,
        client: ClientNet,
    ) -> DigestStatus {
        let mut state = lock(&self.state);
        if let Some(digest) = state.digests.get(&key_of(file, algorithm)) {
            return DigestStatus::Known(*digest);
        }
        if state.is_stopping {
            return DigestStatus::Stopping;
        }
        let queued = state.find(file, algorithm);
        let job = queued.unwrap_or_else(|| Arc::new(HashJob::new(Arc::clone(file), algorithm)));
        match state.enqueue(job, client) {
            Ok(job) => {
                self.changed.notify_all();
                DigestStatus::Pending(job)
            }
            Err(_) => DigestStatus::Full,
        }
    }

    /// Returns the digest of an open file if it is known.
    pub fn known(&self, file: &OpenFile, algorithm: Algorithm) -> Option<DigestBytes> {
        let state = lock(&self.state);
        state.digests.get(&key_of(file, algorithm)).copied()
    }

    /// Waits up to `timeout` for a digest that is pending or must be requested again, and returns
    /// its new status.
    pub fn wait(
        &self,
        file: &Arc<OpenFile>,
        algorithm: Algorithm,
        requested: DigestStatus,
        client: ClientNet,
        timeout: Duration,
    ) -> DigestStatus {
        let deadline = Instant::now() + timeout;
        let key = key_of(file, algorithm);
        let mut state = lock(&self.state);
        loop {
            if let Some(digest) = state.digests.get(&key) {
                return DigestStatus::Known(*digest);
            }
            if state.is_stopping {
                return DigestStatus::Stopping;
            }
            if let DigestStatus::Pending(job) = &requested
                && let Some(refusal) = job.failed.get()
            {
                return DigestStatus::Failed(*refusal);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let woken = self.changed.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        if let DigestStatus::Pending(job) = requested {
            // Returns to the queue if it made way, or waits for space with its progress kept.
            let job = state.enqueue(job, client).unwrap_or_else(|job| job);
            self.changed.notify_all();
            return DigestStatus::Pending(job);
        }
        drop(state);
        self.request(file, algorithm, client)
    }

    /// Ends the hasher and all waits.
    pub fn stop(&self) {
        lock(&self.state).is_stopping = true;
        self.changed.notify_all();
    }

    /// Hashes requested files until [`Self::stop`]. Runs in the thread `hasher`.
    pub fn run(&self) {
        let mut slice = vec![0; SLICE];
        while let Some(job) = self.next_job() {
            match job.hash_slice(&mut slice) {
                Ok(None) => {}
                Ok(Some(digest)) => {
                    let mut state = lock(&self.state);
                    state.insert(key_of(&job.file, job.algorithm), digest);
                    state.remove(&job);
                    self.changed.notify_all();
                }
                Err(error) => {
                    let name = escaped(job.file.name());
                    tracing::warn!("cannot hash {name}: {error}");
                    let mut state = lock(&self.state);
                    // Cannot be set yet: only this thread sets it, and then drops the job.
                    let _ = job.failed.set(error.refusal());
                    state.remove(&job);
                    self.changed.notify_all();
                }
            }
        }
    }

    fn next_job(&self) -> Option<Arc<HashJob>> {
        let mut state = lock(&self.state);
        loop {
            if state.is_stopping {
                return None;
            }
            // An open descriptor of a deleted file would keep its disk space allocated.
            state
                .jobs
                .retain(|queued| queued.job.is_held() || !queued.job.file.is_on_disk());
            if let Some(job) = state.take_turn() {
                return Some(job);
            }
            let woken = self.changed.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl CacheState {
    /// Returns the queued job for a file.
    fn find(&self, file: &OpenFile, algorithm: Algorithm) -> Option<Arc<HashJob>> {
        let mut jobs = self.jobs.iter();
        let queued = jobs.find(|queued| queued.job.is_for(file, algorithm));
        queued.map(|queued| Arc::clone(&queued.job))
    }

    /// Adds a job of a client to the queue, or the client to the job for the same file. Returns
    /// that job.
    ///
    /// # Errors
    /// Returns the job if the queue is full and no other job makes way.
    fn enqueue(
        &mut self,
        job: Arc<HashJob>,
        client: ClientNet,
    ) -> Result<Arc<HashJob>, Arc<HashJob>> {
        let mut jobs = self.jobs.iter_mut();
        if let Some(queued) = jobs.find(|queued| queued.job.is_for(&job.file, job.algorithm)) {
            queued.clients.insert(client);
            return Ok(Arc::clone(&queued.job));
        }
        if self.jobs.len() >= MAX_JOBS {
            self.jobs.retain(|queued| queued.job.is_held());
        }
        if self.jobs.len() >= MAX_JOBS {
            let Some(index) = self.makes_way(&job, client) else {
                return Err(job);
            };
            self.jobs.swap_remove(index);
        }
        self.jobs.push(QueuedJob {
            job: Arc::clone(&job),
            clients: HashSet::from([client]),
        });
        Ok(job)
    }

    /// Returns the index of the job that makes way for a new job of a client.
    fn makes_way(&self, new: &HashJob, client: ClientNet) -> Option<usize> {
        let jobs = || self.jobs.iter().enumerate();
        let (index, largest) = jobs().max_by_key(|(_, queued)| queued.job.remaining())?;
        if largest.job.remaining() > new.remaining() {
            return Some(index);
        }
        // Another client must not fill the queue with short files either.
        let mut counts = HashMap::new();
        for (_, queued) in jobs() {
            for client in &queued.clients {
                *counts.entry(*client).or_insert(0) += 1;
            }
        }
        let own = counts.get(&client).copied().unwrap_or(0);
        let (most, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
        let of_most = jobs().filter(|(_, queued)| queued.clients.contains(&most));
        let longest = of_most
            .max_by_key(|(_, queued)| (Reverse(queued.clients.len()), queued.job.remaining()));
        longest.map(|(index, _)| index).filter(|_| count > own + 1)
    }

    /// Returns the job whose next slice is hashed: of the client that has waited longest, the one
    /// with the fewest bytes left.
    fn take_turn(&mut self) -> Option<Arc<HashJob>> {
        let turn_of = |client: &ClientNet| self.turns.get(client).copied().unwrap_or(0);
        let held = self.jobs.iter().filter(|queued| queued.job.is_held());
        let of_clients = held.flat_map(|queued| {
            let job = &queued.job;
            queued.clients.iter().map(move |client| (job, *client))
        });
        let next = of_clients.min_by_key(|(job, client)| (turn_of(client), job.remaining()));
        let (job, client) = next.map(|(job, client)| (Arc::clone(job), client))?;
        self.last_turn += 1;
        self.turns.insert(client, self.last_turn);
        if self.turns.len() > MAX_DIGESTS {
            let jobs = &self.jobs;
            self.turns
                .retain(|client, _| jobs.iter().any(|queued| queued.clients.contains(client)));
        }
        Some(job)
    }

    fn remove(&mut self, job: &Arc<HashJob>) {
        self.jobs.retain(|queued| !Arc::ptr_eq(&queued.job, job));
    }

    fn insert(&mut self, key: Key, digest: DigestBytes) {
        if self.digests.insert(key.clone(), digest).is_none() {
            self.age.push_back(key);
        }
        if self.age.len() > MAX_DIGESTS
            && let Some(oldest) = self.age.pop_front()
        {
            self.digests.remove(&oldest);
        }
    }
}

fn key_of(file: &OpenFile, algorithm: Algorithm) -> Key {
    (file.name().to_owned(), file.version(), algorithm)
}

#[cfg(test)]
mod tests {
    use lanes_shared::sample::Sample;

    use super::*;

    fn client(last: u8) -> ClientNet {
        ClientNet::of([192, 0, 2, last].into())
    }

    fn file(name: &str, len: u64) -> Arc<OpenFile> {
        Arc::new(OpenFile::sample(name, len, Arc::new(Sample::new(1))))
    }

    fn next_name(cache: &DigestCache) -> String {
        let job = cache.next_job().unwrap();
        job.hash_slice(&mut vec![0; SLICE]).unwrap();
        job.file.name().to_owned()
    }

    #[test]
    fn the_file_with_most_left_makes_way_and_returns() {
        let cache = DigestCache::default();
        let request =
            |file: &Arc<OpenFile>, from| cache.request(file, Algorithm::Blake3, client(from));
        let huge: Vec<_> = (0..MAX_JOBS)
            .map(|i| file(&format!("huge-{i}"), 1 << 40))
            .collect();
        let mut held: Vec<_> = huge.iter().map(|file| request(file, 1)).collect();
        let small = file("small", 10);
        let status = request(&small, 1);
        assert!(matches!(status, DigestStatus::Pending(_)));
        assert_eq!(lock(&cache.state).jobs.len(), MAX_JOBS);
        assert_eq!(next_name(&cache), "small");
        // Another file of the same client and length has to wait, one of another client has not.
        let more = file("more", 1 << 40);
        assert!(matches!(request(&more, 1), DigestStatus::Full));
        assert!(matches!(request(&more, 2), DigestStatus::Pending(_)));
        drop(status);
        // All but the dropped ones return to the queue.
        held.truncate(10);
        for (file, status) in huge.iter().zip(held) {
            let status = cache.wait(file, Algorithm::Blake3, status, client(1), Duration::ZERO);
            assert!(matches!(&status, DigestStatus::Pending(job)
                if lock(&cache.state).jobs.iter().any(|queued| Arc::ptr_eq(&queued.job, job))));
        }
    }

    #[test]
    fn clients_take_turns() {
        let cache = DigestCache::default();
        let short = file("short", 10 << 20);
        let long = file("long", 20 << 20);
        let _held = [
            cache.request(&short, Algorithm::Blake3, client(1)),
            cache.request(&long, Algorithm::Blake3, client(2)),
        ];
        let order = [(); 4].map(|()| next_name(&cache));
        assert_eq!(order, ["short", "long", "short", "long"]);
    }
}
