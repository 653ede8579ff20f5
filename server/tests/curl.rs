//! Downloads with curl and wget, with and without an emulated link. Tools that are not installed are
//! skipped.

#![allow(clippy::unwrap_used, reason = "test helpers panic on failure")]

mod common;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use common::noise;
use lanes_server::{Config, Server};
use lanes_shared::link::parse_profile;

const LEN: usize = 3_000_000;

/// Starts a server of a folder with the file `a b.bin` over this link.
fn server(link: &str) -> (Server, tempfile::TempDir, Vec<u8>) {
    let dir = tempfile::tempdir().unwrap();
    let bytes = noise(LEN);
    std::fs::write(dir.path().join("a b.bin"), &bytes).unwrap();
    let server = Server::start(Config {
        link: Some(parse_profile(link).unwrap()),
        ..common::config(Some(dir.path()))
    });
    (server.unwrap(), dir, bytes)
}

/// Runs a tool; `None` if it is not installed.
fn run(tool: &str, into: &Path, arguments: &[&str]) -> Option<Output> {
    let output = Command::new(tool)
        .args(arguments)
        .current_dir(into)
        .output();
    match output {
        Ok(output) => {
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{tool} {arguments:?}: {stderr}");
            Some(output)
        }
        Err(error) => {
            // Reported, because the test passes without testing anything.
            let _ = writeln!(std::io::stderr(), "{tool} skipped: {error}");
            None
        }
    }
}

/// Runs a test without a link and over one.
fn with_and_without_link(test: impl Fn(&str, &Path, &[u8])) {
    for link in ["", "rate_mbit = 100\nrtt_ms = 10\nloss_percent = 0.1"] {
        let (server, _dir, bytes) = server(link);
        let into = tempfile::tempdir().unwrap();
        test(
            &format!("http://{}/a%20b.bin", server.addr()),
            into.path(),
            &bytes,
        );
    }
}

#[test]
fn curl_downloads_a_file_a_range_and_the_rest() {
    with_and_without_link(|url, into, bytes| {
        let read = |name: &str| std::fs::read(into.join(name)).unwrap();
        if run("curl", into, &["-sSf", "-o", "whole", url]).is_none() {
            return;
        }
        assert!(read("whole") == bytes);
        run(
            "curl",
            into,
            &["-sSf", "-r", "1000-1999", "-o", "part", url],
        );
        assert!(read("part") == bytes[1000..2000]);
        std::fs::write(into.join("rest"), &bytes[..LEN / 3]).unwrap();
        run("curl", into, &["-sSf", "-C", "-", "-o", "rest", url]);
        assert!(read("rest") == bytes);
    });
}

#[test]
fn curl_downloads_in_parallel_and_skips_unchanged_files() {
    with_and_without_link(|url, into, bytes| {
        let names: Vec<_> = (0..8).map(|i| format!("copy-{i}")).collect();
        let mut arguments = vec!["-sSf", "--parallel", "--parallel-immediate"];
        for name in &names {
            arguments.extend(["-o", name, url]);
        }
        if run("curl", into, &arguments).is_none() {
            return;
        }
        for name in &names {
            assert!(std::fs::read(into.join(name)).unwrap() == bytes, "{name}");
        }
        let code = [
            "-sS",
            "-w",
            "%{http_code}",
            "-o",
            "again",
            "--etag-save",
            "tag",
            url,
        ];
        run("curl", into, &code);
        let code = [
            "-sS",
            "-w",
            "%{http_code}",
            "-o",
            "again",
            "--etag-compare",
            "tag",
            url,
        ];
        let output = run("curl", into, &code).unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "304");
        let head = run("curl", into, &["-sSfI", url]).unwrap();
        let head = String::from_utf8_lossy(&head.stdout).to_ascii_lowercase();
        assert!(head.contains("content-length: 3000000"), "{head}");
    });
}

#[test]
fn wget_downloads_a_file_and_the_rest() {
    with_and_without_link(|url, into, bytes| {
        if run("wget", into, &["-q", "-O", "whole", url]).is_none() {
            return;
        }
        assert!(std::fs::read(into.join("whole")).unwrap() == bytes);
        std::fs::write(into.join("a b.bin"), &bytes[..LEN / 3]).unwrap();
        run("wget", into, &["-q", "-c", url]);
        assert!(std::fs::read(into.join("a b.bin")).unwrap() == bytes);
    });
}
