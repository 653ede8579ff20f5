//! The options of curl, wget and aria2c that matter for a download, and those that may be left out.

/// A program whose command lines are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Program {
    Curl,
    Wget,
    Aria2c,
}

/// The effect of an option on a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// None: it is about output, retries or the other program's own transfer.
    Ignore,
    Url,
    Header,
    UserAgent,
    Referer,
    Cookie,
    /// `NAME:PASSWORD`.
    User,
    UserName,
    Password,
    Bearer,
    Proxy,
    ProxyUser,
    Insecure,
    /// `true` or `false`.
    CheckCertificate,
    CaFile,
    Netrc,
    Output,
    Folder,
    Checksum,
    Connections,
    /// A method, of which only GET is allowed.
    Method,
    /// It sends data or asks for something else than the file.
    NotGet,
}

use Effect::{
    Bearer, CaFile, CheckCertificate, Checksum, Connections, Cookie, Folder, Header, Ignore,
    Insecure, Method, Netrc, NotGet, Output, Password, Proxy, ProxyUser, Referer, Url, User,
    UserAgent, UserName,
};

/// One option: its letter or a blank, its long name, and its effect.
pub(super) type Opt = (char, &'static str, Effect);

/// The options of one program.
pub(super) struct Table {
    /// Options with a value.
    pub valued: &'static [Opt],
    /// Options without a value.
    pub flags: &'static [Opt],
    /// Set if a long flag may have a value behind an equals sign.
    pub flags_take_values: bool,
}

/// Returns the options of a program.
pub(super) fn of(program: Program) -> &'static Table {
    match program {
        Program::Curl => &CURL,
        Program::Wget => &WGET,
        Program::Aria2c => &ARIA2C,
    }
}

const CURL: Table = Table {
    valued: &[
        (' ', "url", Url),
        ('H', "header", Header),
        ('A', "user-agent", UserAgent),
        ('e', "referer", Referer),
        ('b', "cookie", Cookie),
        ('u', "user", User),
        (' ', "oauth2-bearer", Bearer),
        ('x', "proxy", Proxy),
        ('U', "proxy-user", ProxyUser),
        (' ', "cacert", CaFile),
        ('o', "output", Output),
        (' ', "output-dir", Folder),
        ('X', "request", Method),
        ('d', "data", NotGet),
        (' ', "data-raw", NotGet),
        (' ', "data-binary", NotGet),
        (' ', "data-ascii", NotGet),
        (' ', "data-urlencode", NotGet),
        (' ', "json", NotGet),
        ('F', "form", NotGet),
        (' ', "form-string", NotGet),
        ('T', "upload-file", NotGet),
        ('c', "cookie-jar", Ignore),
        ('m', "max-time", Ignore),
        (' ', "connect-timeout", Ignore),
        (' ', "retry", Ignore),
        (' ', "retry-delay", Ignore),
        (' ', "retry-max-time", Ignore),
        (' ', "max-redirs", Ignore),
        (' ', "limit-rate", Ignore),
        ('y', "speed-time", Ignore),
        ('Y', "speed-limit", Ignore),
        ('C', "continue-at", Ignore),
        ('w', "write-out", Ignore),
        (' ', "ciphers", Ignore),
        (' ', "tls-max", Ignore),
        (' ', "keepalive-time", Ignore),
    ],
    flags: &[
        ('k', "insecure", Insecure),
        ('n', "netrc", Netrc),
        ('I', "head", NotGet),
        (' ', "compressed", Ignore),
        ('L', "location", Ignore),
        ('O', "remote-name", Ignore),
        ('J', "remote-header-name", Ignore),
        ('f', "fail", Ignore),
        ('s', "silent", Ignore),
        ('S', "show-error", Ignore),
        ('v', "verbose", Ignore),
        ('#', "progress-bar", Ignore),
        ('g', "globoff", Ignore),
        ('N', "no-buffer", Ignore),
        ('i', "include", Ignore),
        ('G', "get", Ignore),
        ('R', "remote-time", Ignore),
        ('4', "ipv4", Ignore),
        ('6', "ipv6", Ignore),
        ('0', "http1.0", Ignore),
        (' ', "http1.1", Ignore),
        (' ', "http2", Ignore),
        (' ', "http3", Ignore),
        (' ', "create-dirs", Ignore),
        (' ', "ssl-no-revoke", Ignore),
        (' ', "tlsv1.2", Ignore),
        (' ', "tlsv1.3", Ignore),
        (' ', "path-as-is", Ignore),
        (' ', "fail-with-body", Ignore),
        (' ', "no-progress-meter", Ignore),
    ],
    flags_take_values: false,
};

const WGET: Table = Table {
    valued: &[
        (' ', "header", Header),
        ('U', "user-agent", UserAgent),
        (' ', "referer", Referer),
        (' ', "user", UserName),
        (' ', "http-user", UserName),
        (' ', "password", Password),
        (' ', "http-password", Password),
        (' ', "ca-certificate", CaFile),
        ('O', "output-document", Output),
        ('P', "directory-prefix", Folder),
        (' ', "method", Method),
        (' ', "post-data", NotGet),
        (' ', "post-file", NotGet),
        (' ', "body-data", NotGet),
        (' ', "body-file", NotGet),
        ('t', "tries", Ignore),
        ('T', "timeout", Ignore),
        ('w', "wait", Ignore),
        ('o', "output-file", Ignore),
        ('a', "append-output", Ignore),
        (' ', "limit-rate", Ignore),
        (' ', "waitretry", Ignore),
        (' ', "progress", Ignore),
    ],
    flags: &[
        (' ', "no-check-certificate", Insecure),
        (' ', "spider", NotGet),
        ('r', "recursive", NotGet),
        ('m', "mirror", NotGet),
        ('p', "page-requisites", NotGet),
        ('c', "continue", Ignore),
        ('q', "quiet", Ignore),
        ('v', "verbose", Ignore),
        ('b', "background", Ignore),
        ('4', "inet4-only", Ignore),
        ('6', "inet6-only", Ignore),
        (' ', "content-disposition", Ignore),
        (' ', "trust-server-names", Ignore),
        (' ', "no-verbose", Ignore),
        (' ', "show-progress", Ignore),
        (' ', "no-cache", Ignore),
        (' ', "auth-no-challenge", Ignore),
        (' ', "no-clobber", Ignore),
    ],
    flags_take_values: false,
};

const ARIA2C: Table = Table {
    valued: &[
        (' ', "header", Header),
        ('U', "user-agent", UserAgent),
        (' ', "referer", Referer),
        (' ', "http-user", UserName),
        (' ', "http-passwd", Password),
        (' ', "all-proxy", Proxy),
        (' ', "http-proxy", Proxy),
        (' ', "https-proxy", Proxy),
        (' ', "ca-certificate", CaFile),
        ('o', "out", Output),
        ('d', "dir", Folder),
        (' ', "checksum", Checksum),
        ('s', "split", Connections),
        ('x', "max-connection-per-server", Ignore),
        ('k', "min-split-size", Ignore),
        ('j', "max-concurrent-downloads", Ignore),
        ('m', "max-tries", Ignore),
        ('t', "timeout", Ignore),
        (' ', "connect-timeout", Ignore),
        (' ', "retry-wait", Ignore),
        (' ', "max-download-limit", Ignore),
        (' ', "max-overall-download-limit", Ignore),
        (' ', "file-allocation", Ignore),
        (' ', "summary-interval", Ignore),
        (' ', "console-log-level", Ignore),
        (' ', "piece-length", Ignore),
        ('l', "log", Ignore),
    ],
    flags: &[
        (' ', "check-certificate", CheckCertificate),
        ('c', "continue", Ignore),
        ('q', "quiet", Ignore),
        ('Z', "force-sequential", NotGet),
        (' ', "allow-overwrite", Ignore),
        (' ', "auto-file-renaming", Ignore),
        (' ', "always-resume", Ignore),
        (' ', "remote-time", Ignore),
        (' ', "http-accept-gzip", Ignore),
        (' ', "async-dns", Ignore),
        (' ', "disable-ipv6", Ignore),
        (' ', "show-console-readout", Ignore),
    ],
    flags_take_values: true,
};
