//! Web pages with status 200 in place of the file, and files that look like web pages.

use crate::scenario::{Action, End, Scenario, When};

const PAGE: &[&str] = &["html", "page"];

pub fn scenarios() -> Vec<Scenario> {
    let new = Scenario::new;
    let html = Action::SetHeader("Content-Type", "text/html; charset=utf-8");
    let xhtml = Action::SetHeader("Content-Type", "application/xhtml+xml");
    let page = [Action::SizedHtmlPage];
    let login = "<!doctype html><title>Log in</title><form>Please log in</form>";
    let static_page = |name, path, text| {
        let page = [Action::StaticPage(text)];
        new(name).at(path).always(page).fails(PAGE)
    };
    let redirected = |name, to| {
        new(name)
            .at("/d.iso")
            .when(When::Always, [Action::StaticPage(login)])
            .when(When::PathPrefix("/d.iso"), [Action::Redirect(302, to)])
            .fails(PAGE)
    };
    let disposition = |text| Action::SetHeader("Content-Disposition", text);
    vec![
        new("page with a length").always(page).fails(PAGE),
        static_page("page with ranges", "/d.iso", login),
        static_page(
            "page with ranges that begins with text",
            "/d.zip",
            "Please <a href=/login>log in</a>",
        ),
        static_page("page with ranges without a tag", "/d.mp4", "Link expired"),
        static_page("page with ranges for a text", "/sums.sha256", login),
        static_page("page with ranges for XML", "/feed.xml", login),
        new("page without a type")
            .at("/d.iso")
            .always([Action::SizedHtmlPage, Action::RemoveHeader("Content-Type")])
            .fails(PAGE),
        redirected("redirect to a page with ranges", "/login.html"),
        redirected(
            "redirect to a page with ranges, without an extension",
            "/login?from=d.iso",
        ),
        new("empty text with the type of a page")
            .at("/e.txt")
            .len(0)
            .always([Action::IgnoreRange, html])
            .saved_as("e.txt"),
        new("XHTML page with a length")
            .always([Action::SizedHtmlPage, xhtml])
            .fails(PAGE),
        new("page with a length after a redirect")
            .at("/go/debian.iso")
            .when(When::Always, page)
            .when(When::PathPrefix("/go"), [Action::Redirect(302, "/login")])
            .fails(PAGE),
        new("page behind a link without an extension, redirected to a file")
            .at("/go")
            .when(When::Always, page)
            .when(When::PathPrefix("/go"), [Action::Redirect(302, "/a.zip")])
            .fails(PAGE),
        new("page for non-initial ranges")
            .when(When::NonInitialRange, page)
            .saved_or_fails(PAGE),
        new("page after a truncated first response")
            .at("/download")
            .when(When::FirstGet, [Action::CutBody(500_000, End::Close)])
            .when(When::LaterGets, page)
            .fails(PAGE),
        new("file with the type of a page, ranges").always([html]),
        new("file with the type of a page, no ranges").always([Action::IgnoreRange, html]),
        new("file with the type of a page, chunked").always([
            Action::IgnoreRange,
            html,
            Action::Chunked,
        ]),
        new("attachment with the type of a page").always([
            Action::IgnoreRange,
            html,
            disposition("attachment"),
        ]),
        new("named file with the type of a page")
            .at("/get?id=1")
            .always([
                Action::IgnoreRange,
                html,
                disposition("inline; filename=a.bin"),
            ])
            .saved_as("a.bin"),
        static_page("page with ranges for a book", "/book.epub", login),
        static_page("page with ranges for a packed page", "/page.html.gz", login),
        new("book with the type of a page")
            .at("/book.epub")
            .always([html]),
        new("packed page with its type and coding")
            .at("/page.html.gz")
            .always([html, Action::SetHeader("Content-Encoding", "gzip")])
            .saved_as("page.html.gz"),
        new("page at a link to a page")
            .at("/index.html")
            .always([Action::IgnoreRange, html])
            .saved_as("index.html"),
        new("page at a link without an extension")
            .at("/docs/start")
            .always([Action::IgnoreRange, html, Action::Chunked])
            .saved_as("start"),
    ]
}
