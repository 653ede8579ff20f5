//! Memory use over a faulty link.

use std::process::{Command, Stdio};

use lanes_engine::{Destination, DownloadSpec};

use super::common::{get, serve, source};
use super::fault_proxy::FaultProxy;
use super::wire_faults::{Fault, FaultPlan};

/// Limit of the resident memory of a download of any length, in KiB.
const MAX_PEAK: u64 = 64 * 1024;

/// Environment variables of the child process: address of the proxy, folder of the file.
const PROXY: &str = "LANES_TEST_PROXY";
const FOLDER: &str = "LANES_TEST_FOLDER";

/// The child process of the test below, so that no other test adds to the measured memory.
#[test]
#[ignore = "started by the test below"]
fn downloads_in_a_process_of_its_own() {
    let (Ok(proxy), Ok(folder)) = (std::env::var(PROXY), std::env::var(FOLDER)) else {
        return;
    };
    let source = source(proxy.parse().unwrap(), "sample-200MiB.bin");
    get(&DownloadSpec {
        connections: 8,
        destination: Destination::Folder(folder.into()),
        ..DownloadSpec::new(source)
    })
    .unwrap();
}

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
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "peak_memory::downloads_in_a_process_of_its_own",
            "--ignored",
        ])
        .env(PROXY, proxy.addr().to_string())
        .env(FOLDER, folder.path())
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
