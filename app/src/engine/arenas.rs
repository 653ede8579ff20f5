//! How many threads share a part of the memory that is handed out.

/// As many as there may be: of these the engine's thread has one almost for itself, also beside a thousand
/// connections. An arena is begun when a thread needs one; 50 connections take 1.4 MiB more.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const MOST: libc::c_int = 64;

/// Has threads share arenas less than glibc would, which has 16 for all on two cores. Each has a lock, and who holds it
/// may wait for the system to map memory while a hundred others, and whoever takes orders, wait for it.
pub(super) fn share_less() {
    // SAFETY: it sets a number that the allocator reads, under the allocator's own lock. Where it is refused, or
    // the number of arenas is settled already, all is as it was.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[allow(unsafe_code, reason = "see above")]
    let _ = unsafe { libc::mallopt(libc::M_ARENA_MAX, MOST) };
}
