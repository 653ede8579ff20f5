//! A bad wire costs time, but no memory.

use std::process::{Command, Stdio};

use super::common::serve;
use super::fault_proxy::Proxy;
use super::wire_faults::{Fate, Fault};

/// The most memory that a download of any length may take, in KiB.
const MOST: u64 = 64 * 1024;

#[test]
fn a_long_download_over_a_bad_wire_needs_no_more_memory() {
    let root = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = serve(root.path());
    // A flip each 3 MB, and in the end the connection is cut, again and again.
    let fates = |number: u64| {
        let flips = (1..5).map(|i| (i * 3_000_000 + number, Fault::Flip(3)));
        let faults = flips.chain([(16_000_000, Fault::Cut)]).collect();
        [Fate::default(), Fate { faults, rate: None }]
    };
    let proxy = Proxy::start(server.addr(), Box::new(fates));
    let mut child = Command::new(env!("CARGO_BIN_EXE_lanes"))
        .args([
            "get",
            &format!("lanes://{}/sample-200MiB.bin", proxy.addr()),
        ])
        .args(["--connections", "8", "--quiet", "--output"])
        .arg(folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let code = loop {
        if let Some(code) = child.try_wait().unwrap() {
            break code;
        }
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with("VmHWM"));
        let number = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
        peak = peak.max(number.unwrap_or(0));
        std::thread::park_timeout(std::time::Duration::from_millis(20));
    };
    assert!(code.success(), "{code}");
    assert!(proxy.connections() > 8, "the wire was bad");
    assert!(peak > 0 && peak < MOST, "{peak} KiB");
}
