//! Lowers the scheduling priority of the engine's threads.
//!
//! The window comes first: where there is one, the engine's threads lower their priority, so that
//! frames are painted on time while fifty connections keep every processor busy.

use std::cell::Cell;

use lanes_os::priority;

thread_local! {
    static IS_LOWERED: Cell<bool> = const { Cell::new(false) };
}

/// Lowers the priority of this thread and of the threads that it starts with [`inherited`].
pub(crate) fn lower_priority() {
    IS_LOWERED.set(true);
    // If the system refuses it, the window drops frames while many connections are busy; nothing
    // else depends on it.
    priority::lower();
}

/// Returns `job` for a new thread, which then has the priority of this one. Only Linux lets threads inherit
/// it.
pub(crate) fn inherited<T>(job: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let is_lowered = IS_LOWERED.get();
    move || {
        if is_lowered && priority::IS_INHERITED {
            IS_LOWERED.set(true);
        } else if is_lowered {
            lower_priority();
        }
        job()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_has_the_priority_of_the_thread_that_starts_it() {
        let is_lowered = || std::thread::spawn(inherited(|| IS_LOWERED.get())).join();
        assert!(!is_lowered().unwrap());
        let below = std::thread::spawn(move || {
            lower_priority();
            is_lowered().unwrap()
                && std::thread::spawn(inherited(move || is_lowered().unwrap()))
                    .join()
                    .unwrap()
        });
        assert!(below.join().unwrap());
    }
}
