//! What cannot be answered, and what cannot be read.

use super::bundled;
use super::common::http::Web;

#[test]
fn what_is_not_here_or_not_done_here_is_refused_in_words_and_the_connection_stays() {
    let server = bundled();
    let mut web = Web::new(server.addr());
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
        web.say(format!("{request}\r\nHost: x\r\n\r\n"));
        let response = web.hear();
        assert_eq!(response.status, status, "{request}");
        assert!(
            response.text().contains(' '),
            "in words: {}",
            response.text()
        );
        assert_eq!(
            response.field("Allow"),
            (status == 405).then_some("GET, HEAD")
        );
        assert_eq!(response.field("Connection"), None, "{request}");
    }
    assert_eq!(web.get("/Data-50KB.jpg", "").status, 200);
}

#[test]
fn what_cannot_be_read_ends_the_connection_in_words() {
    let server = bundled();
    let host = "Host: x\r\n";
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
        let mut web = Web::new(server.addr());
        // The server may have closed before the last byte is out.
        let _ = std::io::Write::write_all(&mut web.socket, request.as_bytes());
        let response = web.hear();
        let start: String = request.chars().take(60).collect();
        assert_eq!(response.status, status, "{start}");
        assert_eq!(response.field("Connection"), Some("close"), "{start}");
        assert!(
            response.text().contains(' '),
            "in words: {}",
            response.text()
        );
        web.ends();
    }
}
