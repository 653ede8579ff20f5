//! TLS of OpenSSL in other configurations than those of the real servers: other keys, other versions, other
//! certificates. Without `openssl` these tests do nothing.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::process::{self, RunResult};
use super::sandbox::Sandbox;

const CONTENT: &str = "forty-two bytes of text, served by OpenSSL";
const P521: &[&str] = &["ec", "-pkeyopt", "ec_paramgen_curve:P-521"];
const NAMED: &[&str] = &["-addext", "subjectAltName=DNS:localhost"];

/// `openssl s_server` with a certificate of its own.
struct OpenSsl {
    folder: TempDir,
    server: Child,
    port: u16,
}

impl OpenSsl {
    /// Starts a server with a key of this kind, a certificate and options; `None` without `openssl`.
    fn start(key: &[&str], certificate: &[&str], options: &[&str]) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file.bin"), CONTENT).unwrap();
        let mut make = openssl(folder.path());
        make.args([
            "req", "-x509", "-nodes", "-days", "9", "-keyout", "key", "-out", "pem",
        ])
        .args(["-subj", "/CN=localhost", "-newkey"])
        .args(key)
        .args(certificate);
        if !make.status().ok()?.success() {
            return None;
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let mut serve = openssl(folder.path());
        serve
            .args(["s_server", "-WWW", "-quiet", "-cert", "pem", "-key", "key"])
            .args(["-accept", &format!("127.0.0.1:{port}")])
            .args(options);
        let server = serve.spawn().ok()?;
        let started = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(20), "no server");
            std::thread::park_timeout(Duration::from_millis(20));
        }
        Some(Self {
            folder,
            server,
            port,
        })
    }

    fn get(&self, host: &str, connections: u16, args: &[&str]) -> (Sandbox, RunResult) {
        let sandbox = Sandbox::new();
        let url = format!("https://{host}:{}/file.bin", self.port);
        let mut command = process::lanes(&sandbox, &url, connections);
        let pem = self.folder.path().join("pem");
        let args = args.iter().map(|arg| match *arg {
            "PEM" => pem.as_os_str().to_owned(),
            arg => arg.into(),
        });
        command.args(args);
        let run = process::run(&mut command, Duration::from_secs(50));
        (sandbox, run)
    }
}

impl Drop for OpenSsl {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn openssl(folder: &Path) -> Command {
    let mut command = Command::new("openssl");
    command
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

#[test]
fn keys_and_curves_of_openssl_are_reached() {
    let rsa: &[&str] = &["rsa:2048"];
    for (key, certificate, options) in [
        (P521, NAMED, &[][..]),
        (P521, &[NAMED, &["-sha512"]].concat()[..], &["-tls1_2"][..]),
        (P521, &[NAMED, &["-sha384"]].concat(), &["-tls1_3"]),
        (
            &["ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
            &[NAMED, &["-sha512"]].concat(),
            &[],
        ),
        (&["rsa:4096"], &[NAMED, &["-sha512"]].concat(), &[]),
        (&["ed25519"], NAMED, &[]),
        (rsa, NAMED, &["-tls1_2", "-groups", "secp521r1"]),
        (rsa, NAMED, &["-tls1_3", "-groups", "secp521r1"]),
    ] {
        let Some(server) = OpenSsl::start(key, certificate, options) else {
            return;
        };
        for connections in [1, 5, 20] {
            let (sandbox, run) = server.get("localhost", connections, &["--ca-file", "PEM"]);
            let case = format!("{key:?}, {certificate:?}, {options:?} × {connections}");
            assert_eq!(run.code, Some(0), "{case}: {run:?}");
            let saved = std::fs::read_to_string(sandbox.download_dir().join("file.bin"));
            assert_eq!(saved.unwrap(), CONTENT, "{case}");
        }
    }
}

#[test]
fn a_certificate_given_by_ca_file_is_trusted_for_its_host_only() {
    let no_ca: &[&str] = &["-addext", "basicConstraints=critical,CA:FALSE"];
    for certificate in [NAMED, &[NAMED, no_ca].concat(), no_ca, &[]] {
        let Some(server) = OpenSsl::start(&["rsa:2048"], certificate, &[]) else {
            return;
        };
        let Some(other) = OpenSsl::start(&["rsa:2048"], NAMED, &[]) else {
            return;
        };
        let (_, run) = server.get("localhost", 1, &["--ca-file", "PEM"]);
        assert_eq!(run.code, Some(0), "{certificate:?}: {run:?}");
        let (_, run) = server.get("127.0.0.1", 5, &["--ca-file", "PEM"]);
        assert!(
            run.code == Some(1) && run.stderr.contains("another host"),
            "{run:?}"
        );
        let pem = other.folder.path().join("pem");
        let (_, run) = server.get("localhost", 5, &["--ca-file", &pem.to_string_lossy()]);
        assert!(
            run.code == Some(1) && run.stderr.contains("--ca-file"),
            "{run:?}"
        );
    }
}

#[test]
fn alerts_are_told_and_not_retried() {
    for (options, word) in [
        (
            &["-tls1_2", "-cipher", "AES128-GCM-SHA256"][..],
            "cipher suite",
        ),
        (
            &["-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"][..],
            "too old",
        ),
        (
            &["-tls1_2", "-Verify", "1", "-verify_return_error"][..],
            "certificate",
        ),
        (
            &["-tls1_3", "-Verify", "1", "-verify_return_error"][..],
            "certificate",
        ),
    ] {
        let Some(server) = OpenSsl::start(&["rsa:2048"], NAMED, options) else {
            return;
        };
        for connections in [1, 5, 20] {
            let (_, run) = server.get("localhost", connections, &["--insecure"]);
            let said = run.stderr.contains("TLS handshake") && run.stderr.contains(word);
            assert!(run.code == Some(1) && said, "{options:?}: {run:?}");
            assert!(run.elapsed < Duration::from_secs(8), "{options:?}: {run:?}");
        }
    }
}
