//! The resolution of timed waits.

/// Makes timed waits of the process exact to a millisecond while it lives. Only Windows needs it: there a
/// condition variable wakes up at ticks of up to 15.6 ms.
#[derive(Debug)]
pub struct FineTimer(());

impl FineTimer {
    /// Asks for the finer resolution, which costs the system some power.
    pub fn start() -> Self {
        #[cfg(windows)]
        windows::begin();
        Self(())
    }
}

impl Drop for FineTimer {
    fn drop(&mut self) {
        #[cfg(windows)]
        windows::end();
    }
}

#[cfg(windows)]
#[allow(unsafe_code, reason = "no crate of the tree wraps timeBeginPeriod")]
mod windows {
    use windows_sys::Win32::Media::{timeBeginPeriod, timeEndPeriod};

    /// Resolution in milliseconds.
    const PERIOD: u32 = 1;

    pub fn begin() {
        // SAFETY: takes a number; the system counts the calls, and refuses what it cannot do.
        unsafe { timeBeginPeriod(PERIOD) };
    }

    pub fn end() {
        // SAFETY: as above.
        unsafe { timeEndPeriod(PERIOD) };
    }
}
