//! The queue of the hasher.

use super::bundled;
use super::common::{Client, open};
use lanes_shared::wire::{Refusal, Reply, Request};

#[test]
fn idle_clients_with_huge_samples_do_not_keep_a_digest_from_others() {
    let server = bundled(256);
    let mut idle: Vec<_> = (0..64).map(|_| Client::new(server.addr())).collect();
    for (i, client) in idle.iter_mut().enumerate() {
        client.open(&format!("sample-{}GB.bin", 900 + i), 65_536);
    }
    let mut client = Client::new(server.addr());
    client.request(&[open("Data.jpg", 65_536), Request::Digest]);
    client.opened();
    // The tenth progress report comes after ten seconds.
    let is_known = (0..10).any(|_| {
        matches!(
            client.reply(),
            Reply::DigestIs {
                digest: Some(_),
                ..
            }
        )
    });
    assert!(is_known);
}

#[test]
fn long_names_of_samples_are_refused() {
    let server = bundled(256);
    let mut client = Client::new(server.addr());
    for name in [
        format!("sample-{:060}B.bin", 7),
        format!("sample-{:05}B.bin", 7),
        format!("sample-7B.bin{}", "x".repeat(5000)),
    ] {
        client.request(&[open(&name, 65_536)]);
        assert_eq!(client.refusal().0, Refusal::NoSuchFile, "{name}");
    }
    assert_eq!(client.open("sample-7B.bin", 65_536).len, 7);
}
