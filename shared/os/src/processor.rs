//! Time of the processors: that of this program, and that in which they were idle.

use std::time::Duration;

/// Returns the time that the threads of this program have run, over all processors; `None` where it is not
/// known.
pub fn own_time() -> Option<Duration> {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        let secs = Duration::from_secs(u64::try_from(time.tv_sec).ok()?);
        Some(secs + Duration::from_nanos(u64::try_from(time.tv_nsec).ok()?))
    }
    #[cfg(not(unix))]
    None
}

/// Returns the busy and the idle time of all processors since the system started, in units that
/// only their ratio needs; `None` where they are not known. The processors of a container with a
/// share of them count as a whole.
pub fn machine_time() -> Option<(u64, u64)> {
    #[cfg(target_os = "linux")]
    return parse_stat(&std::fs::read_to_string("/proc/stat").ok()?);
    #[cfg(not(target_os = "linux"))]
    None
}

/// Reads the first line of `/proc/stat` (proc(5)): user, nice, system, idle, iowait, irq, softirq, steal.
#[cfg(any(target_os = "linux", test))]
fn parse_stat(stat: &str) -> Option<(u64, u64)> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let fields = line.split_ascii_whitespace().take(8);
    let ticks: Vec<u64> = fields.map(str::parse).collect::<Result<_, _>>().ok()?;
    let idle = ticks.get(3)? + ticks.get(4)?;
    Some((ticks.iter().sum::<u64>() - idle, idle))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_times_grow() {
        let stat = "cpu  10 2 3 100 50 0 1 4 0 0\ncpu0 1 2 3 4";
        assert_eq!(parse_stat(stat), Some((20, 150)));
        assert_eq!(parse_stat("cpu  1 2"), None);
        if let (Some(own), Some((busy, _))) = (own_time(), machine_time()) {
            assert!(busy > 0);
            while own_time() <= Some(own) {
                std::hint::spin_loop();
            }
        }
    }
}
