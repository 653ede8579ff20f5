use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::model::checksum::Checksum;
use crate::model::http_options::Auth;
use crate::model::http_options::HttpOptions;
use crate::model::source_url::Source;

const HEX: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn document(inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<metalink xmlns=\"{NAMESPACE}\">{inside}</metalink>\n"
    )
}

fn one(inside: &str) -> MetalinkFile {
    let text = document(&format!("<file name=\"a.iso\">{inside}</file>"));
    let mut files = parse(&text).unwrap();
    assert_eq!(files.len(), 1);
    files.remove(0)
}

fn urls(file: &MetalinkFile) -> Vec<String> {
    file.sources.iter().map(Source::full_link).collect()
}

#[test]
fn the_example_of_the_rfc_is_parsed() {
    // RFC 5854, 1.2, with a hash of the correct length.
    let files = parse(&document(&format!(
        r#"<published>2009-05-15T12:23:23Z</published>
        <file name="example.ext">
          <size>14471447</size>
          <identity>Example</identity>
          <version>1.0</version>
          <language>en</language>
          <description>A description of the example file for download.</description>
          <hash type="sha-256">{HEX}</hash>
          <url location="de" priority="1">ftp://ftp.example.com/example.ext</url>
          <url location="fr" priority="1">http://example.com/example.ext</url>
          <metaurl mediatype="torrent" priority="2">http://example.com/example.ext.torrent</metaurl>
        </file>"#
    )))
    .unwrap();
    let [file] = &files[..] else {
        panic!("{files:?}")
    };
    assert_eq!(
        (file.name.as_str(), file.len),
        ("example.ext", Some(14_471_447))
    );
    assert_eq!(urls(file), ["http://example.com/example.ext"]);
    assert_eq!(file.checksum, format!("sha-256:{HEX}").parse().ok());
    assert_eq!(
        file.notices,
        ["2 URLs of example.ext left out: not http:// or https://"]
    );
}

#[test]
fn urls_are_sorted_by_priority_without_duplicates() {
    let file = one(
        "<url>http://last/</url><url priority='2'>https://b/?x=1&amp;y=&#50;</url>
        <url priority='1'> http://a/ </url><url priority='2'><![CDATA[http://c/]]></url>
        <url priority='0x'>http://later/</url><url>http://a/</url>",
    );
    let expected = [
        "http://a/",
        "https://b/?x=1&y=2",
        "http://c/",
        "http://last/",
        "http://later/",
    ];
    assert_eq!(urls(&file), expected);
}

#[test]
fn the_strongest_hash_is_used_and_unsupported_ones_are_reported() {
    let long = format!("{HEX}{HEX}");
    let file = one(&format!(
        "<hash type='sha-1'>{}</hash><hash type='sha-512'>{long}</hash><hash type='md5'>00</hash><hash type='sha-256'>{HEX}</hash>",
        &HEX[..40]
    ));
    assert_eq!(file.checksum.as_ref().map(Checksum::name), Some("SHA-512"));
    assert!(file.notices.is_empty(), "{:?}", file.notices);
    let weak = "<hash type='md5'>900150983cd24fb0d6963f7d28e17f72</hash>";
    let file = one(weak);
    assert_eq!(file.checksum.as_ref().map(Checksum::name), Some("MD5"));
    let file = one(&format!("{weak}<hash type='sha-1'>{}</hash>", &HEX[..40]));
    assert_eq!(file.checksum.as_ref().map(Checksum::name), Some("SHA-1"));
    let file = one("<hash type='md4'>900150983cd24fb0d6963f7d28e17f72</hash>");
    assert_eq!(file.checksum, None);
    assert!(file.notices[0].contains("md4"), "{:?}", file.notices);
}

#[test]
fn piece_hashes_must_fit_the_file() {
    let pieces = |kind: &str, hex: &str, count| {
        format!(
            "<pieces length='10' type='{kind}'>{}</pieces>",
            format!("<hash>{hex}</hash>").repeat(count)
        )
    };
    let both = pieces("sha-1", &HEX[..40], 3) + &pieces("sha-256", HEX, 3);
    let file = one(&format!("{both}<size>25</size>"));
    let found = file.pieces.unwrap();
    assert_eq!((found.count(), found.name()), (3, "SHA-256"));
    for wrong in [
        format!("<size>31</size>{both}"),
        format!(
            "<size>25</size>{}",
            pieces("sha-256", HEX, 3).replace("'10'", "'0'")
        ),
    ] {
        let file = one(&wrong);
        assert_eq!(file.pieces, None);
        assert!(file.notices[0].contains("do not fit"), "{:?}", file.notices);
    }
    assert_eq!(one(&pieces("md5", "00", 3)).pieces, None);
}

#[test]
fn names_are_made_safe_and_prefixes_are_resolved() {
    let text = format!(
        "<m:metalink xmlns:m='{NAMESPACE}' xmlns:x='urn:x'><x:file name='no'/><m:file name='../../.etc/pass\u{7}wd'><x:url>http://no/</x:url><m:url>http://a/</m:url></m:file></m:metalink>"
    );
    let files = parse(&text).unwrap();
    assert_eq!(files.len(), 1);
    assert_eq!(
        (files[0].name.as_str(), urls(&files[0])),
        ("passwd", vec!["http://a/".to_owned()])
    );
}

#[test]
fn invalid_files_are_rejected_with_a_reason() {
    for (text, words) in [
        ("", "well-formed XML"),
        ("hello", "well-formed XML"),
        ("<html><body/></html>", "<html>"),
        ("<metalink/>", "<metalink>"),
        (
            "<metalink version='3.0' xmlns='http://www.metalinker.org/'/>",
            "Metalink 3",
        ),
        (&document(""), "names no file"),
        (&document("<file name='a'>"), "well-formed XML"),
        (
            &document("<file name='a'><url>&bomb;</url></file>"),
            "entity",
        ),
        (
            &document(&"<file/>".repeat(MAX_FILES + 1)),
            "more than 1000",
        ),
        (&document(&" ".repeat(MAX_LEN as usize)), "more than 4 MiB"),
    ] {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.contains(words), "{words}: {error}");
    }
    assert_eq!(
        parse_bytes(vec![0xff, 0xfe, 0], &CancelToken::default()),
        Err(MetalinkError::NotUtf8)
    );
}

/// Returns the processor time of this thread: other work on the machine does not count. Zero where the system
/// does not tell.
fn processor_time() -> Duration {
    #[cfg(unix)]
    {
        use rustix::time::{ClockId, clock_gettime};
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    }
    #[cfg(not(unix))]
    Duration::ZERO
}

#[test]
fn hostile_files_are_parsed_in_bounded_time() {
    let deep = "<a>".repeat(1 << 20);
    let many = format!(
        "<file {}/>",
        (0..200_000)
            .map(|i| format!("a{i}='' "))
            .collect::<String>()
    );
    let started = processor_time();
    for inside in [deep, many, "<file><url>&amp;".repeat(100_000)] {
        let _ = parse(&document(&inside));
    }
    let elapsed = processor_time() - started;
    assert!(elapsed.as_secs() < 20, "{elapsed:?}");
}

#[test]
fn many_links_are_parsed_in_linear_time() {
    let links = |from: usize, count: usize, priority: &str| -> String {
        let link = |i| format!("<url{priority}>http://h{i}/a</url>");
        (from..from + count).map(link).collect()
    };
    let same = "<url>http://h0/a</url>".repeat(50_000);
    let best = links(7, 1, " priority='1'");
    let started = processor_time();
    let file = one(&format!("{same}{}{best}", links(0, 60_000, "")));
    let elapsed = processor_time() - started;
    assert!(elapsed.as_secs() < 10, "{elapsed:?}");
    let kept = urls(&file);
    assert_eq!(kept.len(), 64);
    assert_eq!(kept[..3], ["http://h7/a", "http://h0/a", "http://h1/a"]);
    assert_eq!(
        file.notices,
        ["a.iso has 60000 sources; only the first 64 are used"]
    );
}

#[test]
fn a_cancelled_parser_stops() {
    let cancel = CancelToken::default();
    cancel.cancel();
    let text = document("<file name='a'><url>http://a/</url></file>");
    assert_eq!(
        parse_bytes(text.into_bytes(), &cancel),
        Err(MetalinkError::Cancelled)
    );
}

#[test]
fn names_of_hashes_cannot_forge_a_line() {
    let kinds = (0..50).map(|i| {
        format!(
            "<hash type='m{i}&#10;Saved\u{202e}{}'>00</hash>",
            "x".repeat(99)
        )
    });
    let notices = one(&kinds.collect::<String>()).notices;
    assert_eq!(notices.len(), 1);
    assert!(notices[0].len() < 300, "{}", notices[0]);
    assert!(!notices[0].contains(['\n', '\u{202e}']), "{:?}", notices[0]);
}

#[test]
fn a_specification_has_all_known_metadata() {
    let file = one(&format!(
        "<size>3</size><hash type='sha-256'>{HEX}</hash><url>http://a/x</url><url>http://b/y</url><pieces length='2' type='sha-256'><hash>{HEX}</hash><hash>{HEX}</hash></pieces>"
    ));
    let spec = file.to_spec().unwrap();
    assert_eq!(spec.source.to_string(), "http://a/x");
    assert_eq!((spec.mirrors.len(), spec.len), (1, Some(3)));
    assert_eq!(spec.file_name(), "a.iso");
    assert!(spec.checksum.is_some() && spec.pieces.is_some());
    let error = one("<url>ftp://a/x</url>").to_spec().unwrap_err();
    assert!(error.to_string().contains("a.iso"), "{error}");
}

#[test]
fn credentials_are_not_sent_to_other_servers() {
    let secret = || HttpOptions {
        auth: Some(Auth::Bearer("secret".into())),
        ..HttpOptions::default()
    };
    let source = |text: &str| text.parse::<Source>().unwrap();
    let kept = |file: &MetalinkFile, from: Option<&str>| {
        let mut options = secret();
        let stripped = file.strip_credentials(&mut options, from.map(source).as_ref());
        assert_eq!(stripped, options.auth.is_none());
        !stripped
    };
    let same = one("<url>http://a/x</url><url>http://a:80/y</url>");
    assert!(kept(&same, Some("http://a/m.meta4")));
    // Only the file on the disk names the server.
    assert!(!kept(&same, None) && !kept(&one("<url>http://a/x</url>"), None));
    assert!(!kept(&same, Some("https://a/m.meta4")));
    assert!(!kept(
        &one("<url>http://a/x</url><url>http://b/x</url>"),
        None
    ));
    let uses_netrc = |file: &MetalinkFile, from: Option<&str>| {
        let mut options = HttpOptions {
            netrc: true,
            ..HttpOptions::default()
        };
        let stripped = file.strip_credentials(&mut options, from.map(source).as_ref());
        assert_eq!(stripped, !options.netrc);
        options.netrc
    };
    assert!(uses_netrc(&same, Some("http://a/m.meta4")));
    assert!(!uses_netrc(&same, None) && !uses_netrc(&same, Some("http://b/m.meta4")));
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "(<|>|/|file|hash|pieces|url|size|metalink| |=|'|\"|&|;|name|type|length|!|\\[CDATA\\[|\\]\\]|[0-9]{1,30}|\\PC){0,80}") {
        let _ = parse(&text);
        let files = parse(&document(&text));
        let within = parse(&document(&format!("<file name='a'>{text}</file>")));
        for file in files.into_iter().chain(within).flatten() {
            prop_assert!(!file.name.is_empty() && !file.name.contains(['/', '\\']));
            prop_assert!(file.to_spec().is_err() || !file.sources.is_empty());
        }
    }
}
