//! Downloads from nginx, lighttpd and Apache over HTTP and HTTPS, with a generated certificate. A server
//! that is not installed is skipped with a message.

mod certificate;
mod fault_proxy;
mod server_process;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use self::certificate::Certificate;
use self::fault_proxy::{FaultProxy, ProxyFault};
use self::server_process::{RealServer, ServerKind};
use super::assertions::has_correct_bytes;
use super::content::{self, FIRST};
use super::job_pool;
use super::process::{self, RunResult};
use super::sandbox::Sandbox;

const LEN: u64 = (8 << 20) + 4321;
const LIMIT: Duration = Duration::from_secs(60);

/// Returns a folder with the served files, readable by every user of the machine.
fn served_folder() -> TempDir {
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
    let make_readable = |path: &Path| {
        Command::new("chmod")
            .args(["-R", "a+rX"])
            .arg(path)
            .status()
            .unwrap()
    };
    assert!(make_readable(root.path()).success());
    root
}

/// An nginx with TLS; `drop` stops it.
struct TlsServer {
    certificate: Certificate,
    /// `https://host:port`.
    base: String,
    _server: RealServer,
    _root: TempDir,
}

/// Starts nginx with TLS; returns `None` if nginx or openssl is missing.
fn start_nginx_with_tls() -> Option<TlsServer> {
    let root = served_folder();
    let certificate = Certificate::make()?;
    let server = RealServer::start(ServerKind::Nginx, root.path(), Some(&certificate))?;
    Some(TlsServer {
        base: server.https_base()?,
        certificate,
        _server: server,
        _root: root,
    })
}

/// Runs `lanes get` with the CA of `certificate`, if given.
fn get(
    sandbox: &Sandbox,
    url: &str,
    connections: u16,
    certificate: Option<&Certificate>,
) -> RunResult {
    let mut command = process::lanes(sandbox, url, connections);
    if let Some(certificate) = certificate {
        command.arg("--ca-file").arg(certificate.ca());
    }
    process::run(&mut command, LIMIT)
}

#[test]
fn files_arrive_from_real_servers_over_http_and_https() {
    let (root, certificate) = (served_folder(), Certificate::make());
    let kinds = [ServerKind::Nginx, ServerKind::Lighttpd, ServerKind::Apache];
    let servers: Vec<RealServer> = kinds
        .into_iter()
        .filter_map(|kind| RealServer::start(kind, root.path(), certificate.as_ref()))
        .collect();
    let mut runs = Vec::new();
    for server in &servers {
        let bases = [Some(server.http_base()), server.https_base()];
        for base in bases.into_iter().flatten() {
            runs.extend(
                [1, 5, 20]
                    .map(|connections| (base.clone(), "file.bin", "file.bin", LEN, connections)),
            );
            runs.push((base.clone(), "empty.bin", "empty.bin", 0, 5));
            runs.push((base, "Photo%20(1)%20%C3%BC.bin", "Photo (1) ü.bin", 5000, 5));
        }
    }
    let failures = job_pool::run(runs, 4, |(base, path, name, len, connections)| {
        let sandbox = Sandbox::new();
        let url = format!("{base}/{path}");
        let run = get(&sandbox, &url, connections, certificate.as_ref());
        let correct = run.code == Some(0)
            && sandbox.files() == [name]
            && has_correct_bytes(&sandbox, name, len);
        (!correct).then(|| format!("{url} × {connections}: {:?} after {run:?}", sandbox.files()))
    });
    let failures: Vec<String> = failures.into_iter().flatten().collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Control: the servers of the test above work with curl.
#[test]
fn curl_downloads_the_file_from_the_same_servers() {
    let (root, certificate) = (served_folder(), Certificate::make());
    for kind in [ServerKind::Nginx, ServerKind::Lighttpd, ServerKind::Apache] {
        let Some(server) = RealServer::start(kind, root.path(), certificate.as_ref()) else {
            continue;
        };
        for base in [Some(server.http_base()), server.https_base()]
            .into_iter()
            .flatten()
        {
            let sandbox = Sandbox::new();
            let mut curl = Command::new("curl");
            curl.args(["-sSf", "-o", "file.bin", "--max-time", "30"])
                .arg(format!("{base}/file.bin"));
            if let Some(certificate) = &certificate {
                curl.arg("--cacert").arg(certificate.ca());
            }
            process::isolate_environment(&mut curl, &sandbox);
            match curl.output() {
                Ok(run) => assert!(
                    has_correct_bytes(&sandbox, "file.bin", LEN),
                    "{kind:?} at {base}: {run:?}"
                ),
                Err(error) => eprintln!("skipped: curl does not run: {error}"),
            }
        }
    }
}

#[test]
fn a_download_over_20_connections_succeeds_if_nginx_allows_3() {
    let root = served_folder();
    let Some(server) = RealServer::start(ServerKind::Nginx, root.path(), None) else {
        return;
    };
    let sandbox = Sandbox::new();
    let run = get(
        &sandbox,
        &format!("{}/few/file.bin", server.http_base()),
        20,
        None,
    );
    assert!(
        run.code == Some(0) && has_correct_bytes(&sandbox, "file.bin", LEN),
        "{run:?}"
    );
}

#[test]
fn an_unknown_ca_and_a_wrong_host_name_are_rejected_unless_insecure() {
    let Some(TlsServer {
        certificate, base, ..
    }) = &start_nginx_with_tls()
    else {
        return;
    };
    let url = format!("{base}/file.bin");
    let by_address = url.replace("localhost", "127.0.0.1");
    // First the CA is unknown, then the certificate is for `localhost` and not for the address.
    for (url, certificate) in [(&url, None), (&by_address, Some(certificate))] {
        let sandbox = Sandbox::new();
        let run = get(&sandbox, url, 5, certificate);
        assert!(
            run.code == Some(1) && run.stderr.to_lowercase().contains("certificate"),
            "{url}: {run:?}"
        );
        assert!(
            sandbox.files().is_empty() && run.elapsed < Duration::from_secs(20),
            "{:?}",
            sandbox.files()
        );
    }
    let sandbox = Sandbox::new();
    let run = process::run(
        process::lanes(&sandbox, &by_address, 5).arg("--insecure"),
        LIMIT,
    );
    assert!(
        run.code == Some(0) && has_correct_bytes(&sandbox, "file.bin", LEN),
        "{run:?}"
    );
}

#[test]
fn a_redirect_from_https_to_http_is_refused() {
    let Some(TlsServer {
        certificate, base, ..
    }) = &start_nginx_with_tls()
    else {
        return;
    };
    let sandbox = Sandbox::new();
    let run = get(
        &sandbox,
        &format!("{base}/down/file.bin"),
        5,
        Some(certificate),
    );
    let reason = run.stderr.to_lowercase();
    assert!(
        run.code == Some(1) && (reason.contains("redirect") || reason.contains("https")),
        "{run:?}"
    );
    assert!(sandbox.files().is_empty(), "{:?}", sandbox.files());
}

#[test]
fn corruption_and_truncation_under_tls_are_detected_and_retried() {
    let Some(TlsServer {
        certificate, base, ..
    }) = &start_nginx_with_tls()
    else {
        return;
    };
    let port = base.rsplit(':').next().unwrap().parse().unwrap();
    let faults = &[
        ProxyFault::FlipBit(700),
        ProxyFault::FlipBit(300_000),
        ProxyFault::Close(200_000),
        ProxyFault::SplitWrites,
    ];
    for connections in [1, 5] {
        let proxy = FaultProxy::to(port, faults);
        let sandbox = Sandbox::new();
        let url = format!("https://localhost:{}/file.bin", proxy.port());
        let run = get(&sandbox, &url, connections, Some(certificate));
        assert!(
            run.code == Some(0) && has_correct_bytes(&sandbox, "file.bin", LEN),
            "{connections}: {run:?}"
        );
        assert!(proxy.connections() >= faults.len(), "{connections}");
    }
}

/// Without a Content-Length only `close_notify` proves that the file is complete; an attacker on the path
/// can forge the end of the TCP connection.
#[test]
fn a_file_without_a_length_is_rejected_if_tls_ends_without_close_notify() {
    let Some(TlsServer {
        certificate, base, ..
    }) = &start_nginx_with_tls()
    else {
        return;
    };
    let port = base.rsplit(':').next().unwrap().parse().unwrap();
    for (faults, is_saved) in [
        (&[ProxyFault::Close(200_000)], false),
        (&[ProxyFault::SplitWrites], true),
    ] {
        let proxy = FaultProxy::to(port, faults);
        let sandbox = Sandbox::new();
        let url = format!("https://localhost:{}/unsized/file.bin", proxy.port());
        let run = get(&sandbox, &url, 1, Some(certificate));
        let correct = has_correct_bytes(&sandbox, "file.bin", LEN);
        assert_eq!(
            (run.code == Some(0), correct),
            (is_saved, is_saved),
            "{run:?}"
        );
        assert!(
            is_saved || sandbox.files().is_empty(),
            "{:?}",
            sandbox.files()
        );
    }
}
