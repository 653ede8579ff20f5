//! Plain HTTP through a proxy: the server is the proxy of a host that does not exist.

use crate::scenario::{Action, Scenario, When};

const HOST: &str = "http://files.example/";
const FILE: &str = "http://files.example/file.bin";
/// The variable of a proxy that does not exist, and its value.
const NO_SUCH: &str = "http_proxy";
const GONE: &str = "127.0.0.1:1";
const PROXY: &[(&str, &str)] = &[("http_proxy", "http://{here}")];

pub fn scenarios() -> Vec<Scenario> {
    let new = |name| Scenario::new(name).url(FILE).env(PROXY);
    let via = Action::SetHeader("Via", "1.1 proxy");
    let asks = |scheme| Action::AddHeader("Proxy-Authenticate", scheme);
    vec![
        new("proxy that passes plain HTTP on").when(When::PathPrefix(HOST), [via]),
        new("proxy named by all_proxy")
            .env(&[
                ("all_proxy", "{here}"),
                ("https_proxy", "http://127.0.0.1:1"),
            ])
            .when(When::PathPrefix(HOST), [via]),
        new("proxy with a login")
            .env(&[("http_proxy", "http://lara:hush%2Dhush@{here}")])
            .when(
                When::WithoutField("", "proxy-authorization", "Basic bGFyYTpodXNoLWh1c2g="),
                [Action::Status(407), asks("Basic realm=\"proxy\"")],
            )
            .fault_optional(),
        new("proxy that redirects within the host").when(
            When::WithoutField(HOST, "cookie", "seen=1"),
            [
                Action::Redirect(302, "/file.bin"),
                Action::AddHeader("Set-Cookie", "seen=1; Path=/"),
            ],
        ),
        new("proxy that closes after each answer").when(
            When::PathPrefix(HOST),
            [Action::SetHeader("Connection", "close")],
        ),
        new("proxy that wants a login")
            .always([Action::Status(407), asks("Basic realm=\"proxy\"")])
            .fails(&["requires authentication (407)"]),
        new("proxy that wants NTLM")
            .always([Action::Status(407), asks("NTLM")])
            .fails(&["asks for ntlm (407)"]),
        new("proxy that refuses")
            .always([Action::Status(403)])
            .fails(&["403"]),
        left_out("host that no_proxy leaves out")
            .env(&[(NO_SUCH, GONE), ("no_proxy", "localhost, 127.0.0.1")]),
        left_out("network that no_proxy leaves out")
            .env(&[(NO_SUCH, GONE), ("NO_PROXY", "10.0.0.0/8 127.0.0.0/8")]),
        left_out("all hosts that no_proxy leaves out").env(&[(NO_SUCH, GONE), ("no_proxy", "*")]),
    ]
}

/// A scenario whose proxy does not exist, and is left out for the server.
fn left_out(name: &'static str) -> Scenario {
    Scenario::new(name).always([Action::SetHeader("Via", "none")])
}
