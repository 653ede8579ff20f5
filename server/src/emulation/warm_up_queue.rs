//! Warm-ups of paths with background traffic: one at a time, in the order of the requests.
//!
//! A warm-up takes tens of milliseconds of processor time, which a client can request with a single
//! message. All of them together therefore take one processor at most, a client that is gone gets
//! none, and the number of sessions of one client that wait is limited.

use std::collections::{HashSet, VecDeque};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::error::LinkError;
use super::session::SessionId;
use crate::net::client_net::ClientNet;
use crate::sync::lock;

/// Maximum number of sessions of one client that wait for their warm-up.
const MAX_WAITING: usize = 16;
/// Interval at which a waiting thread checks whether its client is gone.
const CHECK_INTERVAL: Duration = Duration::from_millis(200);

/// The queue of the connections that wait for a warm-up.
#[derive(Default)]
pub(super) struct WarmUpQueue {
    state: Mutex<QueueState>,
    changed: Condvar,
}

#[derive(Default)]
struct QueueState {
    waiting: VecDeque<Waiting>,
    last_ticket: u64,
    is_running: bool,
}

struct Waiting {
    ticket: u64,
    client: ClientNet,
    session: SessionId,
}

/// The right to one warm-up. The next one starts when it is dropped.
pub(super) struct WarmUpPermit<'a>(&'a WarmUpQueue);

impl WarmUpQueue {
    /// Waits until the warm-up of `session` may run; `None` once `is_obsolete`. Connections of one
    /// session wait together.
    ///
    /// # Errors
    /// [`LinkError::TooManySessions`] if other sessions of the client fill its share of the queue.
    pub fn wait(
        &self,
        client: ClientNet,
        session: SessionId,
        is_obsolete: impl Fn() -> bool,
    ) -> Result<Option<WarmUpPermit<'_>>, LinkError> {
        let mut state = lock(&self.state);
        state.check_share(client, session)?;
        state.last_ticket += 1;
        let ticket = state.last_ticket;
        state.waiting.push_back(Waiting {
            ticket,
            client,
            session,
        });
        loop {
            let is_next = state
                .waiting
                .front()
                .is_some_and(|next| next.ticket == ticket);
            let is_obsolete = is_obsolete();
            if is_obsolete || (is_next && !state.is_running) {
                state.waiting.retain(|waiting| waiting.ticket != ticket);
                state.is_running |= !is_obsolete;
                self.changed.notify_all();
                return Ok((!is_obsolete).then(|| WarmUpPermit(self)));
            }
            let woken = self.changed.wait_timeout(state, CHECK_INTERVAL);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Wakes all waiting threads, because they may be obsolete.
    pub fn wake_all(&self) {
        // Taken, so that no thread is between its check and its wait.
        let _state = lock(&self.state);
        self.changed.notify_all();
    }
}

impl QueueState {
    fn check_share(&self, client: ClientNet, session: SessionId) -> Result<(), LinkError> {
        let of_client = self.waiting.iter().filter(|other| other.client == client);
        let others: HashSet<_> = of_client
            .map(|other| other.session)
            .filter(|other| *other != session)
            .collect();
        if others.len() >= MAX_WAITING {
            return Err(LinkError::TooManyWarmUps(MAX_WAITING));
        }
        Ok(())
    }
}

impl Drop for WarmUpPermit<'_> {
    fn drop(&mut self) {
        lock(&self.0.state).is_running = false;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;
    use std::time::Instant;

    use super::*;
    use crate::telemetry::stats::Protocol;

    fn client(last: u8) -> ClientNet {
        ClientNet::of([192, 0, 2, last].into())
    }

    fn session(number: u8) -> SessionId {
        SessionId {
            protocol: Protocol::Lanes,
            bytes: [number; 16],
        }
    }

    fn wait_for_len(queue: &WarmUpQueue, len: usize) {
        let deadline = Instant::now() + Duration::from_secs(60);
        while lock(&queue.state).waiting.len() != len {
            assert!(Instant::now() < deadline, "never {len}");
            thread::yield_now();
        }
    }

    #[test]
    fn one_warm_up_runs_at_a_time_and_a_client_has_a_share_of_the_queue() {
        let queue = WarmUpQueue::default();
        let permit = queue.wait(client(1), session(0), || false).unwrap();
        assert!(permit.is_some());
        let is_obsolete = AtomicBool::new(false);
        let is_running = AtomicBool::new(false);
        thread::scope(|scope| {
            let waits = |number: usize| {
                let (queue, is_obsolete, is_running) = (&queue, &is_obsolete, &is_running);
                let body = move || {
                    let is_obsolete = || number >= 8 && is_obsolete.load(Ordering::SeqCst);
                    let permit = queue.wait(client(1), session(number as u8), is_obsolete);
                    if let Some(_permit) = permit.unwrap() {
                        assert!(number < 8);
                        assert!(!is_running.swap(true, Ordering::SeqCst), "two run");
                        thread::yield_now();
                        is_running.store(false, Ordering::SeqCst);
                    }
                };
                let thread = thread::Builder::new().name("client".into());
                thread.spawn_scoped(scope, body).unwrap();
            };
            (0..MAX_WAITING).for_each(waits);
            wait_for_len(&queue, MAX_WAITING);
            // Another session is too many; another connection of a waiting session is not.
            let another = queue.wait(client(1), session(99), || true);
            assert!(matches!(another, Err(LinkError::TooManyWarmUps(_))));
            assert!(matches!(
                queue.wait(client(1), session(3), || true),
                Ok(None)
            ));
            assert!(matches!(
                queue.wait(client(2), session(99), || true),
                Ok(None)
            ));
            is_obsolete.store(true, Ordering::SeqCst);
            queue.wake_all();
            wait_for_len(&queue, 8);
            drop(permit);
        });
        assert!(lock(&queue.state).waiting.is_empty());
    }
}
