//! Spawns and joins the threads of the engine on a thread of its own.
//!
//! Both take a lock of the whole process, for which hundreds of threads queue when hundreds end. The
//! thread that handles commands must not wait for that lock.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{Builder, JoinHandle};

use crossbeam_channel::Sender;

use super::nice::inherited;
use super::{lock, wait};

/// Spawns threads and joins them. Dropping it waits until all have ended.
pub(crate) struct ThreadSpawner<T> {
    queue: Arc<Queue<T>>,
    spawner: Option<JoinHandle<()>>,
}

/// The task of one thread. Exactly one result is sent for each task, whether or not it runs.
struct Task<T> {
    name: String,
    job: Box<dyn FnOnce() -> T + Send>,
    on_failure: OnFailure<T>,
}

/// Makes the result of a task that no thread completed, from the reason.
type OnFailure<T> = Box<dyn FnOnce(String) -> T + Send>;

/// Requests to the spawner thread.
///
/// This is not a channel: senders never wait for the spawner, and the spawner may block on the
/// receiver of the results.
struct Queue<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    tasks: VecDeque<Task<T>>,
    /// Ids of the threads that have ended.
    ended: Vec<u64>,
    /// Set once no more tasks are added.
    closed: bool,
}

enum Request<T> {
    Spawn(Task<T>),
    Join(u64),
}

impl<T: Send + 'static> ThreadSpawner<T> {
    /// Starts the spawner thread, which runs `init` first: what `init` sets for its thread is
    /// inherited by the threads it spawns. The results of the tasks are sent to `results`.
    ///
    /// # Errors
    /// The system cannot create a thread.
    pub fn start(init: fn(), results: Sender<T>) -> io::Result<Self> {
        let queue = Arc::new(Queue {
            state: Mutex::new(State {
                tasks: VecDeque::new(),
                ended: Vec::new(),
                closed: false,
            }),
            changed: Condvar::new(),
        });
        let requests = Arc::clone(&queue);
        let spawner = Builder::new().name("spawner".into()).spawn(move || {
            init();
            run(&requests, &results);
        })?;
        Ok(Self {
            queue,
            spawner: Some(spawner),
        })
    }

    /// Runs `job` on a thread called `name`, soon, and sends its result. If no thread can be
    /// created, or the job panics, sends what `on_failure` makes of the reason.
    pub fn spawn(
        &self,
        name: String,
        job: impl FnOnce() -> T + Send + 'static,
        on_failure: impl FnOnce(String) -> T + Send + 'static,
    ) {
        let task = Task {
            name,
            job: Box::new(job),
            on_failure: Box::new(on_failure),
        };
        self.queue.update(|state| state.tasks.push_back(task));
    }
}

impl<T> Drop for ThreadSpawner<T> {
    fn drop(&mut self) {
        self.queue.update(|state| state.closed = true);
        if let Some(spawner) = self.spawner.take() {
            // A panic of the spawner was reported by the panic hook.
            let _ = spawner.join();
        }
    }
}

impl<T> Queue<T> {
    fn update(&self, change: impl FnOnce(&mut State<T>)) {
        change(&mut lock(&self.state));
        self.changed.notify_one();
    }

    /// Returns the next request, or `None` when there will be none. Tasks come first, since a
    /// download waits for each.
    fn next(&self, threads_running: bool) -> Option<Request<T>> {
        let mut state = lock(&self.state);
        loop {
            if let Some(task) = state.tasks.pop_front() {
                return Some(Request::Spawn(task));
            }
            if let Some(id) = state.ended.pop() {
                return Some(Request::Join(id));
            }
            if state.closed && !threads_running {
                return None;
            }
            state = wait(&self.changed, state);
        }
    }
}

/// Runs the spawner thread.
fn run<T: Send + 'static>(queue: &Arc<Queue<T>>, results: &Sender<T>) {
    let mut running: HashMap<u64, (JoinHandle<()>, OnFailure<T>)> = HashMap::new();
    let mut id = 0;
    // A failed send means that the receiver is gone, so the results are not needed.
    while let Some(request) = queue.next(!running.is_empty()) {
        match request {
            Request::Spawn(Task {
                name,
                job,
                on_failure,
            }) => {
                id += 1;
                match spawn(queue, id, name, job, results.clone()) {
                    Ok(thread) => {
                        running.insert(id, (thread, on_failure));
                    }
                    Err(error) => {
                        let _ =
                            results.send(on_failure(format!("cannot create a thread: {error}")));
                    }
                }
            }
            Request::Join(id) => {
                if let Some((thread, on_failure)) = running.remove(&id)
                    && thread.join().is_err()
                {
                    let reason = "internal error: the thread panicked (see the log)";
                    let _ = results.send(on_failure(reason.to_owned()));
                }
            }
        }
    }
}

fn spawn<T: Send + 'static>(
    queue: &Arc<Queue<T>>,
    id: u64,
    name: String,
    job: Box<dyn FnOnce() -> T + Send>,
    results: Sender<T>,
) -> io::Result<JoinHandle<()>> {
    let queue = Arc::clone(queue);
    Builder::new().name(name).spawn(inherited(move || {
        let _ended = NotifyEnded { queue, id };
        let _ = results.send(job());
    }))
}

/// Marks a thread as joinable on drop, also when it panics.
struct NotifyEnded<T> {
    queue: Arc<Queue<T>>,
    id: u64,
}

impl<T> Drop for NotifyEnded<T> {
    fn drop(&mut self) {
        self.queue.update(|state| state.ended.push(self.id));
    }
}

#[cfg(test)]
mod tests {
    use crossbeam_channel::bounded;

    use super::*;

    #[test]
    fn each_task_reports_exactly_once_and_dropping_joins_all_threads() {
        const TASKS: usize = 50;
        let (sender, results) = bounded(1);
        let alive = Arc::new(());
        let threads = ThreadSpawner::start(|| {}, sender).unwrap();
        for number in 0..TASKS {
            let mine = Arc::clone(&alive);
            let job = move || {
                let _alive = mine;
                assert!(number % 10 != 3, "meant to panic");
                Ok(number)
            };
            threads.spawn(format!("task-{number}"), job, move |_| Err(number));
        }
        // Dropping waits for the tasks, and adding tasks never waits for their results to be received.
        let dropped = Builder::new().spawn(move || drop(threads)).unwrap();
        let mut reported: Vec<_> = (0..TASKS).map(|_| results.recv().unwrap()).collect();
        dropped.join().unwrap();
        assert!(results.recv().is_err(), "a task reported twice");
        assert_eq!(Arc::strong_count(&alive), 1, "a thread still runs");
        reported.sort_by_key(|result| result.unwrap_or_else(|number| number));
        let expected = (0..TASKS).map(|n| if n % 10 == 3 { Err(n) } else { Ok(n) });
        assert_eq!(reported, expected.collect::<Vec<_>>());
    }
}
