//! `--checksum auto`: checksums that stand beside a file on its server are found, compared and named.

use std::fmt::Write as _;
use std::time::Duration;

use md5::Md5;
use sha2::{Digest as _, Sha256, Sha512};

use super::assertions::{finished_files, has_correct_bytes};
use super::content::{FIRST, bytes};
use super::fault_server::FaultServer;
use super::process::{self, RunResult};
use super::sandbox::Sandbox;
use super::scenario::{Action, LEN, Scenario, When};

const LIMIT: Duration = Duration::from_secs(60);

/// The digests of the served file, in hexadecimal.
struct Digests {
    md5: String,
    sha256: String,
    sha512: String,
    blake3: String,
}

impl Digests {
    fn new() -> Self {
        let file = bytes(FIRST, 0, LEN as usize);
        Self {
            md5: hex(&Md5::digest(&file)),
            sha256: hex(&Sha256::digest(&file)),
            sha512: hex(&Sha512::digest(&file)),
            blake3: blake3::hash(&file).to_hex().to_string(),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Returns a digest of the same length with another first digit.
fn wrong(hex: &str) -> String {
    let first = if hex.starts_with('0') { "1" } else { "0" };
    format!("{first}{}", &hex[1..])
}

/// Serves `/d/file.bin`, these texts beside it, and 404 for everything else.
fn serve(files: &[(&str, String)]) -> FaultServer {
    // The rules of a scenario hold texts that live as long as the test.
    let leak = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
    let mut scenario = Scenario::new("beside").rate(100 << 20);
    let mut rule = |path: String, action| {
        let rules = std::mem::replace(&mut scenario, Scenario::new("beside"));
        scenario = rules.when(When::PathPrefix(leak(path)), [action]);
    };
    for path in [
        "SHA",
        "file.bin.sha",
        "file.bin.md5",
        "file.bin.blake3",
        "file.bin.asc",
        "file.bin.sig",
    ] {
        rule(format!("/d/{path}"), Action::Status(404));
    }
    for (path, text) in files {
        rule(
            format!("/d/{path}"),
            Action::Document("text/plain", leak(text.clone())),
        );
        // The rule applies to paths that begin so.
        rule(format!("/d/{path}."), Action::Status(404));
    }
    FaultServer::start(scenario)
}

fn get(sandbox: &Sandbox, server: &FaultServer) -> RunResult {
    let mut command = process::lanes(sandbox, &server.url("/d/file.bin?x=1"), 4);
    process::run(command.args(["--checksum", "auto"]), LIMIT)
}

fn json(run: &RunResult) -> serde_json::Value {
    serde_json::from_str(&run.stdout).unwrap_or_default()
}

/// The files of one server, and the digests and files that the result names.
type Case<'a> = (Vec<(&'a str, String)>, &'a [&'a str], &'a [&'a str]);

#[test]
fn checksums_of_every_form_are_found_compared_and_named() {
    let right = Digests::new();
    let (sha256, sha512) = (&right.sha256, &right.sha512);
    let cases: [Case<'_>; 7] = [
        (
            vec![(
                "SHA256SUMS",
                format!("{}  other.iso\n{sha256}  file.bin\n", wrong(sha256)),
            )],
            &["SHA-256"],
            &["SHA256SUMS"],
        ),
        (
            vec![("SHA512SUMS", format!("SHA512 (./file.bin) = {sha512}\n"))],
            &["SHA-512"],
            &["SHA512SUMS"],
        ),
        (
            vec![("file.bin.sha256", format!("{sha256}\n"))],
            &["SHA-256"],
            &["file.bin.sha256"],
        ),
        (
            vec![(
                "file.bin.sha512",
                format!("{} *out/file.bin\r\n", sha512.to_uppercase()),
            )],
            &["SHA-512"],
            &["file.bin.sha512"],
        ),
        (
            vec![("file.bin.md5", format!("{}  file.bin\n", right.md5))],
            &["MD5"],
            &["file.bin.md5"],
        ),
        (
            vec![("file.bin.blake3", right.blake3.clone())],
            &["BLAKE3"],
            &["file.bin.blake3"],
        ),
        (
            vec![
                ("SHA256SUMS", format!("{sha256} *file.bin\n")),
                ("file.bin.md5", right.md5.clone()),
                (
                    "SHA256SUMS.gpg",
                    "-----BEGIN PGP SIGNATURE-----\n".to_owned(),
                ),
                ("file.bin.asc", "-----BEGIN PGP SIGNATURE-----\n".to_owned()),
                ("file.bin.sig", "<!DOCTYPE html>".to_owned()),
            ],
            &["SHA-256", "MD5"],
            &["SHA256SUMS", "file.bin.md5"],
        ),
    ];
    for (files, digests, sources) in cases {
        let (server, sandbox) = (serve(&files), Sandbox::new());
        let run = get(&sandbox, &server);
        assert_eq!(run.code, Some(0), "{sources:?}: {run:?}");
        assert!(has_correct_bytes(&sandbox, "file.bin", LEN), "{sources:?}");
        let json = json(&run);
        assert_eq!(json["checked"], serde_json::json!(digests), "{run:?}");
        assert_eq!(
            json["checksum_files"],
            serde_json::json!(sources),
            "{run:?}"
        );
        if files.len() > 1 {
            let signatures = serde_json::json!(["SHA256SUMS.gpg", "file.bin.asc"]);
            assert_eq!(json["signatures"], signatures);
            assert!(
                run.stderr
                    .contains("not checked: SHA256SUMS.gpg, file.bin.asc"),
                "{run:?}"
            );
        }
        // Each candidate is one request, without the query of the link.
        for request in server.requests() {
            let path = &request.request.path;
            assert!(
                path.starts_with("/d/file.bin?") || !path.contains('?'),
                "{path}"
            );
            assert!(!request.on_other_host);
        }
    }
}

#[test]
fn a_wrong_checksum_fails_the_download_whatever_the_others_say() {
    let right = Digests::new();
    let sha256 = &right.sha256;
    for (files, file) in [
        (
            vec![("SHA256SUMS", format!("{}  file.bin\n", wrong(sha256)))],
            "SHA256SUMS",
        ),
        (
            vec![(
                "SHA512SUMS",
                format!("{}  file.bin\n", wrong(&right.sha512)),
            )],
            "SHA512SUMS",
        ),
        (vec![("file.bin.sha256", wrong(sha256))], "file.bin.sha256"),
        (
            vec![("file.bin.sha512", wrong(&right.sha512))],
            "file.bin.sha512",
        ),
        (
            vec![("file.bin.blake3", wrong(&right.blake3))],
            "file.bin.blake3",
        ),
        (
            vec![
                ("SHA256SUMS", format!("{sha256}  file.bin\n")),
                (
                    "file.bin.md5",
                    format!("MD5 (file.bin) = {}", wrong(&right.md5)),
                ),
            ],
            "file.bin.md5",
        ),
        (
            vec![(
                "SHA256SUMS",
                format!("{sha256}  file.bin\n{}  file.bin\n", wrong(sha256)),
            )],
            "SHA256SUMS",
        ),
    ] {
        let (server, sandbox) = (serve(&files), Sandbox::new());
        let run = get(&sandbox, &server);
        assert_eq!(run.code, Some(1), "{file}: {run:?}");
        assert!(
            run.stderr.contains(&format!("checksum in {file}")),
            "{file}: {run:?}"
        );
        assert!(finished_files(&sandbox).is_empty(), "{:?}", sandbox.files());
    }
}

#[test]
fn other_hosts_pages_and_errors_hold_no_checksum() {
    let sha256 = Digests::new().sha256;
    let page = |path| {
        (
            path,
            Action::Document("text/html", "<!DOCTYPE html><p>Welcome"),
        )
    };
    for (rule, word) in [
        (page("/d/SHA"), "No checksum"),
        (page("/d/file.bin.sha256"), "No checksum"),
        (
            (
                "/d/SHA256SUMS",
                Action::Redirect(302, "http://{other}/d/SHA256SUMS"),
            ),
            "No checksum",
        ),
        (
            ("/d/file.bin.sha256", Action::Status(500)),
            "file.bin.sha256 beside the file could not be read",
        ),
    ] {
        let server = serve(&[("SHA512SUMS", format!("{sha256}  another.bin\n"))]);
        let (path, action) = rule;
        let mut scenario = Scenario::new("none").rate(100 << 20);
        for absent in ["/d/SHA", "/d/file.bin."] {
            scenario = scenario.when(When::PathPrefix(absent), [Action::Status(404)]);
        }
        server.change(scenario.when(When::PathPrefix(path), [action]));
        let sandbox = Sandbox::new();
        let run = get(&sandbox, &server);
        assert_eq!(run.code, Some(0), "{path}: {run:?}");
        assert!(run.stderr.contains(word), "{path}: {run:?}");
        assert_eq!(json(&run)["checked"], serde_json::json!([]), "{path}");
        assert!(
            server
                .requests()
                .iter()
                .all(|request| !request.on_other_host)
        );
    }
}

#[test]
fn a_server_of_few_connections_is_asked_again_once_the_file_is_complete() {
    let sha256 = Digests::new().sha256;
    for (digest, code) in [(sha256.clone(), 0), (wrong(&sha256), 1)] {
        let text: &'static str = Box::leak(format!("{digest}  file.bin\n").into_boxed_str());
        let mut scenario = Scenario::new("few").rate(1 << 20);
        for absent in ["/d/SHA", "/d/file.bin."] {
            scenario = scenario.when(When::PathPrefix(absent), [Action::Status(404)]);
        }
        scenario = scenario.when(
            When::PathPrefix("/d/SHA256SUMS"),
            [Action::Document("text/plain", text)],
        );
        scenario = scenario.when(When::PathPrefix("/d/SHA256SUMS."), [Action::Status(404)]);
        // Until the file is sent, every other path is answered so.
        let server = FaultServer::start(scenario.when(
            When::UntilSentElsewhere("/d/file.bin?", LEN),
            [Action::Status(503)],
        ));
        let sandbox = Sandbox::new();
        let run = get(&sandbox, &server);
        assert_eq!(run.code, Some(code), "{run:?}");
        let word = if code == 0 {
            "checksum in SHA256SUMS"
        } else {
            "does not match"
        };
        assert!(run.stderr.contains(word), "{run:?}");
    }
}

#[test]
fn nothing_is_looked_for_unless_asked_and_a_pipe_is_refused() {
    let (server, sandbox) = (serve(&[]), Sandbox::new());
    let url = server.url("/d/file.bin");
    let run = process::run(&mut process::lanes(&sandbox, &url, 2), LIMIT);
    assert_eq!(run.code, Some(0), "{run:?}");
    let is_file = |path: &str| path == "/d/file.bin";
    assert!(
        server
            .requests()
            .iter()
            .all(|request| is_file(&request.request.path))
    );
    let args = ["get", &url, "--checksum", "auto", "--output", "-"];
    let run = process::run(&mut process::command(&sandbox, &args), LIMIT);
    assert!(
        run.code == Some(1) && run.stderr.contains("cannot be read back"),
        "{}",
        run.stderr
    );
}
