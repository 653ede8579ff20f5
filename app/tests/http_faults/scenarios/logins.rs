//! Cookies and logins on the way to the file.

use crate::scenario::{Action, Scenario, When};

/// The login of all scenarios.
const LOGIN: &[&str] = &["--user", "lara:hush-hush"];

pub fn scenarios() -> Vec<Scenario> {
    [cookies(), digests(), refusals()].concat()
}

fn cookies() -> Vec<Scenario> {
    let new = Scenario::new;
    let seen = Action::AddHeader("Set-Cookie", "seen=1; Path=/; HttpOnly");
    vec![
        new("cookie of a redirect to itself")
            .at("/dl/file.bin")
            .when(
                When::WithoutField("", "cookie", "seen=1"),
                [Action::Redirect(307, "/dl/file.bin"), seen],
            )
            .saved_as("file.bin"),
        new("cookie of a chain of redirects")
            .at("/hop/8")
            .when(When::PathPrefix("/hop"), [Action::RedirectChain, seen])
            .when(
                When::WithoutField("/file.bin", "cookie", "seen=1"),
                [Action::Status(403)],
            )
            .fault_optional(),
        new("cookie of a page below another path")
            .at("/login/go")
            .when(
                When::PathPrefix("/login"),
                [
                    Action::Redirect(302, "/file.bin"),
                    Action::AddHeader("Set-Cookie", "page=1"),
                ],
            )
            .when(When::WithField("cookie", "page"), [Action::Status(403)])
            .fault_optional(),
        new("cookie that each answer changes")
            .always([Action::AddHeader("Set-Cookie", "sid=2; Path=/")])
            .when(
                When::WithoutField("", "cookie", "sid="),
                [
                    Action::Redirect(302, "/file.bin"),
                    Action::AddHeader("Set-Cookie", "sid=1; Path=/"),
                ],
            ),
        new("cookie of the user that the server replaces")
            .args(&["--cookie", "sid=old; lang=en"])
            .when(
                When::WithField("cookie", "sid=old"),
                [
                    Action::Redirect(302, "/file.bin"),
                    Action::AddHeader("Set-Cookie", "sid=new; Path=/"),
                ],
            )
            .when(
                When::WithoutField("", "cookie", "lang=en"),
                [Action::Status(403)],
            )
            .fault_optional(),
        new("cookie stays with its host")
            .at("/go")
            .when(
                When::PathPrefix("/go"),
                [Action::Redirect(302, "http://{other}/file.bin"), seen],
            )
            .when(When::WithField("cookie", "seen"), [Action::Status(403)])
            .fault_optional(),
        new("cookie for the sites of others")
            .at("/go")
            .when(
                When::PathPrefix("/go"),
                [
                    Action::Redirect(302, "/file.bin"),
                    Action::AddHeader("Set-Cookie", "wide=1; Path=/; Domain=1"),
                ],
            )
            .when(When::WithField("cookie", "wide"), [Action::Status(403)])
            .fault_optional(),
    ]
}

fn digests() -> Vec<Scenario> {
    let digest = |name, challenge| {
        let challenge = Action::AddHeader("WWW-Authenticate", challenge);
        Scenario::new(name).args(LOGIN).when(
            When::WithoutDigest("lara", "hush-hush"),
            [Action::Status(401), challenge],
        )
    };
    let stale = "Digest realm=\"r\", nonce=\"n2\", qop=\"auth\", stale=true";
    vec![
        digest(
            "Digest with MD5",
            "Digest realm=\"my \\\"files\\\"\", nonce=\"n1==\", qop=\"auth,auth-int\", opaque=\"o\"",
        ),
        digest(
            "Digest with MD5-sess",
            "Digest realm=\"r\", nonce=\"n1\", qop=auth, algorithm=MD5-sess",
        ),
        digest(
            "Digest with SHA-256",
            "Digest realm=\"r\", nonce=\"n1\", qop=\"auth\", algorithm=SHA-256",
        ),
        digest("Digest of RFC 2069", "Digest realm=\"r\", nonce=\"n1\""),
        Scenario::new("Digest with a user name beyond ASCII")
            .args(&["--user", "l\u{e1}ra:h\u{fc}sh"])
            .when(
                When::WithoutDigest("l\u{e1}ra", "h\u{fc}sh"),
                [
                    Action::Status(401),
                    Action::AddHeader(
                        "WWW-Authenticate",
                        "Digest realm=\"r\", nonce=\"n1\", qop=\"auth\", charset=UTF-8",
                    ),
                ],
            ),
        Scenario::new("Digest with a cookie of the challenge")
            .args(LOGIN)
            .when(
                When::WithoutField("", "cookie", "seen=1"),
                [Action::Status(403)],
            )
            .when(
                When::WithoutDigest("lara", "hush-hush"),
                [
                    Action::Status(401),
                    Action::AddHeader("Set-Cookie", "seen=1; Path=/"),
                    Action::AddHeader(
                        "WWW-Authenticate",
                        "Digest realm=\"r\", nonce=\"n1\", qop=\"auth\"",
                    ),
                ],
            ),
        digest(
            "Digest with a realm that is not ASCII",
            "Digest realm=\"caf\u{e9}\", nonce=\"n1\", qop=\"auth\"",
        )
        .fails(&["not ascii"]),
        digest(
            "Digest beside other schemes",
            "Negotiate, NTLM, Digest realm=\"r\", nonce=\"n1\", qop=\"auth\"",
        ),
        digest(
            "Digest with a nonce that becomes stale",
            "Digest realm=\"r\", nonce=\"n1\", qop=\"auth\"",
        )
        .when(
            When::WithField("authorization", "nc=00000003"),
            [
                Action::Status(401),
                Action::AddHeader("WWW-Authenticate", stale),
            ],
        )
        .fault_optional(),
    ]
}

fn refusals() -> Vec<Scenario> {
    let refused = |name, challenge| {
        let challenge = Action::AddHeader("WWW-Authenticate", challenge);
        Scenario::new(name)
            .args(LOGIN)
            .always([Action::Status(401), challenge])
    };
    vec![
        refused("login with NTLM only", "NTLM").fails(&["asks for ntlm"]),
        refused("login with Negotiate only", "Negotiate, NTLM").fails(&["negotiate or ntlm"]),
        refused(
            "login with Digest that is not spoken",
            "Digest realm=\"r\", nonce=\"n\", algorithm=SHA-1",
        )
        .fails(&["digest sha-1"]),
        refused(
            "Digest with a wrong password",
            "Digest realm=\"r\", nonce=\"n\", qop=\"auth\"",
        )
        .fails(&["401"]),
    ]
}
