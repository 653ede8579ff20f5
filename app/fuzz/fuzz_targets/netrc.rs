//! The netrc file of the user: whatever it holds, it is read or refused, and a quoted word is read as it
//! was written.

#![no_main]
#![allow(dead_code, reason = "only the parser is used")]

#[path = "../../engine/src/protocol/http/client/netrc.rs"]
mod netrc;

use libfuzzer_sys::fuzz_target;
use netrc::Netrc;

fuzz_target!(|content: &[u8]| {
    if let Ok(netrc) = Netrc::parse(content) {
        for user in [None, Some("me")] {
            let with_default = netrc.find("h", user, true);
            let named = netrc.find("h", user, false);
            assert!(with_default.is_some() || named.is_none());
        }
    }
    let mut quoted = b"machine h login me password \"".to_vec();
    for byte in content {
        if matches!(byte, b'"' | b'\\') {
            quoted.push(b'\\');
        }
        quoted.push(*byte);
    }
    quoted.push(b'"');
    let netrc = Netrc::parse(&quoted).ok().expect("a closed quote");
    let login = netrc.find("h", None, false).expect("an entry");
    assert_eq!(login.password, content);
});
