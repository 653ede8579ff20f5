//! Content-Disposition with valid and malicious file names. Every scenario also checks that the run leaves
//! one file in the download folder, under a name that is safe on every platform.

use crate::scenario::{Action, Scenario};

pub fn scenarios() -> Vec<Scenario> {
    let named = |name, value| {
        Scenario::new(name)
            .len(50_000)
            .always([Action::SetHeader("Content-Disposition", value)])
    };
    vec![
        named(
            "quoted file name",
            "attachment; filename=\"report (1).bin\"",
        )
        .saved_as("report (1).bin"),
        named(
            "file name without quotes",
            "attachment; filename=report.bin",
        )
        .saved_as("report.bin"),
        named(
            "UTF-8 file name",
            "attachment; filename=\"x.bin\"; filename*=UTF-8''na%C3%AFve%20%E2%82%AC.bin",
        )
        .saved_as("naïve €.bin"),
        named(
            "file name with escaped quotes",
            r#"attachment; filename="a \"quoted\" name.bin""#,
        ),
        named(
            "path traversal",
            "attachment; filename=\"../../../evil.bin\"",
        ),
        named(
            "percent-encoded path traversal",
            "attachment; filename*=UTF-8''..%2F..%2Fevil.bin",
        ),
        named(
            "path traversal with backslashes",
            r#"attachment; filename="..\..\evil.bin""#,
        ),
        named("absolute path", "attachment; filename=\"/etc/cron.d/evil\""),
        named(
            "path with a drive letter",
            "attachment; filename=\"C:\\Windows\\evil.exe\"",
        ),
        named("hidden file name", "attachment; filename=\".bashrc\""),
        named("file name of dots", "attachment; filename=\"..\""),
        named("device file name", "attachment; filename=\"CON.bin\""),
        named(
            "file name with control characters",
            "attachment; filename*=UTF-8''a%00b%0A%1B[31mc.bin",
        ),
        named("empty file name", "attachment; filename=\"\""),
        named(
            "file name without closing quote",
            "attachment; filename=\"file",
        ),
        named(
            "file name in an unknown charset",
            "attachment; filename*=banana''x%FF.bin",
        ),
        named(
            "file name that is not UTF-8",
            "attachment; filename*=UTF-8''%FF%FE.bin",
        ),
        named("file name of 400 bytes", LONG),
        // The fault server encodes heads as Latin-1.
        named(
            "raw Latin-1 file name",
            "attachment; filename=\"na\u{ef}ve.bin\"",
        )
        .saved_as("naïve.bin"),
        named(
            "raw UTF-8 file name",
            "attachment; filename=\"na\u{c3}\u{af}ve.bin\"",
        )
        .saved_as("naïve.bin"),
        named(
            "raw Latin-1 file name without quotes",
            "attachment; filename=na\u{ef}ve 2.bin",
        )
        .saved_as("naïve 2.bin"),
        named(
            "file name in base64 words",
            "attachment; filename=\"=?UTF-8?B?bmHDr3ZlLmJpbg==?=\"",
        )
        .saved_as("naïve.bin"),
        named(
            "file name in quoted words",
            "attachment; filename=\"=?iso-8859-1?Q?na=EFve_2.bin?=\"",
        )
        .saved_as("naïve 2.bin"),
        named(
            "file name in parts",
            "attachment; filename*0*=UTF-8''na%C3%AFve; filename*1=\".bin\"",
        )
        .saved_as("naïve.bin"),
        named(
            "file name with a quoted pair",
            r#"attachment; filename="f\oo.bin""#,
        )
        .saved_as("foo.bin"),
        named(
            "folded Content-Disposition",
            "attachment;\r\n filename=\"a.bin\"",
        )
        .saved_as("a.bin"),
        named("Content-Disposition without a type", "filename=a.bin").saved_as("a.bin"),
    ]
}

const LONG: &str = "attachment; filename=\"0123456789012345678901234567890123456789012345678901234567890123456789\
0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\
0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\
0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\
012345678901234567890123456789.bin\"";
