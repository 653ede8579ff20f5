//! Real servers, plain and over TLS with a certificate of our own making. What is not installed is
//! skipped, in words.

mod certificate;
mod fault_proxy;
mod server_process;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use self::certificate::Certificate;
use self::fault_proxy::{BadWire, Fate};
use self::server_process::{Kind, RealServer};
use super::assertions::is_right;
use super::content::{self, FIRST};
use super::job_pool;
use super::process::{self, Ran};
use super::sandbox::Sandbox;

const LEN: u64 = (8 << 20) + 4321;
const LIMIT: Duration = Duration::from_secs(60);

/// A folder to serve, that any user of the machine may read.
fn root() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    fs::write(
        root.path().join("file.bin"),
        content::bytes(FIRST, 0, LEN as usize),
    )
    .unwrap();
    fs::write(root.path().join("empty.bin"), []).unwrap();
    fs::write(
        root.path().join("Photo (1) ü.bin"),
        content::bytes(FIRST, 0, 5000),
    )
    .unwrap();
    let mode = |path: &Path| {
        Command::new("chmod")
            .args(["-R", "a+rX"])
            .arg(path)
            .status()
            .unwrap()
    };
    assert!(mode(root.path()).success());
    root
}

/// An nginx that speaks TLS, as long as this is there.
struct Secured {
    certificate: Certificate,
    /// Scheme, host and port.
    base: String,
    _server: RealServer,
    _root: TempDir,
}

/// `None` where something is missing for it.
fn nginx_over_tls() -> Option<Secured> {
    let root = root();
    let certificate = Certificate::make()?;
    let server = RealServer::start(Kind::Nginx, root.path(), Some(&certificate))?;
    Some(Secured {
        base: server.tls()?,
        certificate,
        _server: server,
        _root: root,
    })
}

/// `lanes get` that trusts this certificate's maker.
fn get(sandbox: &Sandbox, url: &str, connections: u16, certificate: Option<&Certificate>) -> Ran {
    let mut command = process::lanes(sandbox, url, connections);
    if let Some(certificate) = certificate {
        command.arg("--ca-file").arg(certificate.ca());
    }
    process::run(&mut command, LIMIT)
}

#[test]
fn real_servers_plain_and_over_tls() {
    let (root, certificate) = (root(), Certificate::make());
    let kinds = [Kind::Nginx, Kind::Lighttpd, Kind::Apache];
    let servers: Vec<RealServer> = kinds
        .into_iter()
        .filter_map(|kind| RealServer::start(kind, root.path(), certificate.as_ref()))
        .collect();
    let mut runs = Vec::new();
    for server in &servers {
        let bases = [Some(server.plain()), server.tls()];
        for base in bases.into_iter().flatten() {
            runs.extend(
                [1, 5, 20]
                    .map(|connections| (base.clone(), "file.bin", "file.bin", LEN, connections)),
            );
            runs.push((base.clone(), "empty.bin", "empty.bin", 0, 5));
            runs.push((base, "Photo%20(1)%20%C3%BC.bin", "Photo (1) ü.bin", 5000, 5));
        }
    }
    let wrong = job_pool::run(runs, 4, |(base, path, name, len, connections)| {
        let sandbox = Sandbox::new();
        let url = format!("{base}/{path}");
        let ran = get(&sandbox, &url, connections, certificate.as_ref());
        let right =
            ran.code == Some(0) && sandbox.files() == [name] && is_right(&sandbox, name, len);
        (!right).then(|| format!("{url} × {connections}: {:?} after {ran:?}", sandbox.files()))
    });
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// So that what fails above is not the servers' fault.
#[test]
fn the_servers_give_the_file_to_curl() {
    let (root, certificate) = (root(), Certificate::make());
    for kind in [Kind::Nginx, Kind::Lighttpd, Kind::Apache] {
        let Some(server) = RealServer::start(kind, root.path(), certificate.as_ref()) else {
            continue;
        };
        for base in [Some(server.plain()), server.tls()].into_iter().flatten() {
            let sandbox = Sandbox::new();
            let mut curl = Command::new("curl");
            curl.args(["-sSf", "-o", "file.bin", "--max-time", "30"])
                .arg(format!("{base}/file.bin"));
            if let Some(certificate) = &certificate {
                curl.arg("--cacert").arg(certificate.ca());
            }
            process::at_home(&mut curl, &sandbox);
            match curl.output() {
                Ok(ran) => assert!(
                    is_right(&sandbox, "file.bin", LEN),
                    "{kind:?} at {base}: {ran:?}"
                ),
                Err(error) => eprintln!("skipped: curl does not run: {error}"),
            }
        }
    }
}

#[test]
fn nginx_that_allows_three_connections_still_gives_the_file() {
    let root = root();
    let Some(server) = RealServer::start(Kind::Nginx, root.path(), None) else {
        return;
    };
    let sandbox = Sandbox::new();
    let ran = get(
        &sandbox,
        &format!("{}/few/file.bin", server.plain()),
        20,
        None,
    );
    assert!(
        ran.code == Some(0) && is_right(&sandbox, "file.bin", LEN),
        "{ran:?}"
    );
}

#[test]
fn a_certificate_is_trusted_only_for_a_reason() {
    let Some(Secured {
        certificate, base, ..
    }) = &nginx_over_tls()
    else {
        return;
    };
    let url = format!("{base}/file.bin");
    let by_address = url.replace("localhost", "127.0.0.1");
    // Nobody knows who made it; it was made for `localhost`, not for an address.
    for (url, certificate) in [(&url, None), (&by_address, Some(certificate))] {
        let sandbox = Sandbox::new();
        let ran = get(&sandbox, url, 5, certificate);
        assert!(
            ran.code == Some(1) && ran.err.to_lowercase().contains("certificate"),
            "{url}: {ran:?}"
        );
        assert!(
            sandbox.files().is_empty() && ran.took < Duration::from_secs(20),
            "{:?}",
            sandbox.files()
        );
    }
    let sandbox = Sandbox::new();
    let ran = process::run(
        process::lanes(&sandbox, &by_address, 5).arg("--insecure"),
        LIMIT,
    );
    assert!(
        ran.code == Some(0) && is_right(&sandbox, "file.bin", LEN),
        "{ran:?}"
    );
}

#[test]
fn a_redirect_from_https_to_http_is_refused() {
    let Some(Secured {
        certificate, base, ..
    }) = &nginx_over_tls()
    else {
        return;
    };
    let sandbox = Sandbox::new();
    let ran = get(
        &sandbox,
        &format!("{base}/down/file.bin"),
        5,
        Some(certificate),
    );
    let reason = ran.err.to_lowercase();
    assert!(
        ran.code == Some(1) && (reason.contains("redirect") || reason.contains("https")),
        "{ran:?}"
    );
    assert!(sandbox.files().is_empty(), "{:?}", sandbox.files());
}

#[test]
fn a_bad_wire_under_tls_brings_no_wrong_byte() {
    let Some(Secured {
        certificate, base, ..
    }) = &nginx_over_tls()
    else {
        return;
    };
    let port = base.rsplit(':').next().unwrap().parse().unwrap();
    let fates = &[
        Fate::Turned(700),
        Fate::Turned(300_000),
        Fate::Cut(200_000),
        Fate::Pieces,
    ];
    for connections in [1, 5] {
        let wire = BadWire::to(port, fates);
        let sandbox = Sandbox::new();
        let url = format!("https://localhost:{}/file.bin", wire.port());
        let ran = get(&sandbox, &url, connections, Some(certificate));
        assert!(
            ran.code == Some(0) && is_right(&sandbox, "file.bin", LEN),
            "{connections}: {ran:?}"
        );
        assert!(wire.connections() >= fates.len(), "{connections}");
    }
}

/// Nothing says how long the file is but its end, and anybody on the way could bring that about.
#[test]
fn a_cut_under_tls_is_no_end_of_a_file_without_a_length() {
    let Some(Secured {
        certificate, base, ..
    }) = &nginx_over_tls()
    else {
        return;
    };
    let port = base.rsplit(':').next().unwrap().parse().unwrap();
    for (fates, is_saved) in [(&[Fate::Cut(200_000)], false), (&[Fate::Pieces], true)] {
        let wire = BadWire::to(port, fates);
        let sandbox = Sandbox::new();
        let url = format!("https://localhost:{}/unsized/file.bin", wire.port());
        let ran = get(&sandbox, &url, 1, Some(certificate));
        let right = is_right(&sandbox, "file.bin", LEN);
        assert_eq!(
            (ran.code == Some(0), right),
            (is_saved, is_saved),
            "{ran:?}"
        );
        assert!(
            is_saved || sandbox.files().is_empty(),
            "{:?}",
            sandbox.files()
        );
    }
}
