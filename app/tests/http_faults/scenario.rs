//! Describes one faulty server: the file, the rules that change its responses, and the expected outcome.
//!
//! The server first builds a correct response, then every rule whose [`When`] matches the request applies
//! its [`Action`]s in order. A fault is therefore one line of data.

use std::time::Duration;

/// Default file length in bytes: not a multiple of any block size, and large enough that each of 20
/// connections gets a range.
pub const LEN: u64 = (2 << 20) + 12_345;
/// Default rate of one response in bytes/s: slow enough that all connections are open before the first
/// response is complete.
pub const RATE: u64 = 1 << 20;

/// A named fault and its expected outcome.
#[derive(Debug, Clone)]
pub struct Scenario {
    pub name: &'static str,
    /// Path of the requested URL.
    pub path: &'static str,
    /// The requested URL, if it is not that of the server itself.
    pub url: Option<&'static str>,
    /// Further arguments of the program.
    pub args: &'static [&'static str],
    /// Environment of the program; `{here}` is the server's address.
    pub env: &'static [(&'static str, &'static str)],
    /// Length of the file in bytes.
    pub len: u64,
    /// Rate of one response in bytes/s.
    pub rate: u64,
    /// The last rule is the fault under test; the rules before it prepare the server.
    pub rules: Vec<Rule>,
    pub expect: Expect,
    /// Required name of the saved file, if the scenario determines it.
    pub saved_as: Option<&'static str>,
    /// Deadline of the program; a longer run counts as a hang.
    pub limit: Duration,
    /// The program may succeed without a request that matches the fault.
    pub fault_optional: bool,
    /// Each connection may send at most one request that matches the fault.
    pub once_per_connection: bool,
}

/// Changes the responses to the requests that match `when`.
#[derive(Debug, Clone)]
pub struct Rule {
    pub when: When,
    pub actions: Vec<Action>,
}

/// Condition on a request.
#[derive(Debug, Clone, Copy)]
pub enum When {
    Always,
    /// The first GET; the client uses it to probe the server.
    FirstGet,
    /// Every GET after the first.
    LaterGets,
    /// The GET with this index, counted from 0.
    NthGet(usize),
    /// The GET with this index, and all later ones.
    FromGet(usize),
    /// The GETs before the one with this index.
    BeforeGet(usize),
    /// Every n-th GET: with 3 the third, the sixth, …
    EveryNthGet(usize),
    /// Range requests that start after byte 0.
    NonInitialRange,
    /// Requests with a Range header.
    AnyRange,
    /// Range requests of a single byte.
    OneByteRange,
    /// Range requests that are not the whole file.
    PartialRange,
    Method(&'static str),
    /// Requests whose header field with this name, in lower case, contains the text.
    WithField(&'static str, &'static str),
    /// Requests of paths with this prefix in which the field is missing or does not contain the text.
    WithoutField(&'static str, &'static str, &'static str),
    /// Requests without the right answer of this user to a Digest challenge: name and password.
    WithoutDigest(&'static str, &'static str),
    /// Requests in whose fields this text does not occur in the same case.
    WithoutText(&'static str),
    /// Paths with this prefix.
    PathPrefix(&'static str),
    /// More than this many responses are in flight, including this one.
    InFlightAbove(usize),
    /// The connection was made while at least this many others were open.
    OpenAbove(usize),
    /// Less than this time has passed since the first request.
    Within(Duration),
    /// At least this many bytes of the file have been sent; until this time after the first such request.
    AfterSent(u64, Duration),
    /// Fewer than this many bytes of the file have been sent.
    UntilSent(u64),
    /// Paths without this prefix, while fewer than this many bytes of the file have been sent.
    UntilSentElsewhere(&'static str, u64),
    /// Paths with this prefix, once at least this many bytes of the file have been sent.
    PathAfterSent(&'static str, u64),
}

/// One change to a response.
#[derive(Debug, Clone, Copy)]
pub enum Action {
    /// Replaces the response with this status and a short text.
    Status(u16),
    /// Replaces only the status.
    StatusOnly(u16),
    /// Sends 200 and the whole file, regardless of the requested range.
    IgnoreRange,
    /// Moves the range by this many bytes; Content-Range states the moved range.
    ShiftRange(i64),
    /// Moves the body by this many bytes; Content-Range still states the requested range.
    ShiftBody(i64),
    /// Sends the first half of the range; Content-Range states that half.
    HalveRange,
    /// Extends the range to the end of the file; Content-Range states the extended range.
    ExtendToEnd,
    /// Sends another version of the file, with its own bytes, validators and `longer` additional bytes.
    OtherVersion {
        seed: u64,
        longer: u64,
    },
    /// Sends the bytes of the second version between these file offsets, as a server does whose file is
    /// overwritten in place. The head still describes the first version.
    Overwrite(u64, u64),
    /// Sends a version of the file that no other response has, with its validators.
    UniqueVersion,
    /// Sends no byte of the file from this offset on and closes, as a server does whose file was cut, but which
    /// remembers its length.
    EndAt(u64),
    /// Cuts the file to this length.
    Shorten(u64),
    /// Sends an `ETag` that no other response has.
    UniqueETag,
    SetHeader(&'static str, &'static str),
    AddHeader(&'static str, &'static str),
    /// Adds this many header fields that mean nothing.
    AddHeaders(usize),
    /// Ends the lines of the head with this.
    LineEnd(&'static str),
    /// Replaces the colon and the space after each field name.
    FieldSeparator(&'static str),
    RemoveHeader(&'static str),
    /// States the total length in Content-Range as `*`.
    UnknownTotal,
    /// Extends the range to whole blocks of this many bytes; Content-Range states the extended range.
    ExtendToBlocks(u64),
    /// Shortens the range to this many bytes; Content-Range states the shortened range.
    ShortenRange(u64),
    /// Sends the range with status 200.
    RangeWithStatus200,
    /// Answers a range of the whole file with 200.
    WholeRangeWithStatus200,
    /// Adds a Content-Range of the whole file to a response without a range.
    WholeContentRange,
    /// Adds the correct Repr-Digest of the first version of the file.
    CorrectDigest,
    /// Adds this number to the correct Content-Length.
    OffsetContentLength(i64),
    /// Responds with HTTP/1.0 and closes the connection.
    Http10,
    Chunked,
    /// Chunked encoding that states this size for every chunk.
    ChunkSize(&'static str),
    /// Adds this extension to each chunk.
    ChunkExtension(&'static str),
    /// Omits Content-Length, so that the close of the connection ends the body.
    NoContentLength,
    Gzip,
    /// Encodes the body as gzip in chunks, as a transfer coding.
    TransferGzip,
    /// Encodes the body as gzip unless the request forbids every coding but identity.
    GzipUnlessForbidden,
    /// Sends an HTML page with status 200, as captive portals and error handlers do.
    HtmlPage,
    /// Sends an HTML page with status 200 and a Content-Length.
    SizedHtmlPage,
    /// Sends this text with the type of a page, and ranges of it with status 206, as servers send static
    /// pages.
    StaticPage(&'static str),
    /// Sends the range as a single part of multipart/byteranges.
    Multipart,
    /// Redirects with this status; `{here}` and `{other}` in the location are the server's two
    /// addresses, `{other_port}` is the port of the second.
    Redirect(u16, &'static str),
    /// Redirects `…/9` to `…/8` and so on, and `…/0` to the file.
    RedirectChain,
    /// Inverts the byte at this file offset, if the response contains it.
    FlipByte(u64),
    /// Sends this Content-Type and text instead of the file.
    Document(&'static str, &'static str),
    /// Sends these bytes instead of an HTTP response.
    RawBytes(&'static [u8]),
    /// Sends random bytes instead of an HTTP response.
    RandomBytes,
    /// Sends this many 103 responses before the final response.
    EarlyHints(usize),
    EndlessHead(EndlessHead),
    /// Waits before it sends the first byte.
    Delay(Duration),
    /// Waits between the 103 responses and the final response.
    DelayAfterHints(Duration),
    /// Pauses for this time after this many bytes of the body.
    PauseBody(u64, Duration),
    /// Sends the head one byte at a time, with this pause after each byte.
    SlowHead(Duration),
    /// Sends the body in writes of this many bytes.
    WriteSize(usize),
    /// Limits the response to this rate in bytes/s.
    Rate(u64),
    /// Sends this many bytes after the end of the body.
    TrailingBytes(usize),
    /// Ends the connection after this many bytes of the head.
    CutHead(usize, End),
    /// Ends the connection after this many bytes of the body.
    CutBody(u64, End),
}

/// An early end of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Closes the connection with FIN.
    Close,
    /// Resets the connection with RST.
    Reset,
    /// Keeps the connection open and sends nothing more.
    Stall,
}

/// A response head that never ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndlessHead {
    /// Header fields without end.
    Fields,
    /// One header field with a value without end.
    OneField,
    /// 103 responses without end.
    EarlyHints,
}

/// Expected outcome of a run in which a request matched the fault. A run without such a request, for
/// example a single connection that never sends the later requests, must save the file.
#[derive(Debug, Clone, Copy)]
pub enum Expect {
    /// Exit code 0 and the correct bytes.
    Saved,
    /// Exit code 1, one of these words in the error message, and no file under the final name.
    Fails(&'static [&'static str]),
    /// Either outcome is acceptable.
    Either(&'static [&'static str]),
}

impl Scenario {
    /// A scenario without a fault; add rules to change that.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            path: "/file.bin",
            url: None,
            args: &[],
            env: &[],
            len: LEN,
            rate: RATE,
            rules: Vec::new(),
            expect: Expect::Saved,
            saved_as: None,
            limit: Duration::from_secs(30),
            fault_optional: false,
            once_per_connection: false,
        }
    }

    pub fn when<const N: usize>(mut self, when: When, actions: [Action; N]) -> Self {
        let actions = actions.to_vec();
        self.rules.push(Rule { when, actions });
        self
    }

    pub fn always<const N: usize>(self, actions: [Action; N]) -> Self {
        self.when(When::Always, actions)
    }

    pub fn fails(self, words: &'static [&'static str]) -> Self {
        let expect = Expect::Fails(words);
        Self { expect, ..self }
    }

    pub fn saved_or_fails(self, words: &'static [&'static str]) -> Self {
        let expect = Expect::Either(words);
        Self { expect, ..self }
    }

    pub fn at(self, path: &'static str) -> Self {
        Self { path, ..self }
    }

    /// Requests this URL, as if the server were its proxy.
    pub fn url(self, url: &'static str) -> Self {
        let url = Some(url);
        Self { url, ..self }
    }

    pub fn args(self, args: &'static [&'static str]) -> Self {
        Self { args, ..self }
    }

    pub fn env(self, env: &'static [(&'static str, &'static str)]) -> Self {
        Self { env, ..self }
    }

    pub fn len(self, len: u64) -> Self {
        Self { len, ..self }
    }

    pub fn rate(self, rate: u64) -> Self {
        Self { rate, ..self }
    }

    pub fn saved_as(self, name: &'static str) -> Self {
        let saved_as = Some(name);
        Self { saved_as, ..self }
    }

    pub fn within_secs(self, secs: u64) -> Self {
        let limit = Duration::from_secs(secs);
        Self { limit, ..self }
    }

    pub fn fault_optional(self) -> Self {
        let fault_optional = true;
        Self {
            fault_optional,
            ..self
        }
    }

    pub fn once_per_connection(self) -> Self {
        let once_per_connection = true;
        Self {
            once_per_connection,
            ..self
        }
    }
}
