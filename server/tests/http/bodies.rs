//! Bodies of requests, which nobody here needs (RFC 9112, 6; RFC 9110, 10.1.1).

use super::bundled;
use super::common::http::Web;

#[test]
fn bodies_are_passed_over_in_bounds() {
    let server = bundled();
    let mut web = Web::new(server.addr());
    web.say("GET /Data-50KB.jpg HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
    assert_eq!(web.hear().status, 200);
    web.say("POST /Data-50KB.jpg HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
    assert_eq!(web.hear().status, 405);
    // What looks like a request inside a body is none.
    let inner = "GET /inner HTTP/1.1\r\nHost: x\r\n\r\n";
    web.say(format!(
        "PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{inner}",
        inner.len()
    ));
    assert_eq!(web.hear().status, 405);
    assert_eq!(web.get("/Data-50KB.jpg", "").status, 200);

    for (method, status) in [("GET", 413), ("POST", 405)] {
        let mut web = Web::new(server.addr());
        web.say(format!(
            "{method} /x HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n"
        ));
        let response = web.hear();
        assert_eq!(
            (response.status, response.field("Connection")),
            (status, Some("close"))
        );
        web.ends();
    }
}

#[test]
fn who_waits_to_send_a_body_is_answered_without_it() {
    let server = bundled();
    let mut web = Web::new(server.addr());
    web.say("GET /Data-50KB.jpg HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    let response = web.hear();
    assert_eq!(
        (response.status, response.field("Connection")),
        (200, Some("close"))
    );
    web.ends();
}
