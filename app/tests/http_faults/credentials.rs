//! Request headers: credentials are sent only to the host they were given for.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use super::assertions::has_correct_bytes;
use super::fault_server::{FaultServer, LoggedRequest};
use super::process::{self, RunResult};
use super::sandbox::Sandbox;
use super::scenario::{Action, LEN, Scenario, When};

/// `lara:hush-hush` in base64.
const CREDENTIALS: &str = "Basic bGFyYTpodXNoLWh1c2g=";

/// Downloads `/go` with a user name and a password in the URL.
fn get_with_password(server: &FaultServer, sandbox: &Sandbox, connections: u16) -> RunResult {
    let url = server
        .url("/go")
        .replace("http://", "http://lara:hush-hush@");
    let run = process::run(
        &mut process::lanes(sandbox, &url, connections),
        Duration::from_secs(30),
    );
    assert_eq!(run.code, Some(0), "{run:?}");
    run
}

#[test]
fn credentials_are_not_sent_after_a_redirect_to_another_host() {
    let away = [Action::Redirect(302, "http://{other}/file.bin")];
    let scenario = Scenario::new("away").when(When::PathPrefix("/go"), away);
    let len = scenario.len;
    let (server, sandbox) = (FaultServer::start(scenario), Sandbox::new());
    let run = get_with_password(&server, &sandbox, 3);
    assert!(has_correct_bytes(&sandbox, &sandbox.files()[0], len));
    assert!(!run.stderr.contains("hush-hush"), "{run:?}");
    let (other, here): (Vec<_>, Vec<_>) = server
        .requests()
        .into_iter()
        .partition(|logged| logged.on_other_host);
    assert_eq!(here[0].request.field("authorization"), Some(CREDENTIALS));
    assert!(!other.is_empty());
    for logged in other {
        let request = format!("{:?}", logged.request);
        assert!(
            !request.contains("authorization") && !request.contains("hush-hush"),
            "{request}"
        );
    }
}

#[test]
fn credentials_are_sent_with_every_request_also_on_a_reused_connection() {
    let reuses_a_connection = || {
        let moved = [Action::Redirect(302, "http://{here}/file.bin")];
        // The connection that finishes first steals a range from the slow one and sends a second request.
        let scenario = Scenario::new("moved").rate(4 * LEN);
        let slow = [Action::Rate(LEN / 4)];
        let scenario = scenario
            .when(When::PathPrefix("/go"), moved)
            .when(When::NthGet(2), slow);
        let (server, sandbox) = (FaultServer::start(scenario), Sandbox::new());
        get_with_password(&server, &sandbox, 2);
        let requests = server.requests();
        for logged in &requests {
            let sent = logged.request.field("authorization");
            assert_eq!(sent, Some(CREDENTIALS), "{:?}", logged.request);
        }
        let file = requests
            .iter()
            .filter(|logged| logged.request.path == "/file.bin");
        let mut connections: Vec<u64> = file.map(|logged| logged.connection).collect();
        connections.sort_unstable();
        connections.windows(2).any(|pair| pair[0] == pair[1])
    };
    assert!(
        (0..20).any(|_| reuses_a_connection()),
        "no connection sent a second request in 20 runs"
    );
}

#[test]
fn requests_accept_only_the_identity_encoding_and_the_first_get_probes_the_server() {
    let server = FaultServer::start(Scenario::new("headers"));
    let sandbox = Sandbox::new();
    let run = process::run(
        &mut process::lanes(&sandbox, &server.url("/file.bin"), 5),
        Duration::from_secs(30),
    );
    assert_eq!(run.code, Some(0), "{run:?}");
    let host = server.addr().to_string();
    for (number, logged) in server.requests().iter().enumerate() {
        let request = &logged.request;
        assert_eq!(request.method, "GET", "HEAD is not needed: {request:?}");
        assert_eq!(request.field("host"), Some(host.as_str()), "{request:?}");
        assert!(
            matches!(request.field("accept-encoding"), None | Some("identity")),
            "{request:?}"
        );
        assert_eq!(request.field("if-range"), None, "{request:?}");
        assert!(
            request
                .field("user-agent")
                .is_some_and(|agent| agent.to_lowercase().starts_with("lanes")),
            "{request:?}"
        );
        match number {
            0 => assert_eq!(
                request.range,
                Some((0, None)),
                "the first GET requests the whole file: {request:?}"
            ),
            _ => assert!(matches!(request.range, Some((_, Some(_)))), "{request:?}"),
        }
    }
}

/// Only the Metalink on the disk names the server, even if it is a single one.
#[test]
fn servers_of_a_metalink_on_the_disk_get_no_credentials() {
    for (option, value, field) in [
        ("--bearer", "t0ken", "authorization"),
        ("--user", "me:p", "authorization"),
        ("--cookie", "sid=1", "cookie"),
        ("--header", "X-Key: k", "x-key"),
    ] {
        for connections in [1, 5, 20] {
            let (server, sandbox) = (
                FaultServer::start(Scenario::new("disk").rate(8 * LEN)),
                Sandbox::new(),
            );
            let path = sandbox.temp_dir().join("wanted.meta4");
            let url = server.url("/file.bin");
            let text = format!(
                "<metalink xmlns=\"urn:ietf:params:xml:ns:metalink\"><file name=\"a\"><url>{url}</url></file></metalink>"
            );
            fs::write(&path, text).unwrap();
            let mut command = process::lanes(&sandbox, &path.to_string_lossy(), connections);
            let run = process::run(command.args([option, value]), Duration::from_secs(30));
            assert_eq!(run.code, Some(0), "{run:?}");
            let requests = server.requests();
            let is_without = |logged: &LoggedRequest| logged.request.field(field).is_none();
            assert!(requests.iter().all(is_without), "{option}: {requests:?}");
            assert!(run.stderr.contains("not sent to them"), "{run:?}");
        }
    }
}

#[test]
fn the_password_of_a_proxy_comes_from_a_file() {
    let sandbox = Sandbox::new();
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = proxy.local_addr().unwrap();
    let path = sandbox.temp_dir().join("proxy");
    fs::write(&path, format!("http://lara:hush-hush@{address}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let mut command = process::lanes(&sandbox, "http://host.example/file.bin", 1);
    let run = std::thread::scope(|scope| {
        let run = scope.spawn(|| {
            let arg = format!("@{}", path.display());
            process::run(command.args(["--proxy", &arg]), Duration::from_secs(30))
        });
        let (stream, _) = proxy.accept().unwrap();
        let lines = BufReader::new(stream).lines().map_while(Result::ok);
        let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
        drop(proxy);
        let sent = format!("Proxy-Authorization: {CREDENTIALS}");
        assert!(
            head.iter().any(|line| line.eq_ignore_ascii_case(&sent)),
            "{head:?}"
        );
        run.join().unwrap()
    });
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(!run.stderr.contains("hush-hush"), "{run:?}");
}
