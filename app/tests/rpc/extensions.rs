//! Browser extensions and user scripts: each test sends what one of them sends, and checks what it reads.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::common;
use crate::daemon::{Daemon, assert_status, wait_for_status};
use crate::file_server::{FileServer, LEN};

#[test]
fn aria2_explorer_adds_with_headers_and_polls() {
    let (daemon, files) = (Daemon::start(&[]), FileServer::with_file());
    let client = daemon.client();
    let dir = daemon.downloads().join("sub").display().to_string();
    // Its ids are numbers from 0 on.
    let response = client.post(&json!({
        "jsonrpc": "2.0", "id": 0, "method": "aria2.addUri",
        "params": [[files.url("f.bin")], {
            "header": ["Cookie: sid=1; t=2", "User-Agent: Mozilla/5.0"],
            "referer": "https://page.example/", "out": "named.bin", "dir": dir, "split": "4",
        }],
    }));
    assert_eq!((response.status, &response.json()["id"]), (200, &json!(0)));
    let gid = response.json()["result"].as_str().unwrap().to_owned();
    assert!(
        gid.len() == 16 && gid.bytes().all(|b| b.is_ascii_hexdigit()),
        "{gid}"
    );
    wait_for_status(&client, &gid, "complete");
    let status = client.result(
        "aria2.tellStatus",
        json!([gid, ["dir", "files", "bittorrent"]]),
    );
    assert_eq!(status["dir"], dir);
    assert_eq!(status.as_object().unwrap().len(), 2);
    let path = daemon.downloads().join("sub/named.bin");
    assert_eq!(status["files"][0]["path"], path.display().to_string());
    assert_eq!(std::fs::read(path).unwrap(), common::bytes(LEN, 1));
    let stat = client.result("aria2.getGlobalStat", json!([]));
    let expected = json!({
        "downloadSpeed": "0", "uploadSpeed": "0", "numActive": "0", "numWaiting": "0", "numStopped": "1",
        "numStoppedTotal": "1",
    });
    assert_eq!(stat, expected);
    for head in files.heads() {
        let head = head.to_ascii_lowercase();
        for field in [
            "cookie: sid=1; t=2\r\n",
            "user-agent: mozilla/5.0\r\n",
            "referer: https://page.example/\r\n",
        ] {
            assert!(head.contains(field), "{field} in {head}");
        }
    }
}

#[test]
fn download_with_aria2_sends_an_empty_token_null_options_and_all_headers() {
    let (daemon, files) = (Daemon::start(&[]), FileServer::with_file());
    let mut socket = daemon.client().web_socket();
    let call = |method: &str, params: Value| json!({ "methodName": method, "params": params });
    let start = socket.call(&json!({
        "jsonrpc": "2.0", "id": "a", "method": "system.multicall", "params": [[
            call("aria2.tellActive", json!(["token:"])),
            call("aria2.getGlobalOption", json!(["token:"])),
            call("aria2.getVersion", json!(["token:"])),
        ]],
    }));
    assert_eq!(start["result"][0], json!([[]]));
    let global = &start["result"][1][0];
    for key in [
        "dir",
        "file-allocation",
        "allow-overwrite",
        "max-concurrent-downloads",
        "max-tries",
        "retry-wait",
        "split",
        "max-connection-per-server",
        "user-agent",
        "listen-port",
        "bt-max-peers",
        "enable-dht",
        "enable-dht6",
        "follow-torrent",
        "bt-remove-unselected-file",
        "seed-ratio",
        "seed-time",
        "disk-cache",
        "min-split-size",
        "max-overall-download-limit",
        "max-overall-upload-limit",
    ] {
        assert!(global[key].is_string(), "{key} in {global}");
    }
    assert_eq!(start["result"][2][0]["version"], "1.37.0");
    let added = socket.call(&json!({
        "jsonrpc": "2.0", "id": "b", "method": "aria2.addUri",
        "params": ["token:", [files.url("f.bin")], {
            "dir": null, "out": null,
            "header": [
                "Accept-Encoding: gzip, br", "Range: bytes=5-", "If-None-Match: x", "Sec-Fetch-Site: none",
                "Cookie: c=1", "Referer: http://r/", "Host: evil", "Connection: keep-alive", "Proxy-Connection: x",
            ],
        }],
    }));
    let gid = added["result"].as_str().unwrap();
    // Over HTTP it posts without a Content-Type.
    let client = daemon.client().with_token("");
    let status = wait_for_status(&client, gid, "complete");
    assert_eq!(
        std::fs::read(daemon.downloads().join("f.bin")).unwrap(),
        common::bytes(LEN, 1)
    );
    assert_eq!(status["errorCode"], "0");
    let first = files.heads()[0].to_ascii_lowercase();
    assert!(
        first.contains("cookie: c=1\r\n") && first.contains("sec-fetch-site: none\r\n"),
        "{first}"
    );
    for dropped in [
        "gzip, br",
        "bytes=5-",
        "if-none-match",
        "evil",
        "proxy-connection",
    ] {
        assert!(!first.contains(dropped), "{dropped} in {first}");
    }
    assert_eq!(
        client.result("aria2.getFiles", json!([gid]))[0]["selected"],
        "true"
    );
    assert_eq!(
        client.result("aria2.removeDownloadResult", json!([gid])),
        "OK"
    );
    assert_eq!(client.result("aria2.purgeDownloadResult", json!([])), "OK");
}

#[test]
fn aria2_integration_sends_surplus_parameters_and_metalinks() {
    let (daemon, files) = (Daemon::start(&[]), FileServer::with_file());
    let client = daemon.client();
    assert_eq!(
        client.result("aria2.getGlobalStat", json!([[], {}]))["numActive"],
        "0"
    );
    let metalink = format!(
        "<metalink xmlns='urn:ietf:params:xml:ns:metalink'><file name='m.bin'><url>{}</url></file></metalink>",
        files.url("m.bin")
    );
    let gids = client.result(
        "aria2.addMetalink",
        json!([STANDARD.encode(metalink), [], { "pause": "false" }]),
    );
    let gid = gids[0].as_str().unwrap();
    wait_for_status(&client, gid, "complete");
    assert_eq!(
        std::fs::read(daemon.downloads().join("m.bin")).unwrap(),
        common::bytes(LEN, 1)
    );
    let all = client.result(
        "system.multicall",
        json!([[
            { "methodName": "aria2.tellActive", "params": [] },
            { "methodName": "aria2.tellWaiting", "params": [0, 5] },
            { "methodName": "aria2.tellStopped", "params": [0, 5] },
        ]]),
    );
    assert_eq!((&all[0], &all[1]), (&json!([[]]), &json!([[]])));
    assert_status(&all[2][0][0]);
    let refused = client.error("aria2.addTorrent", json!(["AAAA", [], {}]));
    assert!(refused.contains("BitTorrent"), "{refused}");
}

#[test]
fn motrix_extension_sends_one_header_and_listens() {
    let (daemon, files) = (
        Daemon::start(&["--rpc-secret", "s3cret"]),
        FileServer::with_file(),
    );
    let mut socket = daemon.client().web_socket();
    let version = socket.call(&json!({
        "jsonrpc": "2.0", "id": "v", "method": "aria2.getVersion", "params": ["token:s3cret"],
    }));
    assert_eq!(version["result"]["version"], "1.37.0");
    socket.send(&json!({
        "jsonrpc": "2.0", "id": "x", "method": "aria2.addUri",
        "params": ["token:s3cret", [files.url("f.bin")], {
            "out": "f.bin", "remote-time": "true", "header": "Cookie: only=1", "gid": "00000000000000aa",
        }],
    }));
    socket.wait_for("aria2.onDownloadStart", "00000000000000aa");
    socket.wait_for("aria2.onDownloadComplete", "00000000000000aa");
    assert!(
        files.heads()[0]
            .to_ascii_lowercase()
            .contains("cookie: only=1\r\n")
    );
    let missing = socket.call(&json!({
        "jsonrpc": "2.0", "id": "y", "method": "aria2.addUri",
        "params": ["token:s3cret", ["http://127.0.0.1:9/none"], { "gid": "00000000000000bb" }],
    }));
    assert_eq!(missing["result"], "00000000000000bb");
    socket.wait_for("aria2.onDownloadError", "00000000000000bb");
    let client = daemon.client().with_token("s3cret");
    let status = client.result("aria2.tellStatus", json!(["00000000000000bb"]));
    assert_eq!(status["errorCode"], "1");
    assert!(
        status["errorMessage"]
            .as_str()
            .unwrap()
            .contains("cannot connect to 127.0.0.1"),
        "{status}"
    );
}

#[test]
fn varia_adds_paused_downloads() {
    let (daemon, files) = (Daemon::start(&[]), FileServer::with_file());
    let client = daemon.client();
    let gid = client.result(
        "aria2.addUri",
        json!([[files.url("f.bin")], {
            "pause": "true", "header": ["Cookie: a=1"],
        }]),
    );
    let status = client.result("aria2.tellStatus", json!([gid]));
    assert_status(&status);
    assert_eq!(status["status"], "paused");
    assert_eq!(client.result("aria2.unpause", json!([gid])), gid);
    wait_for_status(&client, gid.as_str().unwrap(), "complete");
}

#[test]
fn cat_catch_and_link_swift_add_over_http() {
    let (daemon, files) = (Daemon::start(&[]), FileServer::with_file());
    let client = daemon.client();
    let add = |name: &str, header: &str, id: Value| {
        let body = json!({
            "jsonrpc": "2.0", "id": id, "method": "aria2.addUri",
            "params": ["token:", [files.url("f.bin")], { "out": name, "header": [header] }],
        });
        let fields = [("Content-Type", "application/json; charset=utf-8")];
        let response = client.send("POST", "/jsonrpc", &fields, body.to_string().as_bytes());
        assert_eq!((response.status, &response.json()["id"]), (200, &id));
        response.json()["result"].as_str().unwrap().to_owned()
    };
    for (name, header, id) in [
        ("cat.mp4", "Authorization: Bearer t", json!("cat")),
        ("swift.zip", "User-Agent:pan", json!(1_700_000_000_000_u64)),
    ] {
        let gid = add(name, header, id);
        wait_for_status(&client, &gid, "complete");
        assert!(daemon.downloads().join(name).exists());
        let field = header
            .replace(": ", ":")
            .replacen(':', ": ", 1)
            .to_ascii_lowercase();
        let heads = files.heads();
        assert!(
            heads.last().unwrap().to_ascii_lowercase().contains(&field),
            "{heads:?}"
        );
    }
}
