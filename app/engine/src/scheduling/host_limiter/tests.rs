use std::sync::Arc;

use super::*;

fn clients<const N: usize>(limit: u16) -> [HostClient; N] {
    let limiter = Arc::new(HostLimiter::new(limit));
    [(); N].map(|()| HostClient::new(Arc::clone(&limiter), Arc::default()))
}

fn acquire(client: &HostClient, count: usize) -> Vec<HostPermit> {
    (0..count).map_while(|_| client.try_acquire("h")).collect()
}

#[test]
fn second_download_gets_half_of_the_permits() {
    let [first, second] = clients(16);
    let mut first_permits = acquire(&first, 20);
    assert_eq!(first_permits.len(), 16, "the first download takes all");
    assert!(second.try_acquire("h").is_none());
    assert!(
        second.try_acquire("other").is_some(),
        "the limit is per server"
    );
    let mut waiting: Vec<HostPermit> = (0..10).map(|_| second.enqueue("h")).collect();
    first_permits.retain(|permit| !permit.should_yield());
    assert_eq!(first_permits.len(), 8);
    let held = waiting
        .iter_mut()
        .filter_map(|permit| permit.try_acquire().then_some(()));
    assert_eq!(held.count(), 8);
    // Permits of an ended download go to the other.
    drop(waiting);
    assert_eq!(acquire(&first, 20).len(), 8);
}

#[test]
fn last_downloads_wait_when_there_are_more_than_permits() {
    let [a, b, c] = clients(2);
    let (first, second) = (a.try_acquire("h"), b.try_acquire("h"));
    let mut third = c.enqueue("h");
    assert!(!third.try_acquire());
    assert!(first.as_ref().is_some_and(|permit| !permit.should_yield()));
    let reason = c.wait_reason("h").unwrap();
    assert!(reason.contains("the limit of 2 to h"), "{reason}");
    drop(first);
    assert!(third.try_acquire());
    assert!(
        c.wait_reason("h")
            .is_some_and(|reason| reason.starts_with("Sharing"))
    );
    drop(second);
    assert_eq!(c.wait_reason("h"), None);
}

#[test]
fn lower_limit_applies_at_the_next_claim() {
    let [client] = clients(8);
    let mut permits = acquire(&client, 8);
    client.limiter.set_limit(3);
    permits.retain(|permit| !permit.should_yield());
    assert_eq!(permits.len(), 3);
    assert!(client.try_acquire("h").is_none());
}
