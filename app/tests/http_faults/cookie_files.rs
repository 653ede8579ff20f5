//! Files of cookies (`cookies.txt`): read, written, and sent only to the hosts that they name.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use super::fault_server::FaultServer;
use super::process::{self, RunResult};
use super::sandbox::Sandbox;
use super::scenario::{Action, Scenario, When};

const FILE: &str = "# Netscape HTTP Cookie File\n\
    127.0.0.1\tFALSE\t/\tFALSE\t0\tsid\thush-hush\n\
    #HttpOnly_.example.org\tTRUE\t/\tTRUE\t4102444800\tother\thush-hush\n";

/// Downloads `/go` with a file of cookies, and writes `out.txt` beside it.
fn get(
    server: &FaultServer,
    sandbox: &Sandbox,
    content: impl AsRef<[u8]>,
    connections: u16,
) -> RunResult {
    let file = sandbox.home().join("cookies.txt");
    fs::write(&file, content).unwrap();
    let mut command = process::lanes(sandbox, &server.url("/go"), connections);
    command.arg("--load-cookies").arg(file);
    command.arg("--save-cookies").arg(saved(sandbox));
    process::run(&mut command, Duration::from_secs(30))
}

fn saved(sandbox: &Sandbox) -> std::path::PathBuf {
    sandbox.home().join("out.txt")
}

#[test]
fn cookies_of_a_file_go_to_their_hosts_and_all_are_saved() {
    for connections in [1, 5, 20] {
        let away = [
            Action::Redirect(302, "http://{other}/file.bin"),
            Action::AddHeader("Set-Cookie", "seen=1; Max-Age=1000"),
        ];
        let scenario = Scenario::new("file").when(When::PathPrefix("/go"), away);
        let (server, sandbox) = (FaultServer::start(scenario), Sandbox::new());
        let run = get(&server, &sandbox, FILE, connections);
        assert_eq!(run.code, Some(0), "{run:?}");
        for logged in server.requests() {
            let expected = (!logged.on_other_host).then_some("sid=hush-hush");
            let request = logged.request;
            assert_eq!(request.field("cookie"), expected, "{request:?}");
        }
        let out = fs::read_to_string(saved(&sandbox)).unwrap();
        for part in [
            "127.0.0.1\tFALSE\t/\tFALSE\t0\tsid\thush-hush",
            "\tseen\t1\n",
        ] {
            assert!(out.contains(part), "{out}");
        }
        assert!(
            out.contains("#HttpOnly_.example.org\tTRUE\t/\tTRUE\t4102444800"),
            "{out}"
        );
        let mode = fs::metadata(saved(&sandbox)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn other_lines_are_skipped_with_a_notice_that_names_them() {
    let good = &b"127.0.0.1\tFALSE\t/\tFALSE\t0\tsid\thush-hush\n"[..];
    for (before, notice) in [
        (&b"# x\ngarbage hush\n"[..], Some("line 2 is no cookie")),
        (b"a b\tFALSE\t/\tFALSE\t0\tz\thush\n", Some("line 1 is")),
        (b"x\n\xff\n", Some("lines 1, 2 are")),
        (b"example.org\tFALSE\t/\tFALSE\t0\tz\t\xe9\n", None),
    ] {
        let server = FaultServer::start(Scenario::new("file"));
        let sandbox = Sandbox::new();
        let run = get(&server, &sandbox, [before, good].concat(), 5);
        assert_eq!(run.code, Some(0), "{run:?}");
        for logged in server.requests() {
            let sent = logged.request.field("cookie");
            assert_eq!(sent, Some("sid=hush-hush"), "{logged:?}");
        }
        let said = notice.is_none_or(|notice| run.stderr.contains(notice));
        assert!(said && !run.stderr.contains("hush"), "{run:?}");
        assert_eq!(notice.is_some(), run.stderr.contains("skipped"), "{run:?}");
    }
}

#[test]
fn a_bad_line_is_named_without_its_value() {
    let server = FaultServer::start(Scenario::new("file"));
    for (content, word) in [
        ("# x\n127.0.0.1 FALSE / FALSE 0 sid hush-hush\n", "line 2"),
        ("127.0.0.1\tmaybe\t/\tFALSE\t0\tsid\thush-hush\n", "line 1"),
        ("[{\"value\": \"hush-hush\"}]", "JSON"),
    ] {
        let sandbox = Sandbox::new();
        let run = get(&server, &sandbox, content, 5);
        let said = run.stderr.contains("cookies.txt") && run.stderr.contains(word);
        assert!(run.code == Some(1) && said, "{run:?}");
        assert!(!run.stderr.contains("hush-hush"), "{run:?}");
    }
    assert!(server.requests().is_empty());
}
