//! Reads a finished file again, to see whether it is still what came.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::time::{Duration, Instant};

use lanes_shared::checksum::Digest;

use crate::model::snapshot::Check;
use crate::sync::cancel::CancelToken;

/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_millis(200);

/// Compares the file at `path` with the digest it had. `tell` hears which share has been read, 0 to
/// 1. `None` when it was stopped.
pub(crate) fn recheck(
    path: &Path,
    expected: Digest,
    cancel: &CancelToken,
    tell: impl FnMut(f32),
) -> Option<Check> {
    match digest(path, cancel, tell) {
        Ok(Some(digest)) if digest == expected => Some(Check::Good),
        Ok(Some(_)) => Some(Check::Bad(format!(
            "the file is not what came any more; download it again: {}",
            path.display()
        ))),
        Ok(None) => None,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some(Check::Bad(format!(
            "the file is gone, or was moved; download it again: {}",
            path.display()
        ))),
        Err(error) => Some(Check::Bad(format!(
            "the file cannot be read: {error}: {}",
            path.display()
        ))),
    }
}

fn digest(
    path: &Path,
    cancel: &CancelToken,
    mut tell: impl FnMut(f32),
) -> io::Result<Option<Digest>> {
    let mut file = File::open(path)?;
    let len = file.metadata()?.len().max(1);
    let mut hasher = blake3::Hasher::new();
    let mut buf = vec![0; 1 << 20];
    let (mut done, mut told) = (0u64, Instant::now());
    loop {
        if cancel.is_cancelled() {
            return Ok(None);
        }
        let came = file.read(&mut buf)?;
        if came == 0 {
            return Ok(Some(Digest(*hasher.finalize().as_bytes())));
        }
        hasher.update(&buf[..came]);
        done += came as u64;
        if told.elapsed() >= TELL_EVERY {
            told = Instant::now();
            tell((done as f64 / len as f64) as f32);
        }
    }
}
