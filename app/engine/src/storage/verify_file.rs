//! Verifies a finished file again: reads it and compares its digest.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::time::{Duration, Instant};

use lanes_shared::checksum::Digest;

use crate::model::snapshot::Check;
use crate::sync::cancel::CancelToken;

/// Interval between progress reports.
const REPORT_EVERY: Duration = Duration::from_millis(200);

/// Compares the file at `path` with the digest that it had. `on_progress` is called with the fraction
/// that has been read, 0 to 1. `None` if it was cancelled.
pub(crate) fn verify(
    path: &Path,
    expected: Digest,
    cancel: &CancelToken,
    on_progress: impl FnMut(f32),
) -> Option<Check> {
    match digest(path, cancel, on_progress) {
        Ok(Some(digest)) if digest == expected => Some(Check::Good),
        Ok(Some(_)) => Some(Check::Bad(format!(
            "file changed since it was downloaded; download it again: {}",
            path.display()
        ))),
        Ok(None) => None,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some(Check::Bad(format!(
            "file was deleted or moved; download it again: {}",
            path.display()
        ))),
        Err(error) => Some(Check::Bad(format!(
            "cannot read {}: {error}",
            path.display()
        ))),
    }
}

fn digest(
    path: &Path,
    cancel: &CancelToken,
    mut on_progress: impl FnMut(f32),
) -> io::Result<Option<Digest>> {
    let mut file = File::open(path)?;
    let len = file.metadata()?.len().max(1);
    let mut hasher = blake3::Hasher::new();
    let mut buf = vec![0; 1 << 20];
    let (mut done, mut reported) = (0u64, Instant::now());
    loop {
        if cancel.is_cancelled() {
            return Ok(None);
        }
        let read = file.read(&mut buf)?;
        if read == 0 {
            return Ok(Some(Digest(*hasher.finalize().as_bytes())));
        }
        hasher.update(&buf[..read]);
        done += read as u64;
        if reported.elapsed() >= REPORT_EVERY {
            reported = Instant::now();
            on_progress((done as f64 / len as f64) as f32);
        }
    }
}
