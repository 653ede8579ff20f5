//! Room for descriptors, before they are needed.

/// How many there are to be room for: a thousand connections, each with a file.
#[cfg(target_os = "linux")]
const MAX_RESERVED: u64 = 4096;

/// Has the system make the table of this process's descriptors at once as long as it may become, or of 4,096.
///
/// To be called before there is another thread. Linux doubles the table when it is full, and with several
/// threads waits each time until none of them can still look at the old one: a tenth of a second on a busy
/// machine, during which nobody is let in and no connection is made.
pub fn reserve_fd_table() {
    #[cfg(target_os = "linux")]
    {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        let last = limit
            .map_or(MAX_RESERVED, |limit| limit.min(MAX_RESERVED))
            .saturating_sub(1);
        // Where it does not work the table grows as it always did.
        if let (Ok(any), Ok(last)) = (std::fs::File::open("/"), i32::try_from(last)) {
            let _ = rustix::io::fcntl_dupfd_cloexec(any, last);
        }
    }
}
