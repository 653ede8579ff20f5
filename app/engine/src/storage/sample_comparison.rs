//! Selects samples of the part file and compares bytes of a server with it, to detect a file that has
//! changed.

use std::io;
use std::ops::Range;

use super::open_download::OpenDownload;

/// Length of a sample in bytes. With the head of its response it fits into the first packets of a
/// connection.
pub(crate) const SAMPLE_LEN: u64 = 12 * 1024;
/// Longest run that is searched for bytes that differ among themselves, in bytes.
const MAX_SEARCH: u64 = 1 << 20;

/// Returns whether `bytes`, which belong at `offset`, differ from the packets that are present. Missing
/// packets count as equal, as do those of a pipe or a device, which cannot be read back.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn differs(file: &OpenDownload, offset: u64, bytes: &[u8]) -> io::Result<bool> {
    if file.file.stream().is_some() {
        return Ok(false);
    }
    let range = offset..offset + bytes.len() as u64;
    let mut own = Vec::new();
    let mut at = range.start;
    let gaps = file.missing(&range);
    for gap in gaps.iter().chain([&(range.end..range.end)]) {
        let end = gap.start.clamp(at, range.end);
        own.resize((end - at) as usize, 0);
        file.file.read_at(at, &mut own)?;
        if own != bytes[(at - offset) as usize..(end - offset) as usize] {
            return Ok(true);
        }
        at = gap.end.clamp(at, range.end);
    }
    Ok(false)
}

/// Returns up to `count` ranges of present bytes, spread over the file from its beginning to its end.
pub(crate) fn samples(file: &OpenDownload, count: u64) -> Vec<Range<u64>> {
    let len = file.info.len;
    let mut samples: Vec<Range<u64>> = Vec::new();
    for number in 0..count {
        let last = len.saturating_sub(SAMPLE_LEN);
        let at = u128::from(last) * u128::from(number) / u128::from(count.max(2) - 1);
        let at = (at as u64).max(samples.last().map_or(0, |before| before.end));
        samples.extend(present_from(file, at));
    }
    samples
}

/// Returns the first sample of present bytes, if possible one whose bytes are not all equal: runs of
/// zeros are in every version of a disk image.
pub(crate) fn first_sample(file: &OpenDownload) -> Option<Range<u64>> {
    let first = present_from(file, 0)?;
    let mut sample = first.clone();
    while sample.end - first.start < MAX_SEARCH && is_uniform(file, &sample) {
        match present_from(file, sample.end) {
            Some(next) => sample = next,
            None => return Some(first),
        }
    }
    Some(sample)
}

/// Returns the last bytes of the file, at most one sample; `None` if they are not present or cannot be read back.
pub(crate) fn last_sample(file: &OpenDownload) -> Option<Range<u64>> {
    let len = file.info.len;
    let sample = len.saturating_sub(SAMPLE_LEN)..len;
    let is_present = file.file.stream().is_none() && file.missing(&sample).is_empty();
    (is_present && !sample.is_empty()).then_some(sample)
}

/// Returns the offset at which a request begins that is to compare bytes before `start`, which are
/// present. Returns `start` if there are none.
pub(crate) fn overlap_start(file: &OpenDownload, start: u64) -> u64 {
    let mut first = start;
    while first > 0 && start - first < MAX_SEARCH {
        let id = file.plan.id_at(first - 1);
        if !file.packets.has(id) {
            break;
        }
        first = file.plan.bytes_of(&(id..id + 1)).start;
    }
    let first = first.max(start.saturating_sub(MAX_SEARCH));
    let mut len = SAMPLE_LEN;
    loop {
        let overlap = first.max(start.saturating_sub(len))..start;
        if overlap.start == first || !is_uniform(file, &overlap) {
            return overlap.start;
        }
        len *= 4;
    }
}

/// Returns present bytes from the first present packet at or behind `at`, of at most one sample.
fn present_from(file: &OpenDownload, at: u64) -> Option<Range<u64>> {
    let len = file.info.len;
    if at >= len {
        return None;
    }
    let ids = file.plan.id_at(at)..file.plan.count();
    let id = ids.clone().find(|id| file.packets.has(*id))?;
    let start = file.plan.bytes_of(&(id..id + 1)).start.max(at);
    let missing = |id: &u64| !file.packets.has(*id);
    // Two packets are always enough for a sample.
    let end = (id..ids.end.min(id + 2))
        .find(missing)
        .map_or((start + SAMPLE_LEN).min(len), |gap| {
            file.plan.bytes_of(&(gap..gap + 1)).start
        });
    Some(start..end.min(start + SAMPLE_LEN))
}

fn is_uniform(file: &OpenDownload, range: &Range<u64>) -> bool {
    let mut bytes = vec![0; (range.end - range.start) as usize];
    let read = file.file.read_at(range.start, &mut bytes);
    read.is_ok() && bytes.windows(2).all(|pair| pair[0] == pair[1])
}
