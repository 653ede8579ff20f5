//! Content codings that label the file, are none, or were applied without being accepted.

use crate::scenario::{Action, End, Scenario, When};

const ENCODED: &[&str] = &["encod"];

pub fn scenarios() -> Vec<Scenario> {
    let new = Scenario::new;
    let coding = |text| Action::SetHeader("Content-Encoding", text);
    let kind = |text| Action::SetHeader("Content-Type", text);
    let archive = |name, path, text| new(name).at(path).always([coding(text)]);
    vec![
        archive("gzip as the label of a .tar.gz", "/a.tar.gz", "gzip").saved_as("a.tar.gz"),
        archive("x-gzip as the label of a .tgz", "/a.tgz", "x-gzip").saved_as("a.tgz"),
        archive("xz as the label of a .tar.xz", "/a.tar.xz", "xz").saved_as("a.tar.xz"),
        archive("compress as the label of a .Z", "/a.tar.Z", "x-compress").saved_as("a.tar.Z"),
        new("x-gzip as the label of a media type")
            .at("/get?id=1")
            .always([coding("x-gzip"), kind("application/x-gzip")]),
        new("x-gzip as the label of a name in Content-Disposition")
            .at("/get?id=1")
            .always([
                coding("x-gzip"),
                Action::SetHeader("Content-Disposition", "attachment; filename=a.tar.gz"),
            ])
            .saved_as("a.tar.gz"),
        new("Content-Encoding aws-chunked").always([coding("aws-chunked")]),
        new("Content-Encoding UTF-8").always([coding("UTF-8")]),
        new("empty Content-Encoding").always([coding("")]),
        new("Content-Encoding binary").always([coding("binary")]),
        new("Content-Encoding none").always([coding("none")]),
        new("Content-Encoding base64").always([coding("base64")]),
        new("Content-Encoding with a media type").always([coding("application/zip")]),
        new("Content-Encoding (null)").always([coding("(null)")]),
        new("Content-Encoding with a parameter").always([coding("utf-8;q=1")]),
        new("unknown Content-Encoding beside gzip").always([
            Action::IgnoreRange,
            Action::Gzip,
            Action::AddHeader("Content-Encoding", "banana"),
        ]),
        new("unrequested zstd")
            .always([coding("zstd")])
            .fails(ENCODED),
        new("unrequested aes128gcm")
            .always([coding("aes128gcm")])
            .fails(ENCODED),
        new("gzip as a transfer coding").always([Action::TransferGzip]),
        new("gzip as a transfer coding for non-initial ranges")
            .when(When::NonInitialRange, [Action::TransferGzip]),
        new("gzip as a transfer coding of a labelled file")
            .at("/a.tar.gz")
            .always([Action::TransferGzip, coding("gzip")])
            .saved_as("a.tar.gz"),
        new("gzip as a transfer coding, truncated")
            .always([Action::TransferGzip, Action::CutBody(500_000, End::Close)])
            .args(&["--retries", "3"])
            .fails(&["closed", "ended", "early", "lost"]),
        new("compress as a transfer coding")
            .always([
                Action::IgnoreRange,
                Action::Chunked,
                Action::SetHeader("Transfer-Encoding", "compress, chunked"),
            ])
            .fails(&["transfer-encoding compress"]),
        new("gzip unless identity is demanded").always([Action::GzipUnlessForbidden]),
        new("gzip unless identity is demanded, chunked").always([
            Action::IgnoreRange,
            Action::GzipUnlessForbidden,
            Action::Chunked,
        ]),
        new("unrequested gzip, chunked").always([
            Action::IgnoreRange,
            Action::Gzip,
            Action::Chunked,
        ]),
        new("unrequested gzip without a length").always([
            Action::IgnoreRange,
            Action::Gzip,
            Action::NoContentLength,
        ]),
        new("unrequested gzip, truncated once")
            .when(When::Always, [Action::Gzip])
            .when(
                When::NthGet(2),
                [Action::Gzip, Action::CutBody(500_000, End::Close)],
            ),
        new("unrequested gzip, truncated always")
            .always([
                Action::IgnoreRange,
                Action::Gzip,
                Action::CutBody(500_000, End::Close),
            ])
            .fails(&["closed", "ended", "early", "lost"])
            .within_secs(60),
        new("gzip as the label of content that is not coded")
            .always([Action::IgnoreRange, coding("gzip")]),
        new("unrequested br").always([coding("br")]).fails(ENCODED),
        new("ranges of encoded content")
            .always([coding("br")])
            .when(When::AnyRange, [coding("br")])
            .fails(ENCODED),
    ]
}
