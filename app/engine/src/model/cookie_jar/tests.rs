//! Tests of the jar.

use super::*;

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

/// Returns the field of a request as a text.
fn field(jar: &CookieJar, url: &Url, given: &[&str]) -> Option<String> {
    let field = jar.field(url, given)?;
    Some(String::from_utf8(field).unwrap())
}

/// Returns the field of a request to `to` after `from` has set `cookie`.
fn sent(from: &str, cookie: &str, to: &str) -> String {
    let jar = CookieJar::default();
    jar.set(&url(from), cookie.as_bytes());
    field(&jar, &url(to), &[]).unwrap_or_default()
}

#[test]
fn cookies_go_where_their_server_may_send_them() {
    for (from, cookie, to, field) in [
        ("http://h.example/a/b", "s=1", "http://h.example/a/c", "s=1"),
        ("http://h.example/a/b", "s=1", "http://h.example/c", ""),
        (
            "http://h.example/a/b",
            "s=1; Path=/",
            "http://h.example:81/c",
            "s=1",
        ),
        (
            "http://h.example/",
            "s=1; Path=/",
            "https://h.example/c",
            "s=1",
        ),
        (
            "http://h.example/",
            "s=\"a b\"; Path=/",
            "http://h.example/",
            "s=\"a b\"",
        ),
        (
            "http://h.example/",
            "s=1; Path=/ab",
            "http://h.example/abc",
            "",
        ),
        ("http://h.example/", "s=1", "http://a.h.example/", ""),
        ("http://h.example/", "s=1", "http://other.example/", ""),
        (
            "http://w.site.org/",
            "s=1; Domain=site.org",
            "http://dl.site.org/",
            "s=1",
        ),
        (
            "http://w.site.org/",
            "s=1; Domain=.site.org",
            "http://site.org/",
            "s=1",
        ),
        (
            "http://w.site.org/",
            "s=1; Domain=dl.site.org",
            "http://dl.site.org/",
            "",
        ),
        (
            "http://w.site.org/",
            "s=1; Domain=site.org",
            "http://mysite.org/",
            "",
        ),
        (
            "http://w.site.org/",
            "s=1; Domain=org",
            "http://other.org/",
            "",
        ),
        (
            "http://a.co.uk/",
            "s=1; Domain=co.uk",
            "http://b.co.uk/",
            "",
        ),
        (
            "http://a.github.io/",
            "s=1; Domain=github.io",
            "http://b.github.io/",
            "",
        ),
        (
            "http://localhost/",
            "s=1; Domain=localhost",
            "http://localhost/",
            "s=1",
        ),
        (
            "http://127.0.0.1/",
            "s=1; Domain=127.0.0.1",
            "http://127.0.0.1/",
            "s=1",
        ),
        (
            "http://127.0.0.1/",
            "s=1; Domain=0.0.1",
            "http://127.0.0.1/",
            "",
        ),
        (
            "https://h.example/",
            "s=1; Secure",
            "https://h.example/",
            "s=1",
        ),
        ("https://h.example/", "s=1; Secure", "http://h.example/", ""),
        ("http://h.example/", "s=1; Secure", "https://h.example/", ""),
        (
            "https://h.example/",
            "__Host-s=1; Secure; Path=/",
            "https://h.example/",
            "__Host-s=1",
        ),
        (
            "https://h.example/",
            "__Host-s=1; Path=/",
            "https://h.example/",
            "",
        ),
        (
            "https://h.example/",
            "__Secure-s=1",
            "https://h.example/",
            "",
        ),
        (
            "http://h.example/",
            "s=1; Max-Age=0",
            "http://h.example/",
            "",
        ),
        (
            "http://h.example/",
            "s=1; Max-Age=60; HttpOnly",
            "http://h.example/",
            "s=1",
        ),
        (
            "http://h.example/",
            "s=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            "http://h.example/",
            "",
        ),
        (
            "http://h.example/",
            "s=1; Expires=Wed, 01-Jan-2098 00:00:00 GMT",
            "http://h.example/",
            "s=1",
        ),
        ("http://h.example/", "nothing", "http://h.example/", ""),
        ("http://h.example/", "", "http://h.example/", ""),
    ] {
        assert_eq!(sent(from, cookie, to), field, "{from}, {cookie}, {to}");
    }
}

#[test]
fn the_server_replaces_its_own_and_the_users_cookies() {
    let (jar, here) = (CookieJar::default(), url("http://h.example/a/b"));
    jar.set(&here, b"sid=1; Path=/");
    jar.set(&here, b"deep=2; Path=/a");
    jar.set(&here, b"sid=3; Path=/");
    let both = field(&jar, &here, &["sid=old; lang=en;", "x"]);
    assert_eq!(both.as_deref(), Some("lang=en; x; deep=2; sid=3"));
    jar.set(&here, b"sid=; Path=/; Max-Age=0");
    assert_eq!(field(&jar, &here, &[]).as_deref(), Some("deep=2"));
    assert!(!format!("{jar:?}").contains("deep"));
}

#[test]
fn files_are_read_into_a_jar_and_written_from_it() {
    let line = |domain: &str, for_subdomains, expires| FileCookie {
        domain: domain.into(),
        for_subdomains,
        path: "/".into(),
        secure: domain == "site.org",
        http_only: true,
        expires,
        name: "s".into(),
        value: "a=\"b c\"%".into(),
    };
    let later = now() + 1000;
    let jar = CookieJar::default();
    let kept = [
        line("site.org", true, later),
        line("127.0.0.1", false, 0),
        line("::1", true, 0),
    ];
    assert!(kept.iter().all(|cookie| jar.add(cookie)));
    assert!(jar.add(&line("old.example", true, 1)));
    assert!(!jar.add(&line("no host", true, 0)));
    let sent = |to: &str| field(&jar, &url(to), &[]);
    assert_eq!(
        sent("https://dl.site.org/x").as_deref(),
        Some("s=a=\"b c\"%")
    );
    assert_eq!(sent("http://dl.site.org/x"), None);
    assert!(sent("http://127.0.0.1:81/x").is_some() && sent("http://[::1]/").is_some());
    let file = jar.to_file();
    assert_eq!(file.len(), kept.len(), "{file:?}");
    let of_site = file.iter().find(|cookie| cookie.domain == "site.org");
    assert!(of_site.is_some_and(|cookie| (cookie.expires - later).abs() <= 1));
    assert!(file.iter().any(|cookie| *cookie == kept[1]));
}

#[test]
fn bytes_that_are_not_utf_8_come_back_as_they_are() {
    let (jar, here) = (CookieJar::default(), url("http://h.example/"));
    jar.set(&here, b"s=\xe9\x80x; Path=/");
    let sent = jar.field(&here, &["t=\u{f7e9}"]).unwrap();
    assert_eq!(sent, b"t=\xef\x9f\xa9; s=\xe9\x80x");
    let long = [&b"l="[..], &[0xe9; 4090]].concat();
    jar.set(&here, &long);
    assert!(jar.field(&here, &[]).unwrap().len() > 4090);
}
