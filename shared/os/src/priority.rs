//! The scheduling priority of a thread.

/// Niceness that is added. Beside a busy thread of a window, a thread with this niceness gets a quarter of a
/// core. That is enough for hundreds of MB/s, and the window never waits long.
#[cfg(target_os = "linux")]
const STEPS: i32 = 5;

/// Set if threads inherit the priority of the thread that starts them.
pub const IS_INHERITED: bool = cfg!(target_os = "linux");

/// Lowers the priority of the calling thread, so that a window paints in time beside it. Does nothing if the
/// system has no priority for a thread, or refuses.
pub fn lower() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, STEPS);
    #[cfg(any(windows, target_vendor = "apple"))]
    system::lower();
}

#[cfg(windows)]
#[allow(unsafe_code, reason = "no crate of the tree wraps SetThreadPriority")]
mod system {
    use windows_sys::Win32::System::Threading::{
        GetCurrentThread, SetThreadPriority, THREAD_PRIORITY_BELOW_NORMAL,
    };

    pub fn lower() {
        // SAFETY: the pseudo handle of the calling thread is always valid.
        unsafe { SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_BELOW_NORMAL) };
    }
}

#[cfg(target_vendor = "apple")]
#[allow(unsafe_code, reason = "no crate of the tree wraps this call")]
mod system {
    pub fn lower() {
        // SAFETY: changes only the calling thread.
        unsafe { libc::pthread_set_qos_class_self_np(libc::qos_class_t::QOS_CLASS_UTILITY, 0) };
    }
}
