//! The state of ipull behind the data, in `NAME.ipull`: JSON from the offset at which the file ends.
//!
//! ```text
//! {"part":0,"downloadId":"…","chunks":[2,2,1,0],"chunkSize":1048576,"parallelStreams":4}
//! ```
//!
//! A chunk is present if its number is 2; 1 is in flight, 0 has not begun. The last chunk may be shorter.

use serde::Deserialize;

use super::claim::{Runs, StateError};

/// The number of a chunk that is present.
const COMPLETE: u8 = 2;

/// The fields that matter; others may follow in later versions.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct State {
    part: u64,
    chunks: Vec<u8>,
    chunk_size: u64,
}

/// Returns the present bytes of a file of `len` bytes. `tail` is what follows behind the data.
///
/// # Errors
/// The state is damaged, of a file in several parts, or of another file.
pub(super) fn parse(tail: &[u8], len: u64) -> Result<Runs, StateError> {
    let state: State = serde_json::from_slice(tail)
        .map_err(|_| StateError::Malformed("no state follows behind the data of the file"))?;
    if state.part != 0 {
        return Err(StateError::Malformed("the file is in several parts"));
    }
    if state.chunk_size == 0 || state.chunks.len() as u64 != len.div_ceil(state.chunk_size) {
        return Err(StateError::Malformed(
            "its chunks do not fit the length of the server's file",
        ));
    }
    if state.chunks.iter().any(|chunk| *chunk > COMPLETE) {
        return Err(StateError::Malformed("a chunk has an unknown state"));
    }
    let complete = (0u64..).zip(state.chunks);
    let complete = complete.filter(|(_, chunk)| *chunk == COMPLETE);
    // Each begins within the file, as there are no more chunks than it has.
    let starts = complete.map(|(index, _)| index * state.chunk_size);
    let present = starts.map(|start| start..start.saturating_add(state.chunk_size));
    Ok(Runs::of_present(present, len))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tail(part: u64, chunks: &[u8], size: u64) -> Vec<u8> {
        format!(
            "{{\"part\":{part},\"downloadId\":\"a\",\"chunks\":{chunks:?},\"chunkSize\":{size},\"parallelStreams\":4}}"
        )
        .into_bytes()
    }

    #[test]
    fn complete_chunks_are_claimed() {
        let parsed = parse(&tail(0, &[2, 2, 1, 0, 2], 100), 450).unwrap();
        let runs: Vec<_> = parsed.iter().cloned().collect();
        assert_eq!(runs, [0..200, 400..450]);
    }

    #[test]
    fn a_state_that_does_not_fit_is_refused() {
        for (tail, reason) in [
            (Vec::new(), "no state"),
            (tail(0, &[2], 100)[1..].to_vec(), "no state"),
            ([tail(0, &[2, 2], 100), b"]}".to_vec()].concat(), "no state"),
            (tail(1, &[2, 2], 100), "parts"),
            (tail(0, &[2], 100), "fit"),
            (tail(0, &[2, 2], 0), "fit"),
            (tail(0, &[2, 3], 100), "unknown"),
        ] {
            let error = parse(&tail, 200).unwrap_err().to_string();
            assert!(error.contains(reason), "{reason}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_state_is_refused_or_claims_bytes_of_the_file(chunks in prop::collection::vec(0u8..4, 0..9), size in any::<u64>(), small in 0u64..300, len in 0u64..1000) {
            for size in [size, small] {
                if let Ok(runs) = parse(&tail(0, &chunks, size), len) {
                    prop_assert!(runs.end() <= len);
                }
            }
        }
    }
}
