//! The console of a program that has a window too.

/// Closes the console if no other process uses it: Windows opened it for this program, which was started by
/// a double click. A console of a shell stays. Other systems open none.
pub fn close_own() {
    #[cfg(windows)]
    windows::close_own();
}

#[cfg(windows)]
#[allow(unsafe_code, reason = "no crate of the tree wraps FreeConsole")]
mod windows {
    use windows_sys::Win32::System::Console::{FreeConsole, GetConsoleProcessList};

    pub fn close_own() {
        let mut ids = [0; 2];
        // SAFETY: `ids` has room for the number of ids that is passed, and outlives the call, which
        // returns the number of processes. `FreeConsole` takes nothing.
        unsafe {
            if GetConsoleProcessList(ids.as_mut_ptr(), ids.len() as u32) == 1 {
                FreeConsole();
            }
        }
    }
}
