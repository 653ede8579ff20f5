//! Front ends and servers: each test sends what one of them sends, and checks what it reads.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::byte_gate::ByteGate;
use crate::common;
use crate::daemon::{Daemon, assert_status, wait_for_status};
use crate::file_server::FileServer;

#[test]
fn ariang_steers_a_running_download() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("big.bin"), common::bytes(8 << 20, 3)).unwrap();
    let server = common::serve(root.path());
    let gate = ByteGate::new(server.addr(), 3 << 20);
    let daemon = Daemon::start(&[]);
    let client = daemon.client();
    let url = format!("http://{}/big.bin", gate.addr());
    let gid = client.result(
        "aria2.addUri",
        json!([[url], { "dir": daemon.downloads(), "out": "big.bin" }]),
    );
    let gid = gid.as_str().unwrap();
    let waiting = |name: &str| {
        let url = format!("http://{}/{name}", gate.addr());
        client
            .result("aria2.addUri", json!([[url], { "pause": "true" }]))
            .as_str()
            .unwrap()
            .to_owned()
    };
    let (first, second) = (waiting("1"), waiting("2"));
    let keys = json!([
        "gid",
        "totalLength",
        "completedLength",
        "status",
        "bitfield",
        "connections"
    ]);
    common::wait_for("bytes of the download", || {
        let active = client.result("aria2.tellActive", json!([keys]));
        let status = &active[0];
        let is_known = status["totalLength"] == "8388608" && status["completedLength"] != "0";
        is_known.then(|| assert!(status["bitfield"].is_string()))
    });
    let servers = client.result("aria2.getServers", json!([gid]));
    assert!(
        servers[0]["servers"][0]["currentUri"].is_string(),
        "{servers}"
    );
    assert_eq!(
        client.result("aria2.changePosition", json!([second, 0, "POS_SET"])),
        0
    );
    let order = client.result("aria2.tellWaiting", json!([0, 1000, ["gid"]]));
    assert_eq!(order, json!([{ "gid": second }, { "gid": first }]));
    assert_eq!(
        client.result(
            "aria2.changeOption",
            json!([first, { "max-download-limit": "100K" }])
        ),
        "OK"
    );
    assert_eq!(
        client.result("aria2.getOption", json!([first]))["max-download-limit"],
        "102400"
    );

    assert_eq!(client.result("aria2.forcePause", json!([gid])), gid);
    assert_eq!(
        client.result("aria2.tellStatus", json!([gid, ["status"]])),
        json!({ "status": "paused" })
    );
    let refused = client.error("aria2.forcePause", json!([gid]));
    assert_eq!(refused, format!("GID#{gid} cannot be paused now"));
    gate.open();
    assert_eq!(client.result("aria2.unpause", json!([gid])), gid);
    let status = wait_for_status(&client, gid, "complete");
    assert_status(&status);
    assert!(
        status["bitfield"].as_str().unwrap().starts_with("ff"),
        "{status}"
    );
    let path = daemon.downloads().join("big.bin");
    assert_eq!(std::fs::read(path).unwrap(), common::bytes(8 << 20, 3));

    assert_eq!(client.result("aria2.forceRemove", json!([first])), first);
    let stopped = client.result("aria2.tellStopped", json!([-1, 1000, ["gid", "status"]]));
    let expected =
        json!([{ "gid": first, "status": "removed" }, { "gid": gid, "status": "complete" }]);
    assert_eq!(stopped, expected);
    assert_eq!(
        client.result("aria2.removeDownloadResult", json!([first])),
        "OK"
    );
    assert_eq!(client.result("aria2.getPeers", json!([second])), json!([]));
    assert_eq!(
        client.result(
            "aria2.changeGlobalOption",
            json!([{ "max-concurrent-downloads": "2" }])
        ),
        "OK"
    );
    assert_eq!(client.result("aria2.saveSession", json!([])), "OK");
    assert!(
        client
            .error("aria2.shutdown", json!([]))
            .contains("SIGTERM")
    );
    let methods = client.result("system.listMethods", json!([]));
    assert_eq!(methods.as_array().unwrap().len(), 36);
}

#[test]
fn ariang_calls_by_get_with_a_token() {
    let daemon = Daemon::start(&[
        "--rpc-secret",
        "s3cret",
        "--rpc-allow-origin",
        "http://ui.example",
    ]);
    let client = daemon.client();
    let params = STANDARD
        .encode(json!(["token:s3cret"]).to_string())
        .replace('=', "%3D");
    let target = format!("/jsonrpc?method=aria2.getVersion&id=a&params={params}");
    let origin = ("Origin", "http://ui.example");
    let response = client.send("GET", &target, &[origin], b"");
    assert_eq!(response.json()["result"]["version"], "1.37.0");
    assert!(
        response
            .head
            .contains("Access-Control-Allow-Origin: http://ui.example\r\n")
    );
    let preflight = [
        origin,
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "content-type"),
        ("Access-Control-Request-Private-Network", "true"),
    ];
    let response = client.send("OPTIONS", "/jsonrpc", &preflight, b"");
    assert_eq!(response.status, 200);
    for field in [
        "Access-Control-Allow-Headers: content-type",
        "Access-Control-Allow-Methods: POST, GET, OPTIONS",
        "Access-Control-Allow-Private-Network: true",
    ] {
        assert!(response.head.contains(field), "{}", response.head);
    }
}

#[test]
fn yaaw_and_webui_send_batches() {
    let (daemon, files) = (Daemon::start(&[]), FileServer::with_file());
    let client = daemon.client();
    let gid = client.result(
        "aria2.addUri",
        json!([[files.url("f.bin")], { "pause": "true" }]),
    );
    let call = |id: &str, method: &str, params: Value| json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
    let batch = json!([
        call("a", "aria2.tellStatus", json!([gid])),
        call("b", "aria2.nonsense", json!([])),
        call("c", "aria2.getGlobalStat", json!([])),
    ]);
    let over_http = client.post(&batch);
    let over_socket = client.web_socket().call(&batch);
    assert_eq!(over_http.status, 200);
    for answers in [over_http.json(), over_socket] {
        assert_status(&answers[0]["result"]);
        assert_eq!(
            answers[1]["error"]["message"],
            "No such method: aria2.nonsense"
        );
        assert_eq!(answers[2]["result"]["numWaiting"], "1");
    }
    assert_eq!(client.result("aria2.unpauseAll", json!([])), "OK");
    wait_for_status(&client, gid.as_str().unwrap(), "complete");
    for method in ["aria2.pauseAll", "aria2.forcePauseAll"] {
        assert_eq!(client.result(method, json!([])), "OK");
    }
}

#[test]
fn open_list_listens_over_one_connection_and_calls_over_another() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("big.bin"), common::bytes(4 << 20, 4)).unwrap();
    let server = common::serve(root.path());
    let gate = ByteGate::new(server.addr(), 1 << 20);
    let daemon = Daemon::start(&[]);
    let (client, mut socket) = (daemon.client(), daemon.client().web_socket());
    // The subscription is made once the first answer is there.
    socket.call(&json!({ "jsonrpc": "2.0", "id": 1, "method": "aria2.getVersion", "params": [] }));
    let url = format!("http://{}/big.bin", gate.addr());
    let gid = client.result(
        "aria2.addUri",
        json!([[url], { "dir": daemon.downloads() }]),
    );
    let gid = gid.as_str().unwrap();
    socket.wait_for("aria2.onDownloadStart", gid);
    client.result("aria2.pause", json!([gid]));
    socket.wait_for("aria2.onDownloadPause", gid);
    client.result("aria2.remove", json!([gid]));
    socket.wait_for("aria2.onDownloadStop", gid);
    assert_eq!(
        client.result("aria2.tellStatus", json!([gid]))["status"],
        "removed"
    );
}
