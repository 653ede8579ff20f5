//! The status file of lftp's `pget`, `NAME.lftp-pget-status`:
//!
//! ```text
//! size=60000001
//! 0.pos=4718592
//! 0.limit=7500001
//! 1.pos=12124160
//! 1.limit=15000001
//! ```
//!
//! All bytes are present but those from a `pos` to its `limit`, exclusive. Finished chunks are left out, but for
//! the first, whose `pos` is then its `limit` or more. Without chunks there is only `0.pos`, and everything
//! from there on is missing. The position of a chunk that has not begun may be before it.

use std::ops::Range;

use super::claim::{Runs, StateError};

/// Returns the present bytes of a file of `len` bytes.
///
/// # Errors
/// The status is damaged, or of another file.
pub(super) fn parse(bytes: &[u8], len: u64) -> Result<Runs, StateError> {
    let text = str::from_utf8(bytes).map_err(|_| StateError::Malformed("it is no text"))?;
    // A kill while it is written leaves the beginning of a number.
    if !text.ends_with('\n') {
        return Err(StateError::Malformed("it ends early"));
    }
    let mut lines = text.lines();
    let size = lines.next().and_then(|line| line.strip_prefix("size="));
    let size = size.ok_or(StateError::Malformed("it has no size"))?;
    let state = number(size)?;
    if state != len {
        return Err(StateError::OtherLength { state, server: len });
    }
    let mut missing: Vec<Range<u64>> = Vec::new();
    let mut chunk = 0u32;
    while let Some(line) = lines.next() {
        let pos = value(line, chunk, "pos")?;
        let limit = match lines.next() {
            Some(line) => value(line, chunk, "limit")?,
            None if chunk == 0 => len,
            None => return Err(StateError::Malformed("a chunk has no limit")),
        };
        if limit > len || (pos > limit && chunk > 0) {
            return Err(StateError::Malformed("a chunk is beyond its end"));
        }
        missing.push(pos..limit);
        chunk += 1;
    }
    match chunk {
        0 => Err(StateError::Malformed("it has no chunk")),
        _ => Ok(Runs::of_missing(missing, len)),
    }
}

/// Returns the value of `CHUNK.NAME=VALUE`.
fn value(line: &str, chunk: u32, name: &str) -> Result<u64, StateError> {
    let value = line.strip_prefix(&format!("{chunk}.{name}="));
    number(value.ok_or(StateError::Malformed("a line is none of a status"))?)
}

fn number(text: &str) -> Result<u64, StateError> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| is_plain);
    number.ok_or(StateError::Malformed("a number cannot be read"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn runs(text: &str) -> Vec<(u64, u64)> {
        let parsed = parse(text.as_bytes(), 100).unwrap();
        parsed.iter().map(|run| (run.start, run.end)).collect()
    }

    #[test]
    fn all_is_present_but_what_the_chunks_have_before_them() {
        let text = "size=100\n0.pos=10\n0.limit=25\n1.pos=30\n1.limit=50\n2.pos=75\n2.limit=100\n";
        assert_eq!(runs(text), [(0, 10), (25, 30), (50, 75)]);
        assert_eq!(
            runs("size=100\n0.pos=25\n0.limit=25\n1.pos=99\n1.limit=100\n"),
            [(0, 99)]
        );
        assert_eq!(runs("size=100\n0.pos=40\n"), [(0, 40)]);
        // The second chunk has not begun, the first is finished.
        assert_eq!(
            runs("size=100\n0.pos=60\n0.limit=50\n1.pos=0\n1.limit=100\n"),
            []
        );
    }

    #[test]
    fn a_status_that_is_damaged_or_of_another_file_is_refused() {
        for (text, reason) in [
            ("", "early"),
            ("size=100", "early"),
            ("size=100\n", "no chunk"),
            ("pos=100\n", "no size"),
            ("size=99\n0.pos=1\n", "99 bytes"),
            ("size=100\n1.pos=1\n1.limit=2\n", "none of a status"),
            ("size=100\n0.pos=1\n0.limit=2\n1.pos=5\n", "no limit"),
            ("size=100\n0.pos=1\n0.limit=101\n", "beyond"),
            ("size=100\n0.pos=-1\n", "number"),
            ("size=100\n0.pos=+1\n", "number"),
            ("size=99999999999999999999\n", "number"),
        ] {
            let error = parse(text.as_bytes(), 100).unwrap_err().to_string();
            assert!(error.contains(reason), "{text:?}: {error}");
        }
        assert!(parse(b"size=\xff\n", 100).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_claims_bytes_of_the_file(text in "(size=[0-9]{1,2}\n)?([0-2]\\.(pos|limit)=-?[0-9]{0,3}\n?){0,6}", len in 0u64..100) {
            if let Ok(runs) = parse(text.as_bytes(), len) {
                prop_assert!(runs.end() <= len);
            }
        }
    }
}
