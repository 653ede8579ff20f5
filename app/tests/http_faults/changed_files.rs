//! Files that change between two runs, or differ between two mirrors.

use std::time::Duration;

use super::assertions::{finished_files, has_correct_bytes};
use super::content::{self, FIRST};
use super::fault_server::FaultServer;
use super::job_pool;
use super::process::{self, RunResult};
use super::sandbox::Sandbox;
use super::scenario::{Action, LEN, Scenario, When};

const LIMIT: Duration = Duration::from_secs(60);
const CONNECTIONS: [u16; 3] = [1, 5, 20];
const SECOND: Action = Action::OtherVersion { seed: 2, longer: 0 };
const NO_ETAG: Action = Action::RemoveHeader("ETag");
const NO_DATE: Action = Action::RemoveHeader("Last-Modified");

/// Interrupts a download from `first` when about `share` of four parts have arrived, and resumes it from
/// the same server, which serves `second` by then.
fn interrupt_and_resume(
    first: &Scenario,
    second: Scenario,
    connections: u16,
    share: u64,
) -> (RunResult, Sandbox) {
    let sandbox = Sandbox::new();
    let mut actions = first.rules.iter().flat_map(|rule| &rule.actions);
    let is_whole = actions.any(|action| matches!(action, Action::IgnoreRange));
    let responses = if is_whole { 1 } else { connections };
    let slow = first.clone().rate((1 << 20) / u64::from(responses));
    let server = FaultServer::start(slow);
    let url = server.url("/file.bin");
    let mut child = process::start(&mut process::lanes(&sandbox, &url, connections));
    assert!(server.wait_until_sent(LEN / 4 * share, LIMIT));
    // Unlike a kill, an interrupt loses nothing, so that the bytes that are kept are known.
    process::signal(&child, "INT");
    child.wait().unwrap();
    assert!(finished_files(&sandbox).is_empty());
    server.change(second);
    let mut lanes = process::lanes(&sandbox, &url, connections);
    (process::run(&mut lanes, LIMIT), sandbox)
}

fn assert_changed(run: &RunResult, sandbox: &Sandbox, name: &str) {
    assert!(
        run.code == Some(1) && run.stderr.contains("changed"),
        "{name}: {run:?}"
    );
    assert!(finished_files(sandbox).is_empty(), "{name}");
}

fn assert_saved(run: &RunResult, sandbox: &Sandbox, name: &str) {
    assert!(
        run.code == Some(0) && has_correct_bytes(sandbox, "file.bin", LEN),
        "{name}: {run:?}"
    );
}

/// Returns a server whose validators stay although its file is another one.
fn lying(name: &'static str) -> Scenario {
    let old = [
        SECOND,
        Action::SetHeader("ETag", "\"version-1\""),
        Action::SetHeader("Last-Modified", "Mon, 01 Jan 2024 10:00:00 GMT"),
    ];
    Scenario::new(name).always(old)
}

#[test]
fn a_resume_compares_bytes_where_the_validators_stay() {
    for connections in CONNECTIONS {
        for share in [1, 2, 3] {
            let name = format!("{connections} connections, {share} quarters");
            let (run, sandbox) =
                interrupt_and_resume(&Scenario::new("first"), lying("liar"), connections, share);
            assert_changed(&run, &sandbox, &name);
        }
    }
}

#[test]
fn a_resume_compares_bytes_of_servers_with_few_or_no_validators() {
    let variants: [(&str, Vec<Action>); 4] = [
        ("no validators", vec![NO_ETAG, NO_DATE]),
        ("only a date", vec![NO_ETAG]),
        ("whole file only", vec![Action::IgnoreRange]),
        (
            "whole file only, no validators",
            vec![Action::IgnoreRange, NO_ETAG, NO_DATE],
        ),
    ];
    for (name, actions) in variants {
        let with = |mut scenario: Scenario| {
            for action in &actions {
                scenario = scenario.always([*action]);
            }
            scenario
        };
        job_pool::run(CONNECTIONS.into(), CONNECTIONS.len(), |connections| {
            let first = with(Scenario::new("first"));
            // `IgnoreRange` serves the first version again, so the other one comes last.
            let second = with(Scenario::new("second")).always([Action::Overwrite(0, LEN)]);
            let (run, sandbox) = interrupt_and_resume(&first, second, connections, 2);
            assert_changed(&run, &sandbox, name);
            let (run, sandbox) = interrupt_and_resume(&first, first.clone(), connections, 2);
            assert_saved(&run, &sandbox, name);
            let warns = run.stderr.contains("no version");
            assert!(warns || !name.contains("no validators"), "{name}: {run:?}");
        });
    }
}

#[test]
fn a_resume_continues_from_a_node_that_reports_another_version_of_the_same_bytes() {
    let nodes = [
        Scenario::new("other ETag").always([Action::SetHeader("ETag", "\"node-2\"")]),
        Scenario::new("other ETag and date").always([
            Action::SetHeader("ETag", "\"node-2\""),
            Action::SetHeader("Last-Modified", "Tue, 06 Feb 2024 09:00:00 GMT"),
        ]),
        Scenario::new("other date, equal ETag").always([Action::SetHeader(
            "Last-Modified",
            "Tue, 06 Feb 2024 09:00:00 GMT",
        )]),
        Scenario::new("ETag of each response").always([Action::UniqueETag]),
        Scenario::new("grown").always([
            Action::OtherVersion {
                seed: 1,
                longer: 4000,
            },
            Action::SetHeader("ETag", "\"grown\""),
        ]),
    ];
    for node in nodes {
        job_pool::run(CONNECTIONS.into(), CONNECTIONS.len(), |connections| {
            let first = Scenario::new("first");
            let (run, sandbox) = interrupt_and_resume(&first, node.clone(), connections, 2);
            assert_saved(&run, &sandbox, node.name);
        });
    }
}

#[test]
fn a_resume_finds_a_version_that_differs_in_what_is_kept_only() {
    // The bytes before the gaps are equal; those of a run of other packets are not.
    let other = Scenario::new("other middle").always([
        Action::Overwrite(200_000, 220_000),
        Action::SetHeader("ETag", "\"other\""),
        Action::SetHeader("Last-Modified", "Tue, 06 Feb 2024 09:00:00 GMT"),
    ]);
    for share in [2, 3] {
        let first = Scenario::new("first");
        let (run, sandbox) = interrupt_and_resume(&first, other.clone(), 1, share);
        assert_changed(&run, &sandbox, "other middle");
    }
}

#[test]
fn a_changed_file_is_downloaded_again_if_the_user_wants_that() {
    for connections in CONNECTIONS {
        let first = Scenario::new("overwritten")
            .when(When::FirstGet, [Action::Overwrite(LEN / 2, LEN)])
            .when(When::LaterGets, [SECOND]);
        let (server, sandbox) = (FaultServer::start(first), Sandbox::new());
        let mut lanes = process::lanes(&sandbox, &server.url("/file.bin"), connections);
        let run = process::run(lanes.args(["--on-change", "restart"]), LIMIT);
        let saved = std::fs::read(sandbox.download_dir().join("file.bin")).unwrap_or_default();
        let expected = content::bytes(2, 0, LEN as usize);
        assert!(run.code == Some(0) && saved == expected, "{run:?}");
    }
}

#[test]
fn a_mirror_with_other_bytes_is_left_out() {
    let others = [
        lying("other bytes, equal validators"),
        Scenario::new("other bytes").always([SECOND]),
        Scenario::new("other bytes, no validators").always([SECOND, NO_ETAG, NO_DATE]),
        Scenario::new("other bytes, whole file only")
            .always([Action::IgnoreRange, Action::Overwrite(0, LEN)]),
    ];
    for mut other in others {
        // The server that answers first determines the bytes: this one unless the machine is very busy.
        let late = Action::Delay(Duration::from_millis(300));
        other
            .rules
            .iter_mut()
            .for_each(|rule| rule.actions.push(late));
        for connections in [2, 5, 20] {
            let name = other.name;
            let (first, second) = (
                FaultServer::start(Scenario::new("first").rate(LEN / u64::from(connections))),
                FaultServer::start(other.clone()),
            );
            let sandbox = Sandbox::new();
            let mut lanes = process::lanes(&sandbox, &first.url("/file.bin"), connections);
            lanes.arg(second.url("/file.bin"));
            let run = process::run(&mut lanes, LIMIT);
            let saved = std::fs::read(sandbox.download_dir().join("file.bin")).unwrap_or_default();
            let is_version = |version| saved == content::bytes(version, 0, LEN as usize);
            assert!(
                run.code == Some(0) && (is_version(FIRST) || is_version(2)),
                "{name}: {run:?}"
            );
            assert!(run.stderr.contains("left out"), "{name}: {run:?}");
        }
    }
}

#[test]
fn a_short_download_sends_no_further_request_and_a_long_one_at_most_two() {
    // One for the beginning of the file and, if that is fast, one for its end.
    for (rate, expected) in [(1 << 30, 1..=1), (1 << 20, 2..=3)] {
        let scenario = Scenario::new("counted").rate(rate);
        let (server, sandbox) = (FaultServer::start(scenario), Sandbox::new());
        let mut lanes = process::lanes(&sandbox, &server.url("/file.bin"), 1);
        let run = process::run(&mut lanes, LIMIT);
        assert_saved(&run, &sandbox, "counted");
        let requests = server.requests();
        assert!(expected.contains(&requests.len()), "{requests:?}");
        let connections = requests.iter().map(|request| request.connection);
        assert!(
            connections
                .clone()
                .all(|id| Some(id) == connections.clone().next()),
            "the last request uses the open connection"
        );
    }
}

#[test]
fn a_run_after_a_change_keeps_nothing_of_the_changed_file() {
    // The validators stay, and the last bytes are those of the second version in both runs.
    for connections in CONNECTIONS {
        let stay = [
            SECOND,
            Action::SetHeader("ETag", "\"version-1\""),
            Action::SetHeader("Last-Modified", "Mon, 01 Jan 2024 10:00:00 GMT"),
        ];
        let late = Action::Delay(Duration::from_millis(1100));
        let scenario = Scenario::new("overwritten")
            .when(When::FirstGet, [Action::Overwrite(LEN / 2, LEN), late])
            .when(When::LaterGets, stay);
        let (server, sandbox) = (FaultServer::start(scenario), Sandbox::new());
        let url = server.url("/file.bin");
        let run = process::run(&mut process::lanes(&sandbox, &url, connections), LIMIT);
        assert_changed(&run, &sandbox, "first run");
        let run = process::run(&mut process::lanes(&sandbox, &url, connections), LIMIT);
        let saved = std::fs::read(sandbox.download_dir().join("file.bin")).unwrap_or_default();
        let expected = content::bytes(2, 0, LEN as usize);
        assert!(run.code == Some(0) && saved == expected, "{run:?}");
    }
}

#[test]
fn a_mirror_that_differs_behind_its_beginning_does_not_end_in_a_mixture() {
    let other = lying("other end").always([Action::Overwrite(LEN / 2, LEN)]);
    let late = Action::Delay(Duration::from_millis(1100));
    for connections in [2, 5, 20] {
        let first = Scenario::new("first").when(When::FirstGet, [late]);
        let same_beginning = Scenario {
            rules: other.rules[1..].to_vec(),
            ..other.clone()
        };
        let (first, second) = (
            FaultServer::start(first),
            FaultServer::start(same_beginning),
        );
        let sandbox = Sandbox::new();
        let mut lanes = process::lanes(&sandbox, &first.url("/file.bin"), connections);
        lanes.arg(second.url("/file.bin"));
        let run = process::run(&mut lanes, LIMIT);
        if run.code != Some(0) {
            assert!(run.stderr.contains("other bytes"), "{run:?}");
            continue;
        }
        // The server that answers first determines the bytes: on a busy machine this may be the other one.
        let saved = std::fs::read(sandbox.download_dir().join("file.bin")).unwrap_or_default();
        let half =
            |version, from: u64, to: u64| content::bytes(version, from, (to - from) as usize);
        let ends_with =
            |version| saved == [half(FIRST, 0, LEN / 2), half(version, LEN / 2, LEN)].concat();
        assert!(ends_with(FIRST) || ends_with(2), "a mixture: {run:?}");
    }
}
