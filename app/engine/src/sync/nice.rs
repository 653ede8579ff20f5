//! Lowers the scheduling priority of the engine's threads.
//!
//! The window comes first: where there is one, the engine's threads lower their priority, so that
//! frames are painted on time while fifty connections keep every processor busy.

/// Niceness that the engine's threads add to their own. Beside a busy thread of the window, a thread
/// with this niceness gets a quarter of a core. That is enough for hundreds of MB/s, and the window
/// never waits long.
#[cfg(target_os = "linux")]
const STEPS: i32 = 5;

/// Lowers the priority of this thread and of the threads that it starts.
///
/// Only Linux has a niceness per thread; elsewhere this does nothing.
pub(crate) fn lower_priority() {
    // If the system refuses it, the window drops frames while many connections are busy; nothing
    // else depends on it.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, STEPS);
}
