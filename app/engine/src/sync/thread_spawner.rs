//! The threads of the engine. One thread of its own begins and joins them, so that whoever takes orders never
//! waits for either: both take a lock of the whole process, which hundreds queue for when hundreds end.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

use crossbeam_channel::Sender;

/// Begins threads and joins them. Dropping it waits until all have ended.
pub(crate) struct ThreadSpawner<T> {
    orders: Arc<Orders<T>>,
    starter: Option<JoinHandle<()>>,
}

/// What one thread is to do. Whatever becomes of it, exactly one word is said of it.
struct Task<T> {
    name: String,
    job: Box<dyn FnOnce() -> T + Send>,
    broken: Broken<T>,
}

/// What to say when no thread did the job, given why.
type Broken<T> = Box<dyn FnOnce(String) -> T + Send>;

/// What the starter is to do. No channel: those who order never wait for it, and it may wait for them to hear
/// how a task ended.
struct Orders<T> {
    state: Mutex<State<T>>,
    news: Condvar,
}

struct State<T> {
    tasks: VecDeque<Task<T>>,
    /// The numbers of threads that have done their task.
    ended: Vec<u64>,
    /// Whether no more tasks will come.
    is_over: bool,
}

enum Order<T> {
    Begin(Task<T>),
    Join(u64),
}

impl<T: Send + 'static> ThreadSpawner<T> {
    /// `settle` is what the starter does first; what it brings about for the thread holds for those it begins.
    /// `done` is told what each task says.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(settle: fn(), done: Sender<T>) -> io::Result<Self> {
        let orders = Arc::new(Orders {
            state: Mutex::new(State {
                tasks: VecDeque::new(),
                ended: Vec::new(),
                is_over: false,
            }),
            news: Condvar::new(),
        });
        let heard = Arc::clone(&orders);
        let starter = Builder::new().name("starter".into()).spawn(move || {
            settle();
            obey(&heard, &done);
        })?;
        Ok(Self {
            orders,
            starter: Some(starter),
        })
    }

    /// Has a thread of this name do `job`, soon. What it returns is told; where there is no thread, or it
    /// panics, what `broken` makes of the reason.
    pub fn begin(
        &self,
        name: String,
        job: impl FnOnce() -> T + Send + 'static,
        broken: impl FnOnce(String) -> T + Send + 'static,
    ) {
        let task = Task {
            name,
            job: Box::new(job),
            broken: Box::new(broken),
        };
        self.orders.give(|state| state.tasks.push_back(task));
    }
}

impl<T> Drop for ThreadSpawner<T> {
    fn drop(&mut self) {
        self.orders.give(|state| state.is_over = true);
        if let Some(starter) = self.starter.take() {
            // A panic there has been reported by its own thread.
            let _ = starter.join();
        }
    }
}

impl<T> Orders<T> {
    fn give(&self, order: impl FnOnce(&mut State<T>)) {
        order(&mut self.lock());
        self.news.notify_one();
    }

    /// The next order; `None` when there will be none. To begin comes first, since somebody waits for it.
    fn next(&self, are_running: bool) -> Option<Order<T>> {
        let mut state = self.lock();
        loop {
            if let Some(task) = state.tasks.pop_front() {
                return Some(Order::Begin(task));
            }
            if let Some(number) = state.ended.pop() {
                return Some(Order::Join(number));
            }
            if state.is_over && !are_running {
                return None;
            }
            let waited = self.news.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // Plain values, whole at every moment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the starter does.
fn obey<T: Send + 'static>(orders: &Arc<Orders<T>>, done: &Sender<T>) {
    let mut running: HashMap<u64, (JoinHandle<()>, Broken<T>)> = HashMap::new();
    let mut number = 0;
    // Whoever reads what is done does so until every task has said its word.
    while let Some(order) = orders.next(!running.is_empty()) {
        match order {
            Order::Begin(Task { name, job, broken }) => {
                number += 1;
                match begin(orders, number, name, job, done.clone()) {
                    Ok(thread) => {
                        running.insert(number, (thread, broken));
                    }
                    Err(error) => {
                        let words = format!("the system gives no thread for it: {error}");
                        let _ = done.send(broken(words));
                    }
                }
            }
            Order::Join(number) => {
                if let Some((thread, broken)) = running.remove(&number)
                    && thread.join().is_err()
                {
                    let words = "a fault of this program ended it; the log says more";
                    let _ = done.send(broken(words.to_owned()));
                }
            }
        }
    }
}

fn begin<T: Send + 'static>(
    orders: &Arc<Orders<T>>,
    number: u64,
    name: String,
    job: Box<dyn FnOnce() -> T + Send>,
    done: Sender<T>,
) -> io::Result<JoinHandle<()>> {
    let orders = Arc::clone(orders);
    Builder::new().name(name).spawn(move || {
        let _ended = SaysEnded { orders, number };
        let _ = done.send(job());
    })
}

/// Says that a thread can be joined, also when it panics.
struct SaysEnded<T> {
    orders: Arc<Orders<T>>,
    number: u64,
}

impl<T> Drop for SaysEnded<T> {
    fn drop(&mut self) {
        self.orders.give(|state| state.ended.push(self.number));
    }
}

#[cfg(test)]
mod tests {
    use crossbeam_channel::bounded;

    use super::*;

    #[test]
    fn every_task_says_one_word_and_none_is_left_when_it_is_dropped() {
        const TASKS: usize = 50;
        let (done, words) = bounded(1);
        let alive = Arc::new(());
        let threads = ThreadSpawner::start(|| {}, done).unwrap();
        for number in 0..TASKS {
            let mine = Arc::clone(&alive);
            let job = move || {
                let _alive = mine;
                assert!(number % 10 != 3, "meant to panic");
                Ok(number)
            };
            threads.begin(format!("task-{number}"), job, move |_| Err(number));
        }
        // It waits for what was ordered, and whoever ordered need not hear it to be able to order more.
        let dropped = Builder::new().spawn(move || drop(threads)).unwrap();
        let mut said: Vec<_> = (0..TASKS).map(|_| words.recv().unwrap()).collect();
        dropped.join().unwrap();
        assert!(words.recv().is_err(), "a word too many");
        assert_eq!(Arc::strong_count(&alive), 1, "a thread is left");
        said.sort_by_key(|word| word.unwrap_or_else(|number| number));
        let wanted = (0..TASKS).map(|n| if n % 10 == 3 { Err(n) } else { Ok(n) });
        assert_eq!(said, wanted.collect::<Vec<_>>());
    }
}
