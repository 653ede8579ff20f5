//! `--adopt`: an unfinished file of another program is continued, and stays as it is.
//!
//! The states are made here, in the layouts of the programs. `app/tests/servers/unfinished.py` does the same
//! with the programs themselves.

use std::fs;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use super::assertions::has_correct_bytes;
use super::content::{FIRST, bytes};
use super::fault_server::FaultServer;
use super::process::{self, RunResult};
use super::sandbox::Sandbox;
use super::scenario::{Action, Scenario, When};

const LIMIT: Duration = Duration::from_secs(60);
/// Length of the file in bytes: some pieces of aria2 and chunks of ipull. The last ones are short, but longer than
/// a packet.
const LEN: u64 = (6 << 20) + 112_345;
/// Length of a packet in bytes.
const PACKET: u64 = 16 * 1024;
const MIB: u64 = 1 << 20;
/// Bytes that are fetched again for each run: those that are compared, and the packets at both of its ends that
/// are not there as a whole.
const PER_RUN: u64 = 12 * 1024 + 2 * PACKET;
/// Bytes at both ends of the file that are compared once more behind the last byte.
const AT_ENDS: u64 = 2 * 12 * 1024;

/// The data and the state that a program leaves.
struct Unfinished {
    name: &'static str,
    state: Option<(&'static str, Vec<u8>)>,
    data: Vec<u8>,
    claimed: Vec<Range<u64>>,
}

/// Returns a file of this length with the right bytes in `claimed` and others elsewhere.
fn data(claimed: &[Range<u64>], len: u64) -> Vec<u8> {
    let mut data = vec![0xee; len as usize];
    for range in claimed {
        let right = bytes(FIRST, range.start, (range.end - range.start) as usize);
        data[range.start as usize..range.end as usize].copy_from_slice(&right);
    }
    data
}

fn aria2() -> Unfinished {
    let mut state = vec![0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    state.extend((MIB as u32).to_be_bytes());
    state.extend(LEN.to_be_bytes());
    state.extend([0; 8]);
    // Pieces 0, 2, 3 and the short last one; of piece 5 the first 32 blocks.
    state.extend([0, 0, 0, 1, 0b1011_0010, 0, 0, 0, 1, 0, 0, 0, 5]);
    state.extend((MIB as u32).to_be_bytes());
    state.extend([0, 0, 0, 8, 255, 255, 255, 255, 0, 0, 0, 0]);
    let claimed = vec![
        0..MIB,
        2 * MIB..4 * MIB,
        5 * MIB..5 * MIB + MIB / 2,
        6 * MIB..LEN,
    ];
    Unfinished {
        name: "file.bin",
        state: Some(("file.bin.aria2", state)),
        data: data(&claimed, LEN),
        claimed,
    }
}

fn axel() -> Unfinished {
    let missing = [
        (1_500_001, 3_000_000),
        (3_000_000, 3_000_000),
        (5_000_000, LEN),
    ];
    let claimed = vec![0..1_500_001, 3_000_000..5_000_000];
    let mut state = 3u16.to_ne_bytes().to_vec();
    state.extend(3_500_001u64.to_ne_bytes());
    for (next, end) in missing {
        state.extend(u64::to_ne_bytes(next));
        state.extend(u64::to_ne_bytes(end));
    }
    Unfinished {
        name: "file.bin",
        state: Some(("file.bin.st", state)),
        // axel does not allocate the whole length.
        data: data(&claimed, 5_000_000),
        claimed,
    }
}

fn lftp() -> Unfinished {
    let state = format!(
        "size={LEN}\n0.pos=2000000\n0.limit=2000000\n1.pos=2700007\n1.limit=4000000\n2.pos=4900000\n2.limit={LEN}\n"
    );
    let claimed = vec![0..2_700_007, 4_000_000..4_900_000];
    Unfinished {
        name: "file.bin",
        state: Some(("file.bin.lftp-pget-status", state.into_bytes())),
        data: data(&claimed, LEN),
        claimed,
    }
}

fn ipull() -> Unfinished {
    let claimed = vec![0..MIB, 3 * MIB..5 * MIB, 6 * MIB..LEN];
    let mut data = data(&claimed, LEN);
    data.extend(br#"{"part":0,"downloadId":"x","chunks":[2,1,0,2,2,0,2],"chunkSize":1048576,"parallelStreams":4}"#);
    Unfinished {
        name: "file.bin.ipull",
        state: None,
        data,
        claimed,
    }
}

fn prefix(name: &'static str) -> Unfinished {
    let claimed: Vec<_> = std::iter::once(0..3_000_001).collect();
    Unfinished {
        name,
        state: None,
        data: data(&claimed, 3_000_001),
        claimed,
    }
}

impl Unfinished {
    fn write(&self, folder: &Path) {
        fs::write(folder.join(self.name), &self.data).unwrap();
        if let Some((name, state)) = &self.state {
            fs::write(folder.join(name), state).unwrap();
        }
    }

    /// Returns whether both files are as they were.
    fn is_untouched(&self, folder: &Path) -> bool {
        let is = |name: &str, bytes: &[u8]| fs::read(folder.join(name)).unwrap() == bytes;
        let state = self.state.as_ref();
        is(self.name, &self.data) && state.is_none_or(|(name, bytes)| is(name, bytes))
    }
}

/// Continues the file `name` in the download folder.
fn adopt(sandbox: &Sandbox, server: &FaultServer, name: &str, more: &[&str]) -> RunResult {
    let mut command = process::lanes(sandbox, &server.url("/file.bin"), 4);
    let unfinished = sandbox.download_dir().join(name);
    process::run(command.arg("--adopt").arg(unfinished).args(more), LIMIT)
}

/// Returns how many bytes of `claimed` were requested.
fn requested(server: &FaultServer, claimed: &[Range<u64>]) -> u64 {
    let overlap = |(first, last): (u64, Option<u64>)| {
        let end = last.map_or(LEN, |last| last + 1);
        let common = |run: &Range<u64>| end.min(run.end).saturating_sub(first.max(run.start));
        claimed.iter().map(common).sum::<u64>()
    };
    let ranges = server.requests().into_iter();
    ranges
        .map(|request| overlap(request.request.range.unwrap_or((0, None))))
        .sum()
}

fn json(run: &RunResult) -> serde_json::Value {
    serde_json::from_str(&run.stdout).unwrap_or_default()
}

#[test]
fn a_file_of_each_program_is_continued_with_what_its_state_claims() {
    for (unfinished, saved) in [
        (aria2(), "file (1).bin"),
        (axel(), "file (1).bin"),
        (lftp(), "file (1).bin"),
        (ipull(), "file.bin"),
        (prefix("file.bin.crdownload"), "file.bin"),
        (prefix("file.bin.part"), "file.bin"),
        (prefix("file.bin"), "file (1).bin"),
    ] {
        let names = [
            Some(unfinished.name),
            unfinished.state.as_ref().map(|state| state.0),
        ];
        for name in names.into_iter().flatten() {
            let (server, sandbox) = (
                FaultServer::start(Scenario::new("adopt").len(LEN).rate(100 << 20)),
                Sandbox::new(),
            );
            let folder = sandbox.download_dir();
            unfinished.write(&folder);
            let before = sandbox.files();
            let run = adopt(&sandbox, &server, name, &[]);
            assert_eq!(run.code, Some(0), "{name}: {run:?}");
            assert!(has_correct_bytes(&sandbox, saved, LEN), "{name}: {run:?}");
            assert!(unfinished.is_untouched(&folder), "{name}");
            assert_eq!(
                sandbox.files().len(),
                before.len() + 1,
                "{:?}",
                sandbox.files()
            );
            assert!(run.stderr.contains("taken over"), "{name}: {run:?}");
            let claimed: u64 = unfinished
                .claimed
                .iter()
                .map(|run| run.end - run.start)
                .sum();
            let runs = unfinished.claimed.len() as u64;
            let resumed = json(&run)["resumed_bytes"].as_u64().unwrap();
            assert!(resumed <= claimed, "{name}: {resumed} of {claimed}");
            assert!(
                resumed + runs * PER_RUN >= claimed,
                "{name}: {resumed} of {claimed}"
            );
            let again = requested(&server, &unfinished.claimed);
            let most = runs * PER_RUN + AT_ENDS;
            assert!(again <= most, "{name}: {again} of {runs} runs");
        }
    }
}

#[test]
fn some_of_each_run_is_compared_before_what_follows_is_fetched() {
    for number in 0..aria2().claimed.len() {
        let (server, sandbox) = (
            FaultServer::start(Scenario::new("differs").len(LEN).rate(100 << 20)),
            Sandbox::new(),
        );
        let folder = sandbox.download_dir();
        let mut unfinished = aria2();
        // One byte near the end of one run is another. The last packet of the file is fetched again.
        let end = match unfinished.claimed[number].end {
            LEN => LEN - LEN % PACKET,
            end => end,
        };
        unfinished.data[end as usize - 100] ^= 1;
        unfinished.write(&folder);
        let run = adopt(&sandbox, &server, "file.bin", &[]);
        assert_eq!(run.code, Some(1), "run {number}: {run:?}");
        assert!(run.stderr.contains("other bytes"), "run {number}: {run:?}");
        assert!(unfinished.is_untouched(&folder));
        // Nothing of it is kept, since no byte tells which others are wrong.
        assert_eq!(
            sandbox.files(),
            ["file.bin", "file.bin.aria2"],
            "run {number}"
        );
        let run = adopt(&sandbox, &server, "file.bin", &["--on-change", "restart"]);
        assert_eq!(run.code, Some(0), "run {number}: {run:?}");
        assert!(
            has_correct_bytes(&sandbox, "file (1).bin", LEN) && unfinished.is_untouched(&folder)
        );
    }
}

#[test]
fn a_state_that_cannot_be_used_is_named_and_nothing_changes() {
    let cut = |mut unfinished: Unfinished| {
        if let Some((_, state)) = &mut unfinished.state {
            state.pop();
        }
        unfinished
    };
    let long = || Unfinished {
        data: bytes(FIRST, 0, LEN as usize),
        ..prefix("file.bin")
    };
    let short = || Unfinished {
        data: bytes(FIRST, 0, MIB as usize),
        ..aria2()
    };
    let plain = Scenario::new("state").len(LEN);
    let no_ranges = || {
        Scenario::new("whole")
            .len(LEN)
            .always([Action::IgnoreRange, Action::RemoveHeader("Accept-Ranges")])
    };
    let no_length = Scenario::new("chunked")
        .len(LEN)
        .always([Action::IgnoreRange, Action::Chunked]);
    for (unfinished, scenario, word) in [
        (cut(aria2()), plain.clone(), "aria2"),
        (cut(axel()), plain.clone(), "axel"),
        (cut(lftp()), plain.clone(), "lftp"),
        (short(), plain.clone(), "ends at 1048576"),
        (long(), plain.clone(), "not shorter"),
        (
            aria2(),
            Scenario::new("longer").len(LEN + 1),
            "the server's has 6403802",
        ),
        (ipull(), Scenario::new("longer").len(LEN + 1), "no state"),
        (aria2(), no_ranges(), "no ranges"),
        (aria2(), no_length, "length"),
        (
            aria2(),
            Scenario::new("gone").when(When::Always, [Action::Status(404)]),
            "404",
        ),
    ] {
        let (server, sandbox) = (FaultServer::start(scenario), Sandbox::new());
        let folder = sandbox.download_dir();
        unfinished.write(&folder);
        let before = sandbox.files();
        let run = adopt(&sandbox, &server, unfinished.name, &[]);
        assert_eq!(run.code, Some(1), "{word}: {run:?}");
        assert!(run.stderr.contains(word), "{word}: {run:?}");
        assert!(
            unfinished.is_untouched(&folder) && sandbox.files() == before,
            "{word}"
        );
    }
}

#[test]
fn a_state_that_claims_nothing_is_said_and_the_download_begins() {
    let (server, sandbox) = (
        FaultServer::start(Scenario::new("nothing").len(LEN).rate(100 << 20)),
        Sandbox::new(),
    );
    let mut unfinished = aria2();
    // As after a kill in the first minute: one piece in flight, without a block.
    let (_, state) = unfinished.state.as_mut().unwrap();
    state[34] = 0;
    state[51..55].fill(0);
    unfinished.write(&sandbox.download_dir());
    let run = adopt(&sandbox, &server, "file.bin.aria2", &[]);
    assert!(
        run.code == Some(0) && run.stderr.contains("Nothing of the unfinished file"),
        "{run:?}"
    );
    assert!(has_correct_bytes(&sandbox, "file (1).bin", LEN));
    assert_eq!(json(&run)["resumed_bytes"], 0);
}

#[test]
fn a_continued_download_that_is_killed_goes_on_from_its_own_part_file() {
    let scenario = || Scenario::new("killed").len(LEN).rate(300_000);
    let (server, sandbox) = (FaultServer::start(scenario()), Sandbox::new());
    let unfinished = axel();
    unfinished.write(&sandbox.download_dir());
    let mut command = process::lanes(&sandbox, &server.url("/file.bin"), 4);
    let path = sandbox.download_dir().join("file.bin.st");
    let mut child = process::start(command.arg("--adopt").arg(&path));
    assert!(server.wait_until_sent(400_000, LIMIT));
    child.kill().unwrap();
    child.wait().unwrap();
    server.change(scenario().rate(100 << 20));
    // Without the unfinished file, which is not needed any more.
    let run = process::run(
        &mut process::lanes(&sandbox, &server.url("/file.bin"), 4),
        LIMIT,
    );
    assert!(
        run.code == Some(0) && has_correct_bytes(&sandbox, "file (1).bin", LEN),
        "{run:?}"
    );
    let resumed = json(&run)["resumed_bytes"].as_u64().unwrap();
    assert!(resumed > 3_000_000, "{run:?}");
    assert!(unfinished.is_untouched(&sandbox.download_dir()));
}

#[test]
fn the_result_goes_to_the_folder_of_the_unfinished_file() {
    let (server, sandbox) = (
        FaultServer::start(Scenario::new("folder").len(LEN).rate(100 << 20)),
        Sandbox::new(),
    );
    let folder = sandbox.download_dir().join("other");
    fs::create_dir(&folder).unwrap();
    prefix("file.bin.crdownload").write(&folder);
    let url = server.url("/file.bin");
    let args = [
        "get",
        &url,
        "--adopt",
        "other/file.bin.crdownload",
        "--quiet",
    ];
    let run = process::run(&mut process::command(&sandbox, &args), LIMIT);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(has_correct_bytes(&sandbox, "other/file.bin", LEN));
}
