//! The recordings of the runs of saved experiments, in a file beside their JSON.
//!
//! `LNSX`, a version byte, and for each recording the index of its experiment (1 byte), the position of its
//! run and the length (4 bytes each, little endian), and its bytes. The JSON is read for each list of
//! experiments, and stays short without them.

use std::path::Path;
use std::sync::Arc;

use lanes_engine::MAX_RECORDING;

use crate::lab::Run;
use crate::lab::analysis::experiment::MAX_RECORDED;
use crate::lab::export::ExperimentGroup;
use crate::lab::plan::limits::MAX_SIDE_BY_SIDE;

/// Start of each file, and the version of the format.
const MAGIC: &[u8; 5] = b"LNSX\x01";
/// End of the names of the files.
pub(super) const EXTENSION: &str = "replay";
/// Longest file that is read, in bytes: the recordings of all experiments with their heads.
pub(super) const MAX_LEN: usize = MAX_SIDE_BY_SIDE * (MAX_RECORDED + (1 << 20));

/// Returns the recordings of a group as bytes; `None` if there are none.
pub(super) fn to_bytes(group: &ExperimentGroup) -> Option<Vec<u8>> {
    let mut bytes = MAGIC.to_vec();
    for (index, experiment) in group.experiments.iter().enumerate() {
        for run in &experiment.runs {
            if let Some(recording) = &run.recording {
                bytes.push(index as u8);
                bytes.extend_from_slice(&run.place.to_le_bytes());
                bytes.extend_from_slice(&(recording.len() as u32).to_le_bytes());
                bytes.extend_from_slice(recording);
            }
        }
    }
    (bytes.len() > MAGIC.len()).then_some(bytes)
}

/// Gives the recordings to their runs. Returns whether all bytes were understood.
pub(super) fn attach(bytes: &[u8], group: &mut ExperimentGroup) -> bool {
    let Some(mut rest) = bytes.strip_prefix(MAGIC) else {
        return false;
    };
    while !rest.is_empty() {
        let Some((index, place, recording, after)) = entry(rest) else {
            return false;
        };
        rest = after;
        let experiment = group.experiments.get_mut(index);
        let Some(experiment) = experiment else {
            continue;
        };
        let runs = &mut Arc::make_mut(experiment).runs;
        if let Some(run) = runs.iter_mut().find(|run: &&mut Run| run.place == place) {
            run.recording = Some(recording.into());
        }
    }
    true
}

/// Splits off the first entry: index of its experiment, position of its run, recording, and the rest.
fn entry(bytes: &[u8]) -> Option<(usize, u32, &[u8], &[u8])> {
    let (index, rest) = bytes.split_first()?;
    let (place, rest) = rest.split_first_chunk::<4>()?;
    let (len, rest) = rest.split_first_chunk::<4>()?;
    let len = usize::try_from(u32::from_le_bytes(*len)).ok()?;
    let (recording, rest) = rest
        .split_at_checked(len)
        .filter(|_| len <= MAX_RECORDING)?;
    Some((
        usize::from(*index),
        u32::from_le_bytes(*place),
        recording,
        rest,
    ))
}

/// Returns the path of the recordings of the experiments at `path`.
pub(super) fn path_beside(path: &Path) -> std::path::PathBuf {
    path.with_extension(EXTENSION)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::Experiment;
    use crate::lab::plan::experiment_plan::tests::plan;
    use crate::lab::plan::sweep::Sweep;
    use crate::lab::run::timed_run::tests::run;

    fn group() -> ExperimentGroup {
        let mut experiment = Experiment::new(plan(Sweep::Connections(vec![1, 5])));
        for place in 1..=3 {
            experiment.push(Run {
                place,
                ..run(1, 1.0)
            });
        }
        let experiment = Arc::new(experiment);
        let experiments = vec![Arc::clone(&experiment), experiment];
        ExperimentGroup {
            name: String::new(),
            experiments,
        }
    }

    #[test]
    fn recordings_return_to_their_runs() {
        let mut written = group();
        assert_eq!(to_bytes(&written), None);
        let run = &mut Arc::make_mut(&mut written.experiments[1]).runs[2];
        run.recording = Some(Arc::from(*b"abc"));
        let bytes = to_bytes(&written).unwrap();
        let mut read = group();
        assert!(attach(&bytes, &mut read));
        for (index, experiment) in read.experiments.iter().enumerate() {
            for run in &experiment.runs {
                let is_it = (index, run.place) == (1, 3);
                assert_eq!(run.recording.as_deref(), is_it.then_some(&b"abc"[..]));
            }
        }
    }

    #[test]
    fn damaged_bytes_are_told() {
        let mut group = group();
        for bytes in [
            &b""[..],
            b"LNSX\x02",
            b"LNSX\x01\0",
            b"LNSX\x01\0\x01\0\0\0\xff\xff\xff\xff",
            b"LNSX\x01\0\x01\0\0\0\x02\0\0\0a",
        ] {
            assert!(!attach(bytes, &mut group), "{bytes:?}");
        }
        assert!(attach(b"LNSX\x01\x09\x01\0\0\0\x01\0\0\0a", &mut group));
    }
}
