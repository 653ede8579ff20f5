//! Request bodies, which the server does not use (RFC 9112, section 6; RFC 9110, section 10.1.1).

use super::bundled;
use super::common::http::HttpClient;

#[test]
fn short_bodies_are_discarded_and_long_ones_refused() {
    let server = bundled();
    let mut http = HttpClient::new(server.addr());
    http.send("GET /Data-50KB.jpg HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello");
    assert_eq!(http.receive().status, 200);
    http.send("POST /Data-50KB.jpg HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello");
    assert_eq!(http.receive().status, 405);
    // A request inside a body is not served.
    let inner = "GET /inner HTTP/1.1\r\nHost: localhost\r\n\r\n";
    http.send(format!(
        "PUT /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{inner}",
        inner.len()
    ));
    assert_eq!(http.receive().status, 405);
    assert_eq!(http.get("/Data-50KB.jpg", "").status, 200);

    for (method, status) in [("GET", 413), ("POST", 405)] {
        let mut http = HttpClient::new(server.addr());
        http.send(format!(
            "{method} /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n"
        ));
        let response = http.receive();
        assert_eq!(
            (response.status, response.field("Connection")),
            (status, Some("close"))
        );
        http.assert_closed();
    }
}

#[test]
fn expect_continue_gets_a_response_without_the_body() {
    let server = bundled();
    let mut http = HttpClient::new(server.addr());
    http.send("GET /Data-50KB.jpg HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    let response = http.receive();
    assert_eq!(
        (response.status, response.field("Connection")),
        (200, Some("close"))
    );
    http.assert_closed();
}
