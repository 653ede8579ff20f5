//! Web pages that read the server of this machine.

use super::bundled;
use super::common::http::{HttpClient, Response};
use super::common::serve;

#[test]
fn only_local_host_names_are_answered_on_loopback() {
    let server = bundled(16);
    let get = |request: &str| {
        let mut http = HttpClient::new(server.addr());
        http.send(format!("{request}\r\n\r\n"));
        http.receive()
    };
    for host in [
        "evil.example",
        "x.example",
        "evil.example:5115",
        "localhost.evil.example",
    ] {
        for request in [
            format!("GET /Data-50KB.jpg HTTP/1.1\r\nHost: {host}"),
            format!("GET / HTTP/1.1\r\nHost: {host}"),
            format!("GET http://{host}/Data-50KB.jpg HTTP/1.1\r\nHost: localhost"),
            format!("GET / HTTP/1.0\r\nHost: {host}"),
        ] {
            let response = get(&request);
            assert_eq!(response.status, 421, "{request}");
            assert!(response.text().contains("localhost"), "{}", response.text());
            assert_eq!(response.field("Connection"), Some("close"));
        }
    }
    for host in [
        "localhost",
        "LOCALHOST:1",
        "x",
        "a.localhost",
        "127.0.0.1:5115",
        "[::1]",
        "192.0.2.1",
    ] {
        let response = get(&format!("GET /Data-50KB.jpg HTTP/1.1\r\nHost: {host}"));
        assert_eq!(response.status, 200, "{host}");
    }
    assert_eq!(get("GET /Data-50KB.jpg HTTP/1.0").status, 200);
    let through_proxy = "GET http://localhost/ HTTP/1.1\r\nHost: evil.example";
    assert_eq!(get(through_proxy).status, 200);
}

#[test]
fn browsers_neither_guess_types_nor_embed_files_nor_run_scripts_of_files() {
    let dir = tempfile::tempdir().unwrap();
    for name in [
        "page.html",
        "page.HTM",
        "page.xhtml",
        "picture.svg",
        "text.txt",
        "x.jpg",
    ] {
        std::fs::write(dir.path().join(name), "<script>alert(1)</script>").unwrap();
    }
    let server = serve(dir.path());
    let mut http = HttpClient::new(server.addr());
    let is_protected = |response: &Response| {
        response.field("X-Content-Type-Options") == Some("nosniff")
            && response.field("Cross-Origin-Resource-Policy") == Some("same-origin")
    };
    for name in ["page.html", "page.HTM", "page.xhtml", "picture.svg"] {
        for range in ["", "Range: bytes=1-\r\n"] {
            let response = http.get(&format!("/{name}"), range);
            assert_eq!(
                response.field("Content-Security-Policy"),
                Some("sandbox"),
                "{name}"
            );
            assert!(is_protected(&response), "{name}");
        }
    }
    for target in ["/text.txt", "/x.jpg", "/missing", "/"] {
        assert!(is_protected(&http.get(target, "")), "{target}");
    }
    assert_eq!(
        http.get("/x.jpg", "").field("Content-Security-Policy"),
        None
    );
}
