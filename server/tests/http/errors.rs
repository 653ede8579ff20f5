//! Error responses.

use super::bundled;
use super::common::http::HttpClient;

#[test]
fn error_responses_have_a_text_and_keep_the_connection() {
    let server = bundled();
    let mut http = HttpClient::new(server.addr());
    for (request, status) in [
        ("GET /missing HTTP/1.1", 404),
        ("GET /missing/ HTTP/1.1", 404),
        ("GET /a%2Fb HTTP/1.1", 404),
        ("GET /%FF HTTP/1.1", 404),
        ("POST /Data.jpg HTTP/1.1", 405),
        ("OPTIONS * HTTP/1.1", 405),
        ("DELETE /Data.jpg HTTP/1.1", 405),
        ("CONNECT x:443 HTTP/1.1", 405),
        ("BREW /Data.jpg HTTP/1.1", 501),
        ("GET * HTTP/1.1", 400),
    ] {
        http.send(format!("{request}\r\nHost: localhost\r\n\r\n"));
        let response = http.receive();
        assert_eq!(response.status, status, "{request}");
        assert!(
            response.text().contains(' '),
            "not a phrase: {}",
            response.text()
        );
        assert_eq!(
            response.field("Allow"),
            (status == 405).then_some("GET, HEAD")
        );
        assert_eq!(response.field("Connection"), None, "{request}");
    }
    assert_eq!(http.get("/Data-50KB.jpg", "").status, 200);
}

#[test]
fn invalid_requests_get_a_text_and_end_the_connection() {
    let server = bundled();
    let host = "Host: localhost\r\n";
    for (request, status) in [
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), 400),
        (format!("GET / HTTP/1.1\r\n{host}{host}\r\n"), 400),
        (format!("GET  / HTTP/1.1\r\n{host}\r\n"), 400),
        (format!("GET /%zz HTTP/1.1\r\n{host}\r\n"), 400),
        (format!("GET Data.jpg HTTP/1.1\r\n{host}\r\n"), 400),
        (format!("GET / HTTP/1.1\r\n{host}a b: c\r\n\r\n"), 400),
        (format!("GET / HTTP/1.1\r\n{host}a : c\r\n\r\n"), 400),
        (
            format!("GET / HTTP/1.1\r\n{host}a: b\r\n folded\r\n\r\n"),
            400,
        ),
        (
            format!("GET / HTTP/1.1\r\n{host}Content-Length: x\r\n\r\n"),
            400,
        ),
        (
            format!("GET / HTTP/1.1\r\n{host}Content-Length: 3\r\nContent-Length: 4\r\n\r\n"),
            400,
        ),
        ("GET /\r\n\r\n".to_owned(), 400),
        ("\x01\x02\x03".to_owned(), 400),
        ("\x16\x03\x01\x02".to_owned(), 400),
        (
            format!("GET /{} HTTP/1.1\r\n{host}\r\n", "a".repeat(9000)),
            414,
        ),
        (
            format!("GET / HTTP/1.1\r\n{host}a: {}\r\n\r\n", "a".repeat(40_000)),
            431,
        ),
        (
            format!("GET / HTTP/1.1\r\n{host}{}\r\n", "a: b\r\n".repeat(101)),
            431,
        ),
        (format!("GET / HTTP/2.0\r\n{host}\r\n"), 505),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), 505),
        (
            format!("GET / HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            411,
        ),
        (
            format!("GET / HTTP/1.1\r\n{host}Transfer-Encoding: gzip\r\n\r\n"),
            501,
        ),
        (
            format!("GET / HTTP/1.1\r\n{host}Expect: wonders\r\n\r\n"),
            417,
        ),
    ] {
        let mut http = HttpClient::new(server.addr());
        // The server may close before it has read everything.
        let _ = std::io::Write::write_all(&mut http.socket, request.as_bytes());
        let response = http.receive();
        let start: String = request.chars().take(60).collect();
        assert_eq!(response.status, status, "{start}");
        assert_eq!(response.field("Connection"), Some("close"), "{start}");
        assert!(
            response.text().contains(' '),
            "not a phrase: {}",
            response.text()
        );
        http.assert_closed();
    }
}
