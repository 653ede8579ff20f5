//! What is told to whom: a password is for the host that it was given for.

use std::time::Duration;

use super::assertions::is_right;
use super::fault_server::FaultServer;
use super::process::{self, Ran};
use super::sandbox::Sandbox;
use super::scenario::{Act, LEN, Scenario, When};

/// `lara:hush-hush` in base64.
const CREDENTIALS: &str = "Basic bGFyYTpodXNoLWh1c2g=";

/// Gets `/go`, whose link has a password in it.
fn get_with_password(server: &FaultServer, sandbox: &Sandbox, connections: u16) -> Ran {
    let url = server
        .url("/go")
        .replace("http://", "http://lara:hush-hush@");
    let ran = process::run(
        &mut process::lanes(sandbox, &url, connections),
        Duration::from_secs(30),
    );
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran
}

#[test]
fn a_password_does_not_follow_a_redirect_to_another_host() {
    let away = [Act::Redirect(302, "http://{other}/file.bin")];
    let scenario = Scenario::new("away").when(When::Path("/go"), away);
    let len = scenario.len;
    let (server, sandbox) = (FaultServer::start(scenario), Sandbox::new());
    let ran = get_with_password(&server, &sandbox, 3);
    assert!(is_right(&sandbox, &sandbox.files()[0], len));
    assert!(!ran.err.contains("hush-hush"), "{ran:?}");
    let (there, here): (Vec<_>, Vec<_>) = server.seen().into_iter().partition(|seen| seen.other);
    assert_eq!(here[0].asked.field("authorization"), Some(CREDENTIALS));
    assert!(!there.is_empty());
    for seen in there {
        let told = format!("{:?}", seen.asked);
        assert!(
            !told.contains("authorization") && !told.contains("hush-hush"),
            "{told}"
        );
    }
}

#[test]
fn a_password_is_told_with_each_request_also_over_a_connection_that_was_kept() {
    let asked_again = || {
        let moved = [Act::Redirect(302, "http://{here}/file.bin")];
        // Whoever is done with its part takes over from the slow one.
        let scenario = Scenario::new("moved").rate(4 * LEN);
        let slow = [Act::Rate(LEN / 4)];
        let scenario = scenario
            .when(When::Path("/go"), moved)
            .when(When::Number(2), slow);
        let (server, sandbox) = (FaultServer::start(scenario), Sandbox::new());
        get_with_password(&server, &sandbox, 2);
        let seen = server.seen();
        for seen in &seen {
            let told = seen.asked.field("authorization");
            assert_eq!(told, Some(CREDENTIALS), "{:?}", seen.asked);
        }
        let file = seen.iter().filter(|seen| seen.asked.path == "/file.bin");
        let mut connections: Vec<u64> = file.map(|seen| seen.connection).collect();
        connections.sort_unstable();
        connections.windows(2).any(|pair| pair[0] == pair[1])
    };
    assert!((0..20).any(|_| asked_again()), "none was asked again");
}

#[test]
fn every_request_asks_for_the_bytes_as_they_are() {
    let server = FaultServer::start(Scenario::new("asked"));
    let sandbox = Sandbox::new();
    let ran = process::run(
        &mut process::lanes(&sandbox, &server.url("/file.bin"), 5),
        Duration::from_secs(30),
    );
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let host = server.addr().to_string();
    for (number, seen) in server.seen().iter().enumerate() {
        let asked = &seen.asked;
        assert_eq!(asked.method, "GET", "no HEAD is needed: {asked:?}");
        assert_eq!(asked.field("host"), Some(host.as_str()), "{asked:?}");
        assert!(
            matches!(asked.field("accept-encoding"), None | Some("identity")),
            "{asked:?}"
        );
        assert_eq!(asked.field("if-range"), None, "{asked:?}");
        assert!(
            asked
                .field("user-agent")
                .is_some_and(|agent| agent.to_lowercase().starts_with("lanes")),
            "{asked:?}"
        );
        match number {
            0 => assert_eq!(
                asked.range,
                Some((0, None)),
                "the probe is the first real GET: {asked:?}"
            ),
            _ => assert!(matches!(asked.range, Some((_, Some(_)))), "{asked:?}"),
        }
    }
}
