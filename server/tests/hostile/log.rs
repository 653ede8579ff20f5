//! Text of clients in the log.

use super::common::http::get;
use super::common::program::Program;
use super::common::{Client, open};

#[test]
fn clients_cannot_forge_or_fill_log_lines() {
    let mut program = Program::start(&["--listen", "127.0.0.1:0"]);
    let addr = program.addr();
    let forged = "/x%0A2026-01-01T00:00:00Z%20%20INFO%20forged%1B[31m%E2%80%AEtxt%E2%80%A8";
    assert_eq!(get(addr, forged, "").status, 404);
    let mut client = Client::new(addr);
    client.request(&[open(&"long\n".repeat(12_000), 1024)]);
    client.refusal();
    drop(client);
    program.signal("TERM");
    let (_, text) = program.end();
    let line = text.lines().find(|line| line.contains("forged")).unwrap();
    assert!(line.contains("404"), "{line}");
    assert!(
        line.contains(r"\n2026") && line.contains(r"\u{202e}txt\u{2028}"),
        "{line}"
    );
    assert!(text.contains(r"long\nlong"), "{text}");
    assert!(text.lines().all(|line| line.len() < 600), "{text}");
    assert!(!text.contains(['\u{202e}', '\u{2028}']), "{text}");
}

#[test]
fn a_server_beyond_loopback_warns_and_one_on_loopback_does_not() {
    let mut program = Program::start(&["--listen", "0.0.0.0:0"]);
    program.wait_for("WARN");
    let server = super::bundled(16);
    let warnings = server.log(0);
    assert!(
        warnings
            .iter()
            .all(|line| line.level != lanes_server::LogLevel::Warning)
    );
}
