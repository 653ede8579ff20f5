//! What a scenario can say: a file, rules that twist the honest answer, and what must come of it.
//!
//! The server answers every request honestly, then lets each rule whose [`When`] fits change the
//! answer by its [`Act`]s, in order. So a fault is a line of data, not a server of its own.

use std::time::Duration;

/// The length of a scenario's file in bytes, where it says nothing else: odd on purpose, and enough
/// for 20 connections to have something to do.
pub const LEN: u64 = (2 << 20) + 12_345;
/// How fast one answer is sent, in bytes a second: slow enough that the other connections arrive
/// before the first answer is through.
pub const RATE: u64 = 1 << 20;

/// One named fault, and what must come of it.
#[derive(Debug, Clone)]
pub struct Scenario {
    pub name: &'static str,
    /// What is asked for.
    pub path: &'static str,
    pub len: u64,
    pub rate: u64,
    /// The last one is the fault; those before it set the stage.
    pub rules: Vec<Rule>,
    pub expect: Expect,
    /// The name of the saved file, where it is certain.
    pub saved_as: Option<&'static str>,
    /// The program must be done by then: later is a hang.
    pub limit: Duration,
    /// The program need not meet the fault.
    pub may_miss: bool,
    /// At most one request of each connection may meet the fault.
    pub once_each: bool,
}

/// Changes the answers to some requests.
#[derive(Debug, Clone)]
pub struct Rule {
    pub when: When,
    pub acts: Vec<Act>,
}

/// Which requests a rule is for.
#[derive(Debug, Clone, Copy)]
pub enum When {
    Always,
    /// The very first GET, as a rule the probe.
    First,
    /// Every GET but the first.
    Later,
    /// The GET with this number, from 0.
    Number(usize),
    /// Every so many-th GET: the third, the sixth, …
    Every(usize),
    /// Ranges that do not begin at the first byte.
    FromMiddle,
    /// Anything with a Range.
    Ranged,
    Method(&'static str),
    /// Paths that begin so.
    Path(&'static str),
    /// While more than so many answers are under way, this one among them.
    Beyond(usize),
    /// So long after the first request, and not later.
    Early(Duration),
    /// Until so many bytes of the file were sent.
    Until(u64),
    /// Paths that begin so, once so many bytes of the file were sent.
    Expired(&'static str, u64),
}

/// One change to an answer.
#[derive(Debug, Clone, Copy)]
pub enum Act {
    /// A status with a short text in place of the file.
    Status(u16),
    /// The whole file with a 200, whatever range was asked for.
    Whole,
    /// Another range than asked for, and Content-Range says so.
    Shift(i64),
    /// Another range than asked for, and Content-Range denies it.
    ShiftSecretly(i64),
    /// The first half of the range, and Content-Range says so.
    Half,
    /// All from the range's beginning to the end of the file, and Content-Range says so.
    ToEnd,
    /// Another version of the file: its bytes, its validators, and its length by so much longer.
    Version {
        seed: u64,
        longer: u64,
    },
    Set(&'static str, &'static str),
    Add(&'static str, &'static str),
    Drop(&'static str),
    /// `*` as the total in Content-Range.
    HideTotal,
    /// Repr-Digest as the first version of the file has it.
    TrueDigest,
    /// Content-Length is off by so much.
    LengthOff(i64),
    /// HTTP/1.0, which keeps no connection open.
    Http10,
    Chunked,
    /// Chunked, with this as the size of each chunk.
    ChunkSize(&'static str),
    /// No Content-Length: the end of the connection is the end of the body.
    NoLength,
    Gzip,
    /// An HTML page with a 200 and no length, as portals and error handlers send it.
    Page,
    /// One part of multipart/byteranges.
    Multipart,
    /// `{here}` and `{other}` in the location are the server's two addresses.
    Redirect(u16, &'static str),
    /// `…/9` sends on to `…/8`, and `…/0` to the file.
    Hop,
    /// The byte at this offset of the file is another, if the answer has it.
    Flip(u64),
    /// This text in place of the file, with its Content-Type.
    Document(&'static str, &'static str),
    /// These bytes instead of any answer.
    Raw(&'static [u8]),
    /// Random bytes instead of any answer.
    Garbage,
    /// Informational answers before the real one.
    Hints(usize),
    Endless(Endless),
    /// Nothing at all for so long.
    Wait(Duration),
    /// The head byte by byte, with so long between two.
    DribbleHead(Duration),
    /// The body in writes of so many bytes.
    Pieces(usize),
    /// Bytes a second.
    Rate(u64),
    /// Stray bytes after the body.
    Extra(usize),
    /// So many bytes of the head, then this.
    CutHead(usize, End),
    /// So many bytes of the body, then this.
    Cut(u64, End),
}

/// How an answer ends before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Close,
    Reset,
    /// Open for ever, and not a byte.
    Stall,
}

/// A head that has no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endless {
    Lines,
    OneLine,
    /// Informational answers, one after the other.
    Hints,
}

/// What must come of a scenario, once its fault was met. Where it was not, as a single connection
/// never meets what befalls later requests, the file must be saved.
#[derive(Debug, Clone, Copy)]
pub enum Expect {
    /// Exit code 0 and the right bytes.
    Saved,
    /// Exit code 1, one of these words in the reason, and nothing under the final name.
    Fails(&'static [&'static str]),
    /// One or the other: both serve the user.
    Either(&'static [&'static str]),
}

impl Scenario {
    /// A file as it should be; rules make a fault of it.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            path: "/file.bin",
            len: LEN,
            rate: RATE,
            rules: Vec::new(),
            expect: Expect::Saved,
            saved_as: None,
            limit: Duration::from_secs(30),
            may_miss: false,
            once_each: false,
        }
    }

    pub fn when<const N: usize>(mut self, when: When, acts: [Act; N]) -> Self {
        let acts = acts.to_vec();
        self.rules.push(Rule { when, acts });
        self
    }

    pub fn always<const N: usize>(self, acts: [Act; N]) -> Self {
        self.when(When::Always, acts)
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

    pub fn may_miss(self) -> Self {
        let may_miss = true;
        Self { may_miss, ..self }
    }

    pub fn once_each(self) -> Self {
        let once_each = true;
        Self { once_each, ..self }
    }
}
