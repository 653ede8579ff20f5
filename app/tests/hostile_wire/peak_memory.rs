//! Memory use over a faulty link.

use std::process::{Command, Stdio};

use super::common::serve;
use super::fault_proxy::FaultProxy;
use super::wire_faults::{Fault, FaultPlan};

/// Limit of the resident memory of a download of any length, in KiB.
const MAX_PEAK: u64 = 64 * 1024;

#[test]
fn a_long_download_over_a_faulty_link_stays_below_64_mib() {
    let root = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = serve(root.path());
    // Every connection has a bit flip every 3 MB and closes after 16 MB.
    let plans = |number: u64| {
        let flips = (1..5).map(|i| (i * 3_000_000 + number, Fault::FlipBit(3)));
        let faults = flips.chain([(16_000_000, Fault::Close)]).collect();
        [FaultPlan::default(), FaultPlan { faults, rate: None }]
    };
    let proxy = FaultProxy::start(server.addr(), Box::new(plans));
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
        let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
        peak = peak.max(kib.unwrap_or(0));
        std::thread::park_timeout(std::time::Duration::from_millis(20));
    };
    assert!(code.success(), "{code}");
    assert!(proxy.connections() > 8, "no connection was replaced");
    assert!(peak > 0 && peak < MAX_PEAK, "{peak} KiB");
}
