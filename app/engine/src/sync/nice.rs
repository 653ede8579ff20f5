//! Who has the processor first.

/// How much the engine's threads step back, in steps of Unix's niceness: beside a busy thread of the
/// window one has a quarter of a core, which brings hundreds of MB/s, and the window never waits long.
#[cfg(target_os = "linux")]
const STEPS: i32 = 5;

/// This thread, and those that it starts, leave the processor to the program's other threads first.
///
/// Linux gives every thread a priority of its own; elsewhere nothing changes.
pub(crate) fn lower_priority() {
    // Where it is refused, frames come late while fifty connections are busy, and nothing else.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, STEPS);
}
