use proptest::prelude::*;

use super::*;

fn check(cases: &[(&[u8], Option<&str>)]) {
    for (header, name) in cases {
        let text = String::from_utf8_lossy(header);
        assert_eq!(file_name(header).as_deref(), *name, "{text}");
    }
}

#[test]
fn names_are_read_in_all_forms_that_servers_send() {
    check(&[
        (b"attachment; filename=\"a b.zip\"", Some("a b.zip")),
        (b"attachment; filename=plain.zip", Some("plain.zip")),
        (b"attachment;filename=a.zip;size=5", Some("a.zip")),
        (b"attachment; FileName=\"x\\\"y.zip\"", Some("x\"y.zip")),
        (
            b"attachment; filename=\"C:\\dir\\f.txt\"",
            Some("C:\\dir\\f.txt"),
        ),
        (
            b"inline; filename=\"e.jpg\"; filename*=UTF-8''%e2%82%ac.jpg",
            Some("\u{20ac}.jpg"),
        ),
        (
            b"attachment; filename*=iso-8859-1'en'%A3.txt",
            Some("£.txt"),
        ),
        (b"attachment; filename*=utf-7''x; filename=y", Some("y")),
        (b"attachment; filename=\"na%20me.txt\"", Some("na me.txt")),
        (b"attachment; filename=\"\"", None),
        (b"attachment", None),
        (b"", None),
    ]);
}

#[test]
fn names_are_read_as_browsers_read_them() {
    check(&[
        (
            b"attachment; filename=my file (1).zip",
            Some("my file (1).zip"),
        ),
        (
            b"attachment; filename = \"a;b=c.zip\" ; x=y",
            Some("a;b=c.zip"),
        ),
        (
            b"attachment; x=\"\\\"\\\\\";filename=\"a.zip\"",
            Some("a.zip"),
        ),
        (b"filename=only.zip", Some("only.zip")),
        (b"filename=\"a;b.zip\"; x=y", Some("a;b.zip")),
        (b"attachment, filename=comma.zip", Some("comma.zip")),
        (b"attachment; filename=\"f\\oo.html\"", Some("foo.html")),
        (b"attachment; filename=\"unclosed.zip", Some("unclosed.zip")),
        (b"attachment; filename=''", Some("''")),
        (
            b"attachment; filename*=UTF-8''A-%2541.html",
            Some("A-%41.html"),
        ),
        (
            b"attachment; filename* = \"UTF-8'en'a%20b.zip\"",
            Some("a b.zip"),
        ),
        (
            b"attachment; filename*=''x.zip; filename=y.zip",
            Some("y.zip"),
        ),
        (b"attachment; filename*=bare.zip", Some("bare.zip")),
        (
            b"attachment; filename*=UTF-8''; filename=y.zip",
            Some("y.zip"),
        ),
        (
            b"attachment; filename=\"x\".zip; filename*=UTF-8''z",
            Some("z"),
        ),
    ]);
}

#[test]
fn names_are_read_in_the_character_sets_of_servers() {
    check(&[
        (
            b"attachment; filename=\"na\xc3\xafve.zip\"",
            Some("naïve.zip"),
        ),
        (b"attachment; filename=\"na\xefve.zip\"", Some("naïve.zip")),
        (b"attachment; filename=na\xefve 2.zip", Some("naïve 2.zip")),
        (
            b"attachment; filename=\"na%C3%AFve.zip\"",
            Some("naïve.zip"),
        ),
        (
            b"attachment; filename*=UTF-8''na\xc3\xafve.zip",
            Some("naïve.zip"),
        ),
        (
            b"attachment; filename*=windows-1252''%80.zip",
            Some("\u{20ac}.zip"),
        ),
        (
            b"attachment; filename=\"=?UTF-8?B?bmHDr3ZlLnppcA==?=\"",
            Some("naïve.zip"),
        ),
        (
            b"attachment; filename==?UTF-8?B?bmHDr3ZlLnppcA==?=",
            Some("naïve.zip"),
        ),
        (
            b"attachment; filename=\"=?utf-8?Q?na=C3=AFve=20_.zip?=\"",
            Some("naïve  .zip"),
        ),
        (
            b"attachment; filename=\"=?banana?Q?x?=.zip\"",
            Some("=?banana?Q?x?=.zip"),
        ),
    ]);
}

#[test]
fn names_in_several_parameters_are_joined() {
    check(&[
        (
            b"attachment; filename*0=\"foo.\"; filename*1=\"html\"",
            Some("foo.html"),
        ),
        (
            b"attachment; filename*1=\".html\"; filename*0*=UTF-8''na%C3%AFve",
            Some("naïve.html"),
        ),
        (b"attachment; filename*0=a; filename*2=c", Some("a")),
        (b"attachment; filename*1=b; filename=plain", Some("plain")),
        (b"attachment; filename*0=a; filename=plain", Some("a")),
        (b"attachment; filename*999=a", None),
    ]);
}

#[test]
fn an_attachment_and_any_name_mean_a_file() {
    for (header, expected) in [
        (&b"attachment"[..], true),
        (b" ATTACHMENT ; x=y", true),
        (b"inline; filename=a.zip", true),
        (b"inline", false),
        (b"", false),
    ] {
        assert_eq!(is_file(header), expected);
    }
}

proptest! {
    #[test]
    fn any_header_is_read_without_panic(header in ".{0,120}", tail in "[\"\\\\;=*'%a-f0-9? ]{0,60}") {
        let _ = file_name(header.as_bytes());
        let _ = file_name(format!("attachment; filename{tail}").as_bytes());
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let _ = (file_name(&bytes), is_file(&bytes));
    }
}
