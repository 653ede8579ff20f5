//! Reserves file descriptors.

/// Number of descriptors to reserve: for a thousand connections, each with a file, and more.
const RESERVED: u64 = 4096;

/// Raises the limit of open files to 4,096, or to the hard limit of the system if that is lower, and on Linux
/// grows the descriptor table of the process to it.
///
/// Must be called before the process starts threads. Linux doubles a full table, and in a process
/// with several threads waits each time until none of them can use the old one. That takes 0.1 s on
/// a busy machine, during which the process neither accepts nor opens connections.
pub fn reserve_fd_table() {
    lanes_os::descriptors::raise_limit(RESERVED);
    #[cfg(target_os = "linux")]
    {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        let last = limit
            .map_or(RESERVED, |limit| limit.min(RESERVED))
            .saturating_sub(1);
        // On failure the table grows on demand.
        if let (Ok(any), Ok(last)) = (std::fs::File::open("/"), i32::try_from(last)) {
            let _ = rustix::io::fcntl_dupfd_cloexec(any, last);
        }
    }
}
