use std::time::{Duration, SystemTime};

use lanes_shared::checksum::Digest;
use lanes_shared::link::LinkProfile;
use lanes_shared::wire::Order;

use super::*;
use crate::model::checksum::Checksum;
use crate::model::command::DownloadId;
use crate::model::cookie_jar::CookieJar;
use crate::model::http_options::{Auth, HttpOptions, ProxyChoice};
use crate::model::lasting_id::LastingId;
use crate::model::piece_hashes::PieceHashes;
use crate::model::snapshot::DownloadState;
use crate::model::spec::Destination;
use crate::model::time_limits::TimeLimits;

fn saved(name: &str, state: DownloadState) -> SavedDownload {
    let source = format!("lanes://host:7/{name}").parse().unwrap();
    let spec = DownloadSpec {
        destination: Destination::Folder("/tmp/x".into()),
        connections: 20,
        order: Order::Shuffled(3),
        checksum: Some(Checksum::Sha256([7; 32])),
        name: Some(name.into()),
        len: Some(100),
        pieces: PieceHashes::new(60, vec![Checksum::Sha1([7; 20]); 2]).map(Arc::new),
        start_at: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(1_900_000_000)),
        lasting_id: Some(LastingId::random()),
        ..DownloadSpec::new(source)
    };
    // The file has a resolution of one millisecond.
    let added = SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_467_908_123);
    let snapshot = DownloadSnapshot {
        state,
        len: Some(100),
        done: 40,
        digest: Some(Digest([5; 32])),
        path: Some("/tmp/x/a.bin".into()),
        elapsed: Duration::from_millis(1234),
        ..DownloadSnapshot::requested(DownloadId(1), &spec, added)
    };
    (spec, snapshot, Some(RecordingId(7)))
}

fn serialized(list: &[SavedDownload]) -> Vec<u8> {
    let entries = list.iter();
    let entries = entries.map(|(spec, now, recording)| (spec, Arc::new(now.clone()), *recording));
    serialize(entries.collect::<Vec<_>>().into_iter())
}

#[test]
fn a_saved_list_is_restored_with_running_downloads_paused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/history.json");
    let (history, before, notice) = SavedDownloads::open(&path).unwrap();
    assert!(before.is_empty() && notice.is_none());
    let failed = DownloadState::Failed("the disk is full".into());
    let states = [
        DownloadState::Running,
        failed.clone(),
        DownloadState::Finished,
    ];
    let over_link = |state| {
        let (mut spec, mut now, recording) = saved("a.bin", state);
        spec.link = LinkProfile::from_toml("rtt_ms = 70").ok();
        now.link.clone_from(&spec.link);
        (spec, now, recording)
    };
    let list: Vec<SavedDownload> = states.map(over_link).into();
    history.close(serialized(&list));

    let (_history, restored, notice) = SavedDownloads::open(&path).unwrap();
    assert_eq!((restored.len(), notice), (3, None));
    let states: Vec<_> = restored
        .iter()
        .map(|(_, now, _)| now.state.clone())
        .collect();
    assert_eq!(
        states,
        [DownloadState::Paused, failed, DownloadState::Finished]
    );
    for ((expected, before, recording), (spec, now, restored)) in list.iter().zip(&restored) {
        assert_eq!(spec.source, expected.source);
        assert_eq!(spec.destination, expected.destination);
        assert_eq!((&spec.link, &now.link), (&expected.link, &before.link));
        assert_eq!(
            (spec.connections, spec.order),
            (expected.connections, expected.order)
        );
        assert_eq!(spec.checksum, expected.checksum);
        assert_eq!((&spec.name, spec.len), (&expected.name, expected.len));
        let is_unfinished = before.state != DownloadState::Finished;
        let pieces = expected.pieces.as_ref().filter(|_| is_unfinished);
        assert_eq!(spec.pieces.as_ref(), pieces, "saved while unfinished");
        assert_eq!((now.added, now.elapsed), (before.added, before.elapsed));
        assert_eq!(restored, recording);
        assert_eq!((&now.path, now.digest), (&before.path, before.digest));
    }
    assert_eq!((restored[0].1.done, restored[2].1.done), (40, 100));
}

#[test]
fn links_are_secrets_that_only_an_unfinished_download_keeps() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state/history.json");
    let link = "https://TOKEN@host/a.bin?signature=SECRET";
    let with_link = |state: DownloadState| {
        let (mut spec, mut now, _) = saved("a.bin", state);
        spec.source = link.parse().unwrap();
        spec.mirrors = vec!["https://mirror/a.bin?key=SECRET".parse().unwrap()];
        now.final_url = Some("https://cdn/a.bin?sig=…".to_owned());
        (spec, now, None)
    };
    for state in [DownloadState::Finished, DownloadState::Cancelled] {
        let (history, ..) = SavedDownloads::open(&path).unwrap();
        history.close(serialized(&[with_link(state.clone())]));
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            !text.contains("SECRET") && !text.contains("TOKEN"),
            "{text}"
        );
        let (_history, restored, _) = SavedDownloads::open(&path).unwrap();
        let (spec, now, _) = &restored[0];
        assert_eq!(now.state, state);
        assert_eq!(spec.source.to_string(), "https://host/a.bin?signature=…");
        assert_eq!(now.final_url.as_deref(), Some("https://cdn/a.bin?sig=…"));
    }
    for state in [
        DownloadState::Running,
        DownloadState::Paused,
        DownloadState::Failed("503".to_owned()),
    ] {
        let (history, ..) = SavedDownloads::open(&path).unwrap();
        history.close(serialized(&[with_link(state)]));
        let (_history, restored, _) = SavedDownloads::open(&path).unwrap();
        assert_eq!(restored[0].0.source.full_link(), link);
        let mirror = restored[0].0.mirrors[0].full_link();
        assert_eq!(mirror, "https://mirror/a.bin?key=SECRET");
    }
}

#[test]
fn http_options_are_kept_as_long_as_a_download_can_be_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.json");
    let cookies = CookieJar::default();
    let url = "https://host/".parse().unwrap();
    cookies.set(&url, b"sid=SECRET; Max-Age=3600");
    let http = HttpOptions {
        auth: Some(Auth::Basic("me".into(), "SECRET".into())),
        headers: vec![
            ("Referer".into(), "https://host/page?SECRET".into()),
            ("User-Agent".into(), "browser".into()),
            ("Cookie".into(), "a=SECRET".into()),
        ],
        cookies,
        proxy: ProxyChoice::Url("http://me:SECRET@proxy:1".into()),
        insecure: true,
        time_limits: TimeLimits {
            silence: Some(Duration::from_secs(7)),
            ..TimeLimits::default()
        },
        ..HttpOptions::default()
    };
    for (state, is_kept) in [
        (DownloadState::Running, true),
        (DownloadState::Paused, true),
        (DownloadState::Failed("503".to_owned()), true),
        (DownloadState::Finished, false),
        (DownloadState::Cancelled, false),
    ] {
        let (mut spec, now, _) = saved("a.bin", state);
        spec.source = "https://host/a.bin".parse().unwrap();
        spec.http = http.clone();
        spec.remote_time = true;
        let (history, ..) = SavedDownloads::open(&path).unwrap();
        history.close(serialized(&[(spec, now, None)]));
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.contains("SECRET"), is_kept);
        let (_history, restored, _) = SavedDownloads::open(&path).unwrap();
        let spec = &restored[0].0;
        assert!(spec.remote_time);
        let sends = restored[0].1.sends.join(", ");
        if !is_kept {
            assert!(spec.http.is_default() && sends.is_empty());
            continue;
        }
        assert_eq!(sends, "Referer, User-Agent, Cookie, credentials");
        let field = spec.http.cookies.field(&url, &[]).unwrap();
        assert_eq!(field, b"sid=SECRET");
        let restored = HttpOptions {
            cookies: http.cookies.clone(),
            ..spec.http.clone()
        };
        assert_eq!(restored, http);
    }
}

#[cfg(unix)]
#[test]
fn other_users_cannot_read_the_list() {
    use std::os::unix::fs::PermissionsExt as _;

    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path().join("state");
    let path = folder.join("history.json");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let list = serialized(&[saved("a.bin", DownloadState::Paused)]);
    let (history, ..) = SavedDownloads::open(&path).unwrap();
    history.close(list.clone());
    assert_eq!((mode(&folder), mode(&path)), (0o700, 0o600));
    assert_eq!(mode(&with_suffix(&path, ".lock")), 0o600);
    // As an earlier version left it.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let (history, restored, _) = SavedDownloads::open(&path).unwrap();
    assert_eq!((mode(&path), restored.len()), (0o600, 1));
    drop(history);
    fs::write(&path, "broken").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let _opened = SavedDownloads::open(&path).unwrap();
    assert_eq!(mode(&with_suffix(&path, ".broken")), 0o600);
}

#[test]
fn a_broken_list_is_renamed_and_a_broken_entry_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.json");
    let valid = serialized(&[saved("a.bin", DownloadState::Paused)]);
    let newer_version = String::from_utf8(valid.clone())
        .unwrap()
        .replace("\"version\":1", "\"version\":9");
    for broken in [
        &valid[..valid.len() / 2],
        b"",
        b"[]",
        newer_version.as_bytes(),
    ] {
        fs::write(&path, broken).unwrap();
        let (history, restored, notice) = SavedDownloads::open(&path).unwrap();
        assert!(restored.is_empty() && notice.unwrap().contains("history.json.broken"));
        assert_eq!(fs::read(with_suffix(&path, ".broken")).unwrap(), broken);
        assert!(!path.exists());
        history.close(valid.clone());
    }
    let two = serialized(&[
        saved("a.bin", DownloadState::Paused),
        saved("b.bin", DownloadState::Paused),
    ]);
    let one_is_bad = String::from_utf8(two)
        .unwrap()
        .replace("lanes://host:7/a.bin", "gopher://a");
    fs::write(&path, one_is_bad).unwrap();
    let (_history, restored, notice) = SavedDownloads::open(&path).unwrap();
    assert_eq!((restored.len(), notice), (1, None));
    assert_eq!(restored[0].1.name, "b.bin");
}

#[test]
fn a_second_program_does_not_overwrite_the_list_of_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.json");
    let first = SavedDownloads::open(&path).unwrap();
    assert!(
        SavedDownloads::open(&path)
            .is_err_and(|error| error.to_string().contains("another Lanes window"))
    );
    drop(first);
    assert!(SavedDownloads::open(&path).is_ok());
}

#[test]
fn only_the_newest_downloads_are_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.json");
    let all: Vec<SavedDownload> = (0..MAX_DOWNLOADS + 5)
        .map(|i| saved(&format!("{i}.bin"), DownloadState::Finished))
        .collect();
    let (history, ..) = SavedDownloads::open(&path).unwrap();
    history.close(serialized(&all));
    let (_history, restored, _) = SavedDownloads::open(&path).unwrap();
    assert_eq!(restored.len(), MAX_DOWNLOADS);
    let last = format!("{}.bin", MAX_DOWNLOADS + 4);
    assert_eq!(restored[0].1.name, "5.bin");
    assert_eq!(restored.last().unwrap().1.name, last);
}

#[test]
fn downloads_that_have_not_ended_are_saved_before_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.json");
    let state = |i| match i {
        0 | 7 => DownloadState::Paused,
        _ => DownloadState::Finished,
    };
    let all: Vec<SavedDownload> = (0..MAX_DOWNLOADS + 5)
        .map(|i| saved(&format!("{i}.bin"), state(i)))
        .collect();
    let (history, ..) = SavedDownloads::open(&path).unwrap();
    history.close(serialized(&all));
    let (_history, restored, _) = SavedDownloads::open(&path).unwrap();
    let first: Vec<_> = restored
        .iter()
        .take(4)
        .map(|one| one.1.name.as_str())
        .collect();
    assert_eq!(first, ["0.bin", "6.bin", "7.bin", "8.bin"]);
    assert_eq!(restored.len(), MAX_DOWNLOADS);
}
