//! The index page of a directory: plain HTML without scripts or external resources.

use std::fmt::{self, Write as _};

use lanes_shared::size;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::codec::date;
use crate::content::dir_listing::{DirEntry, Listing};

/// Characters that are percent-encoded in a URL: everything except unreserved ones (RFC 3986, 2.3).
const URL_ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

const STYLE: &str = "body{font:14px system-ui,sans-serif;margin:2em}\
                     td,th{padding:.2em 1em .2em 0;text-align:left}\
                     td+td{text-align:right;font-variant-numeric:tabular-nums}\
                     :root{color-scheme:light dark}";

/// Renders the page of the directory `name` (empty for the root) with these entries.
pub(super) fn index_page(name: &str, listing: &Listing) -> String {
    let mut html = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut html, name, listing);
    html
}

fn write(html: &mut String, name: &str, listing: &Listing) -> fmt::Result {
    let title = HtmlEscaped(name);
    write!(
        html,
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>/{title}</title><style>{STYLE}</style></head>\n\
         <body>\n<h1>/{title}</h1>\n<table>\n\
         <tr><th>Name</th><th>Size</th><th>Last modified</th></tr>\n"
    )?;
    if !name.is_empty() {
        html.push_str("<tr><td><a href=\"../\">../</a></td><td></td><td></td></tr>\n");
    }
    for DirEntry { name, file } in &listing.entries {
        let slash = if file.is_some() { "" } else { "/" };
        let (link, text) = (url_encode(name), HtmlEscaped(name));
        // The ./ keeps a browser from taking the start of a name for a URL scheme.
        write!(
            html,
            "<tr><td><a href=\"./{link}{slash}\">{text}{slash}</a></td>"
        )?;
        let len = file.map_or(String::new(), |version| size::iec(version.len));
        let modified = file.and_then(|version| version.modified());
        let modified = modified.map_or(String::new(), date);
        writeln!(html, "<td>{len}</td><td>{modified}</td></tr>")?;
    }
    if listing.is_cut {
        let count = listing.entries.len();
        writeln!(
            html,
            "<tr><td>… and more: only the first {count} entries are listed</td><td></td><td></td></tr>"
        )?;
    }
    html.push_str("</table>\n</body>\n</html>\n");
    Ok(())
}

/// Percent-encodes one path segment.
pub(super) fn url_encode(segment: &str) -> impl fmt::Display {
    utf8_percent_encode(segment, URL_ENCODED)
}

/// Text with all characters escaped that are special in HTML.
struct HtmlEscaped<'a>(&'a str);

impl fmt::Display for HtmlEscaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            c if c.is_control() => f.write_char('\u{fffd}'),
            c => f.write_char(c),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::open_file::FileVersion;

    #[test]
    fn names_are_escaped_in_links_and_text() {
        let entry = |name: &str, is_file: bool| DirEntry {
            name: name.to_owned(),
            file: is_file.then(|| FileVersion::fixed(2048)),
        };
        let entries = [
            entry("a & b", false),
            entry("<script>alert('1')</script>\".html", true),
            entry("javascript:alert(1)", true),
            entry("100%?#ä", true),
        ];
        let mut listing = Listing {
            entries: entries.into(),
            is_cut: false,
        };
        let html = index_page("x<y", &listing);
        assert!(
            html.contains("<a href=\"./a%20%26%20b/\">a &amp; b/</a>"),
            "{html}"
        );
        assert!(!html.contains("<script") && !html.contains("x<y"), "{html}");
        assert!(
            html.contains("href=\"./javascript%3Aalert%281%29\""),
            "{html}"
        );
        assert!(html.contains("href=\"./100%25%3F%23%C3%A4\""), "{html}");
        assert!(
            html.contains("2.00 KiB") || html.contains("2 KiB") || html.contains("2.0 KiB"),
            "{html}"
        );
        assert!(html.contains("href=\"../\""));
        assert!(!html.contains("and more"));
        listing.is_cut = true;
        let html = index_page("", &listing);
        assert!(!html.contains("../"));
        assert!(
            html.contains("only the first 4 entries are listed"),
            "{html}"
        );
    }
}
