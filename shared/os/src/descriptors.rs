//! The limit of open files.

/// Raises the soft limit of open files to `wanted`, or to the hard limit if that is lower; never lowers
/// it. Programs begin with 256 on macOS and with 1,024 on most Linux systems; Windows has no such limit.
///
/// If the system refuses, the limit stays, and opening one file too many reports an error.
pub fn raise_limit(wanted: u64) {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        // `None` is no limit.
        let target = maximum.map_or(wanted, |maximum| wanted.min(maximum));
        if current.is_some_and(|current| current < target) {
            let current = Some(target);
            let _ = setrlimit(Resource::Nofile, Rlimit { current, maximum });
        }
    }
    #[cfg(not(unix))]
    let _ = wanted;
}

#[cfg(all(test, unix))]
mod tests {
    use rustix::process::{Resource, getrlimit};

    #[test]
    fn the_limit_is_raised_and_never_lowered() {
        let soft = || getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let hard = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
        let before = soft();
        super::raise_limit(before - 1);
        assert_eq!(soft(), before);
        super::raise_limit(before + 1);
        assert_eq!(soft(), hard.min(before + 1));
    }
}
