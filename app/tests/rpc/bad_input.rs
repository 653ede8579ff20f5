//! Calls and requests that are refused, each with a clear error, and nothing lost or written elsewhere.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::{Client, connect};
use crate::common;
use crate::daemon::Daemon;

fn add(client: &Client, options: &Value) -> String {
    client.error("aria2.addUri", json!([["http://127.0.0.1:9/f"], options]))
}

#[test]
fn a_wrong_token_is_refused_late_and_each_inner_call_has_its_own() {
    let daemon = Daemon::start(&["--rpc-secret", "s3cret"]);
    for client in [
        daemon.client(),
        daemon.client().with_token("wrong"),
        daemon.client().with_token(""),
    ] {
        let since = Instant::now();
        assert_eq!(client.error("aria2.getVersion", json!([])), "Unauthorized");
        assert!(since.elapsed() >= Duration::from_secs(1));
    }
    // Those that tell nothing need none.
    assert!(
        daemon
            .client()
            .result("system.listMethods", json!([]))
            .is_array()
    );
    let right = daemon.client().with_token("s3cret");
    let all = right.result(
        "system.multicall",
        json!([[
            { "methodName": "aria2.getVersion", "params": ["token:s3cret"] },
            { "methodName": "aria2.getVersion", "params": ["token:x"] },
            { "methodName": "system.multicall", "params": [[]] },
            { "params": [] },
            5,
        ]]),
    );
    assert_eq!(all[0][0]["version"], "1.37.0");
    let messages = [
        "Unauthorized",
        "Recursive system.multicall forbidden.",
        "Missing methodName.",
        "system.multicall expected struct.",
    ];
    for (index, message) in messages.into_iter().enumerate() {
        assert_eq!(all[index + 1], json!({ "code": 1, "message": message }));
    }
}

#[test]
fn bodies_that_are_no_calls_have_aria2s_codes_and_statuses() {
    let daemon = Daemon::start(&[]);
    let client = daemon.client();
    for (body, status, code) in [
        ("nonsense", 500, -32700),
        ("", 500, -32700),
        ("{}", 400, -32600),
        ("[]", 400, -32600),
        ("5", 400, -32600),
        (r#"{"id":1}"#, 400, -32600),
        (r#"{"method":"aria2.getVersion"}"#, 400, -32600),
        (
            r#"{"id":1,"method":"aria2.getVersion","params":{}}"#,
            500,
            -32602,
        ),
        (r#"{"id":1,"method":"aria2.nonsense"}"#, 400, 1),
        (r#"{"id":1,"method":"aria2.tellStatus"}"#, 400, 1),
        (
            r#"{"id":1,"method":"aria2.tellStatus","params":[5]}"#,
            400,
            1,
        ),
    ] {
        let response = client.send("POST", "/jsonrpc", &[], body.as_bytes());
        assert_eq!(
            (response.status, &response.json()["error"]["code"]),
            (status, &json!(code)),
            "{body}"
        );
    }
    let deep = "[".repeat(100_000);
    assert_eq!(
        client.send("POST", "/jsonrpc", &[], deep.as_bytes()).status,
        500
    );
}

#[test]
fn links_options_and_ids_are_refused_by_name() {
    let daemon = Daemon::start(&[]);
    let client = daemon.client();
    for (options, words) in [
        (json!({ "dir": "/etc" }), "/etc is outside of"),
        (json!({ "dir": "../../elsewhere" }), "outside of"),
        (json!({ "dir": "C:\\Users\\me\\Downloads" }), "outside of"),
        (json!({ "out": "../../.bashrc" }), "leads out"),
        (json!({ "out": "/etc/passwd" }), "leads out"),
        (json!({ "out": "..\\x" }), "leads out"),
        (json!({ "gid": "xyz" }), "16 hexadecimal digits"),
        (json!({ "checksum": "md5=00" }), "checksum"),
        (json!({ "header": "no field" }), "header"),
    ] {
        let error = add(&client, &options);
        assert!(error.contains(words), "{error}");
    }
    for (link, words) in [
        ("magnet:?xt=urn:btih:00", "BitTorrent"),
        ("ftp://h/f", "ftp"),
        ("", "URL"),
    ] {
        let error = client.error("aria2.addUri", json!([[link]]));
        assert!(error.contains(words), "{link}: {error}");
    }
    assert_eq!(
        client.error("aria2.addUri", json!([[]])),
        "URI is not provided."
    );
    assert_eq!(
        client.error("aria2.tellStatus", json!(["00000000000000ff"])),
        "GID 00000000000000ff is not found"
    );
    assert_eq!(
        client.error("aria2.pause", json!(["xyz"])),
        "Invalid GID xyz"
    );
    let refused = client.error("aria2.changeGlobalOption", json!([{ "dir": "/etc" }]));
    assert!(refused.contains("outside of"), "{refused}");
    let paused = json!({ "pause": "true", "gid": "00000000000000aa" });
    client.result("aria2.addUri", json!([["http://127.0.0.1:9/f"], paused]));
    assert!(add(&client, &paused).contains("is not unique"));
    assert_eq!(
        client.result("aria2.getGlobalStat", json!([]))["numWaiting"],
        "1"
    );
    assert!(common::names(&daemon.downloads()).is_empty());
}

#[test]
fn web_pages_and_rebound_names_are_refused() {
    let daemon = Daemon::start(&[
        "--rpc-allow-origin",
        "https://ui.example",
        "--rpc-allow-host",
        "nas.lan",
    ]);
    let client = daemon.client();
    let call = br#"{"jsonrpc":"2.0","id":1,"method":"aria2.getVersion"}"#;
    for (field, value, status) in [
        ("Origin", "https://evil.example", 403),
        ("Origin", "null", 403),
        ("Host", "evil.example:6800", 403),
        ("Host", "", 403),
        ("Origin", "https://ui.example", 200),
        ("Origin", "moz-extension://abc", 200),
        ("Host", "localhost:6800", 200),
        ("Host", "nas.lan:6800", 200),
    ] {
        let response = client.send("POST", "/jsonrpc", &[(field, value)], call);
        assert_eq!(response.status, status, "{field}: {value}");
    }
    // An image of any page makes such a request, without an Origin.
    let target = "/jsonrpc?method=aria2.getVersion&id=1";
    assert_eq!(client.send("GET", target, &[], b"").status, 403);
    let upgrade = [
        ("Origin", "https://evil.example"),
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    assert_eq!(client.send("GET", "/jsonrpc", &upgrade, b"").status, 403);
    assert_eq!(client.send("POST", "/other", &[], call).status, 404);
    assert_eq!(client.send("PUT", "/jsonrpc", &[], call).status, 405);
}

#[test]
fn a_body_of_100_megabytes_is_refused_and_takes_no_memory() {
    let daemon = Daemon::start(&[]);
    let client = daemon.client();
    let before = resident_kib(daemon.process_id());
    let body = vec![b' '; 100_000_000];
    let response = client.send("POST", "/jsonrpc", &[], &body);
    assert_eq!(response.status, 413);
    assert!(response.body.contains("4 MiB"), "{response:?}");
    let after = resident_kib(daemon.process_id());
    assert!(after < before + 16_000, "{before} to {after} KiB");
    assert_eq!(
        client.result("aria2.getVersion", json!([]))["version"],
        "1.37.0"
    );
}

#[test]
fn ten_thousand_downloads_fit_and_one_more_is_refused() {
    let daemon = Daemon::start(&["--rpc-secret", "s3cret"]);
    let mut socket = daemon.client().web_socket();
    let add = |number: usize| {
        let link = format!("http://127.0.0.1:9/{number}.bin");
        json!({ "methodName": "aria2.addUri", "params": ["token:s3cret", [link], { "pause": "true" }] })
    };
    for hundred in 0..100 {
        let calls: Vec<Value> = (0..100).map(|number| add(hundred * 100 + number)).collect();
        let call = json!({ "jsonrpc": "2.0", "id": hundred, "method": "system.multicall", "params": [calls] });
        let answer = socket.call(&call);
        assert!(answer["result"][99][0].is_string(), "{answer}");
    }
    let client = daemon.client().with_token("s3cret");
    let refused = client.error("aria2.addUri", json!([["http://127.0.0.1:9/x"]]));
    assert!(refused.contains("the queue is full"), "{refused}");
    assert_eq!(
        client.result("aria2.getGlobalStat", json!([]))["numWaiting"],
        "10000"
    );
    let kib = resident_kib(daemon.process_id());
    assert!(kib < 100_000, "{kib} KiB");
}

#[test]
fn long_links_and_fields_fill_the_queue_before_they_fill_the_memory() {
    let daemon = Daemon::start(&[]);
    let client = daemon.client();
    let field = format!("X-Long: {}", "a".repeat(60_000));
    let add = || {
        let link = format!("http://127.0.0.1:9/{}", "b".repeat(60_000));
        let options = json!({ "pause": "true", "header": field });
        json!({ "methodName": "aria2.addUri", "params": [vec![link; 20], options] })
    };
    let refused = (0..100).find_map(|_| {
        let calls = json!([[add(), add(), add()]]);
        let results = client.result("system.multicall", calls);
        let error = results
            .as_array()
            .unwrap()
            .iter()
            .find(|result| result.is_object());
        error.map(|error| error["message"].as_str().unwrap().to_owned())
    });
    assert!(refused.unwrap().contains("the queue is full"));
    assert!(resident_kib(daemon.process_id()) < 200_000);
    let link = format!("http://127.0.0.1:9/{}", "b".repeat(70_000));
    assert!(
        client
            .error("aria2.addUri", json!([[link]]))
            .contains("too long")
    );
}

#[test]
fn connections_that_send_nothing_and_sockets_that_read_nothing_do_no_harm() {
    let daemon = Daemon::start(&[]);
    let idle: Vec<_> = (0..60).map(|_| connect(daemon.addr())).collect();
    let sockets: Vec<_> = (0..5).map(|_| daemon.client().web_socket()).collect();
    let client = daemon.client();
    // A server that never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/x", silent.local_addr().unwrap());
    let gid = client.result("aria2.addUri", json!([[url], { "pause": "true" }]));
    for _ in 0..200 {
        // Each makes a notification that no client reads.
        client.result("aria2.unpause", json!([gid]));
        client.result("aria2.pause", json!([gid]));
    }
    assert_eq!(
        client.result("aria2.tellStatus", json!([gid]))["status"],
        "paused"
    );
    drop((idle, sockets));
}

/// Returns the resident memory of a process.
fn resident_kib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
