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
    use std::thread::Builder;

    use super::*;

    fn on_thread<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> T {
        let thread = Builder::new().name("test".to_owned()).spawn(inherited(job));
        thread.unwrap().join().unwrap()
    }

    #[test]
    fn a_thread_has_the_priority_of_the_thread_that_starts_it() {
        let is_lowered = || IS_LOWERED.get();
        assert!(!on_thread(is_lowered));
        let (own, inner) = on_thread(move || {
            lower_priority();
            (
                on_thread(is_lowered),
                on_thread(move || on_thread(is_lowered)),
            )
        });
        assert!(own && inner);
    }
}
