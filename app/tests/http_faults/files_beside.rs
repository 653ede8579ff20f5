//! Files beside a download: part files and journals of others, of the user, and of an earlier run.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::time::{Duration, UNIX_EPOCH};

use super::assertions::{finished_files, has_correct_bytes};
use super::fault_server::FaultServer;
use super::process::{self, RunResult};
use super::sandbox::Sandbox;
use super::scenario::{Action, LEN, Scenario, When};

const LIMIT: Duration = Duration::from_secs(60);
const COUNTS: [u16; 3] = [1, 5, 20];

fn get(sandbox: &Sandbox, url: &str, connections: u16, more: &[&str]) -> RunResult {
    let mut command = process::lanes(sandbox, url, connections);
    process::run(command.args(more), LIMIT)
}

/// Returns the journal that an earlier version of Lanes would have written for a complete file. Its fields
/// are in the order in which that version wrote them.
fn earlier_journal(url: &str) -> String {
    let packets = LEN.div_ceil(16_384);
    let version = r#"{"validators":{"etag":null,"last_modified":null}}"#;
    format!(
        r#"{{"version":2,"source":"{url}","len":{LEN},"packet_len":16384,"file_version":{version},"digest":null,"promises_digest":false,"process":1,"packets":{{"runs":[[0,{packets}]]}}}}"#
    )
}

/// Returns a journal of this version with a code that is not of this user's key.
fn forged_journal(url: &str) -> String {
    let part = r#"{"identity":{"device":1,"inode":1,"born":null},"owner":0,"open_mode":0,"final_mode":420},"is_verified":true,"placeholder":null"#;
    let code = "0".repeat(64);
    earlier_journal(url)
        .replace(r#""version":2"#, r#""version":3"#)
        .replace(r#""packets":"#, &format!(r#""part":{part},"packets":"#))
        .replace("]}}", &format!(r#"]}},"code":"{code}"}}"#))
}

/// Puts files under the names of a part file and a journal into the download folder.
type Plant = fn(&Sandbox, &str);

fn write(sandbox: &Sandbox, name: &str, bytes: impl AsRef<[u8]>) {
    fs::write(sandbox.download_dir().join(name), bytes).unwrap();
}

const PLANTS: [(&str, Plant); 6] = [
    ("a journal of an earlier version", |sandbox, url| {
        write(sandbox, "file.bin.part", vec![b'#'; LEN as usize]);
        write(sandbox, "file.bin.lanes", earlier_journal(url));
    }),
    ("a forged journal", |sandbox, url| {
        write(sandbox, "file.bin.part", vec![b'#'; LEN as usize]);
        write(sandbox, "file.bin.lanes", forged_journal(url));
    }),
    ("a link as part file", |sandbox, url| {
        write(sandbox, "elsewhere", vec![b'#'; LEN as usize]);
        symlink("elsewhere", sandbox.download_dir().join("file.bin.part")).unwrap();
        write(sandbox, "file.bin.lanes", forged_journal(url));
    }),
    ("only a part file", |sandbox, _| {
        write(sandbox, "file.bin.part", "mine");
    }),
    ("only a file called as a journal", |sandbox, _| {
        write(sandbox, "file.bin.lanes", "mine");
    }),
    ("a link called as a journal", |sandbox, _| {
        write(sandbox, "elsewhere", "mine");
        symlink("elsewhere", sandbox.download_dir().join("file.bin.lanes")).unwrap();
    }),
];

/// Returns the bytes of all files in the download folder, those behind links too.
fn content(sandbox: &Sandbox) -> BTreeMap<String, Vec<u8>> {
    let read = |name: String| {
        let bytes = fs::read(sandbox.download_dir().join(&name)).unwrap();
        (name, bytes)
    };
    sandbox.files().into_iter().map(read).collect()
}

#[test]
fn files_of_others_beside_a_download_stay_and_are_not_believed() {
    for (case, plant) in PLANTS {
        for (path, connections) in [
            ("/sized", 1),
            ("/sized", 5),
            ("/sized", 20),
            ("/chunked", 1),
        ] {
            let scenario = Scenario::new("beside").rate(8 * LEN).when(
                When::PathPrefix("/chunked"),
                [Action::IgnoreRange, Action::Chunked],
            );
            let (server, sandbox) = (FaultServer::start(scenario), Sandbox::new());
            let url = server.url(&format!("{path}/file.bin"));
            plant(&sandbox, &url);
            let before = content(&sandbox);
            let run = get(&sandbox, &url, connections, &[]);
            let case = format!("{case}, {path}, {connections}: {run:?}");
            assert_eq!(run.code, Some(0), "{case}");
            assert!(server.sent() >= LEN, "{case}");
            assert!(has_correct_bytes(&sandbox, "file.bin", LEN), "{case}");
            let mut after = content(&sandbox);
            after.remove("file.bin");
            assert!(after == before, "{case}: {:?}", sandbox.files());
        }
    }
}

/// A checksum that failed leaves a complete part file, which no longer has to be right.
#[test]
fn a_server_confirms_a_complete_part_file_before_it_is_saved() {
    let wrong = format!("sha-256:{}", "0".repeat(64));
    for connections in COUNTS {
        for is_gone in [false, true] {
            let scenario = || Scenario::new("complete").rate(8 * LEN);
            let (server, sandbox) = (FaultServer::start(scenario()), Sandbox::new());
            let url = server.url("/file.bin");
            let run = get(&sandbox, &url, connections, &["--checksum", &wrong]);
            assert_eq!(run.code, Some(1), "{run:?}");
            assert_eq!(sandbox.files(), ["file.bin.lanes", "file.bin.part"]);
            let (requests, sent) = (server.requests().len(), server.sent());
            if is_gone {
                let _refused = server.refuse();
                let run = get(&sandbox, &url, connections, &[]);
                assert_eq!(run.code, Some(1), "{run:?}");
                assert!(finished_files(&sandbox).is_empty(), "{run:?}");
            } else {
                let run = get(&sandbox, &url, connections, &[]);
                assert_eq!(run.code, Some(0), "{run:?}");
                assert!(server.requests().len() > requests, "no request was sent");
                assert!(server.sent() - sent < LEN, "all of it was fetched again");
                assert_eq!(sandbox.files(), ["file.bin"]);
                assert!(has_correct_bytes(&sandbox, "file.bin", LEN));
            }
        }
    }
}

/// Without its folder a file gets no name, so all further bytes would be lost.
#[test]
fn a_folder_that_goes_away_ends_the_download_before_the_last_byte() {
    /// Long enough for ten seconds.
    const LONG: u64 = 10 << 20;
    let whole = [Action::IgnoreRange, Action::Chunked];
    for (path, connections) in [("/sized", 1), ("/sized", 5), ("/chunked", 1)] {
        let scenario = Scenario::new("folder")
            .len(LONG)
            .rate((1 << 20) / u64::from(connections))
            .when(When::PathPrefix("/chunked"), whole);
        let (server, sandbox) = (FaultServer::start(scenario), Sandbox::new());
        let url = server.url(&format!("{path}/file.bin"));
        let (here, there) = (sandbox.download_dir(), sandbox.home().join("moved"));
        let run = std::thread::scope(|scope| {
            let run = scope.spawn(|| get(&sandbox, &url, connections, &[]));
            assert!(server.wait_until_sent(1 << 20, LIMIT));
            fs::rename(&here, &there).unwrap();
            run.join().unwrap()
        });
        assert_eq!(run.code, Some(1), "{run:?}");
        assert!(run.stderr.contains("moved or deleted"), "{run:?}");
        assert!(server.sent() < LONG, "{path}, {connections}: noticed late");
        assert!(!here.exists(), "the folder was created again");
        // Back at its place, the download goes on.
        fs::rename(&there, &here).unwrap();
        if path == "/sized" {
            let files = sandbox.files();
            assert_eq!(files, ["file.bin.lanes", "file.bin.part"], "{run:?}");
        }
        drop(server);
    }
}

#[test]
fn the_time_of_the_server_is_set_also_from_dates_of_other_forms() {
    for (date, seconds) in [
        ("Fri, 01 Jan 2021 00:00:00 GMT", Some(1_609_459_200)),
        ("fri, 1 jan 2021 01:00:00 +0100", Some(1_609_459_200)),
        ("Fri, 1 Jan 2021 00:00:00", Some(1_609_459_200)),
        ("yesterday", None),
    ] {
        let field = Action::SetHeader("Last-Modified", date);
        let server = FaultServer::start(Scenario::new("time").always([field]));
        let sandbox = Sandbox::new();
        let run = get(&sandbox, &server.url("/file.bin"), 5, &["--remote-time"]);
        assert_eq!(run.code, Some(0), "{run:?}");
        let meta = fs::metadata(sandbox.download_dir().join("file.bin")).unwrap();
        let since = meta.modified().unwrap().duration_since(UNIX_EPOCH).unwrap();
        match seconds {
            Some(seconds) => assert_eq!(since.as_secs(), seconds, "{date}"),
            None => assert!(run.stderr.contains("reports no time"), "{run:?}"),
        }
    }
}
