//! The cookies of a download (RFC 6265), with the rules of browsers since (RFC 6265bis): prefixes of names,
//! and `Secure` from encrypted connections only.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use cookie_store::{CookieDomain, CookieExpiration, CookieStore, RawCookie};
use url::{Host, Url};

use super::cookie_byte_escapes;
use super::cookies_txt::FileCookie;

/// Longest name and value together, in bytes (RFC 6265bis, 5.7).
const MAX_COOKIE_LEN: usize = 4096;
/// Limit of cookies in a jar.
const MAX_COOKIES: usize = 1000;

/// The cookies that servers have set, and those of a file. Clones share them.
///
/// Each cookie goes only to the hosts that its server, or its line in the file, named.
#[derive(Clone, Default)]
pub struct CookieJar {
    store: Arc<Mutex<CookieStore>>,
}

impl fmt::Debug for CookieJar {
    /// Leaves out the cookies, which may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CookieJar({})", self.store().iter_any().count())
    }
}

impl PartialEq for CookieJar {
    /// Two jars are equal if they share their cookies.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.store, &other.store)
    }
}

impl Eq for CookieJar {}

impl CookieJar {
    fn store(&self) -> MutexGuard<'_, CookieStore> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether there are no cookies.
    pub fn is_empty(&self) -> bool {
        self.store().iter_any().next().is_none()
    }

    /// Keeps the cookie of a `Set-Cookie` field in an answer from `url`, or ignores it as RFC 6265 says.
    pub(crate) fn set(&self, url: &Url, field: &[u8]) {
        let Ok(mut cookie) = RawCookie::parse(cookie_byte_escapes::to_text(field)) else {
            return;
        };
        let len = |text: &str| cookie_byte_escapes::to_bytes(text).len();
        let too_long = len(cookie.name()) + len(cookie.value()) > MAX_COOKIE_LEN;
        if too_long || !is_allowed(&cookie, url) || !confine(&mut cookie, url) {
            return;
        }
        let mut store = self.store();
        if store.iter_any().count() < MAX_COOKIES {
            // A cookie that is refused is ignored.
            let _ = store.insert_raw(&cookie, url);
        }
    }

    /// Adds a cookie of a file. Returns `false` if its domain is no host name.
    pub(crate) fn add(&self, cookie: &FileCookie) -> bool {
        let Ok(url) = Url::parse(&format!("https://{}/", bracketed(&cookie.domain))) else {
            return false;
        };
        let mut raw = RawCookie::new(cookie.name.clone(), cookie.value.clone());
        raw.set_path(cookie.path.clone());
        raw.set_secure(cookie.secure);
        raw.set_http_only(cookie.http_only);
        if let (true, Some(Host::Domain(domain))) = (cookie.for_subdomains, url.host()) {
            raw.set_domain(domain.to_owned());
        }
        let mut parsed = raw.to_string();
        if cookie.expires > 0 {
            parsed += &format!("; Max-Age={}", cookie.expires - now());
        }
        // The crate's own type of time is not needed this way.
        if let Ok(raw) = RawCookie::parse(parsed) {
            // An expired cookie is left out.
            let _ = self.store().insert_raw(&raw, &url);
        }
        true
    }

    /// Returns the `Cookie` field of a request to `url`, with the user's own cookies `given`. A cookie
    /// that the server has set replaces the user's one of the same name, as in a browser.
    pub(crate) fn field(&self, url: &Url, given: &[&str]) -> Option<Vec<u8>> {
        let store = self.store();
        let mut set = store.matches(url);
        // Longer paths come first (RFC 6265, 5.4).
        set.sort_by_key(|cookie| std::cmp::Reverse(String::from(cookie.path.clone()).len()));
        let replaced = |pair: &&str| {
            let name = pair.split('=').next().unwrap_or_default().trim();
            set.iter().any(|cookie| cookie.name() == name)
        };
        let given = given.iter().flat_map(|field| field.split(';'));
        let given = given.map(str::trim).filter(|pair| !pair.is_empty());
        let mut pairs: Vec<Vec<u8>> = given
            .filter(|pair| !replaced(pair))
            .map(|pair| pair.as_bytes().to_vec())
            .collect();
        let of_jar = set.iter();
        pairs.extend(of_jar.map(|cookie| {
            cookie_byte_escapes::to_bytes(&format!("{}={}", cookie.name(), cookie.value()))
        }));
        (!pairs.is_empty()).then(|| pairs.join(&b"; "[..]))
    }

    /// Returns all cookies that have not expired, for a file.
    pub(crate) fn to_file(&self) -> Vec<FileCookie> {
        let store = self.store();
        let cookies = store.iter_unexpired().filter_map(|cookie| {
            let (domain, for_subdomains) = match &cookie.domain {
                CookieDomain::HostOnly(host) => (host, false),
                CookieDomain::Suffix(domain) => (domain, true),
                CookieDomain::NotPresent | CookieDomain::Empty => return None,
            };
            Some(FileCookie {
                domain: domain.clone(),
                for_subdomains,
                path: cookie.path.clone().into(),
                secure: cookie.secure().unwrap_or(false),
                http_only: cookie.http_only().unwrap_or(false),
                expires: match &cookie.expires {
                    CookieExpiration::AtUtc(time) => time.unix_timestamp(),
                    CookieExpiration::SessionEnd => 0,
                },
                name: cookie.name().to_owned(),
                value: cookie.value().to_owned(),
            })
        });
        cookies.collect()
    }
}

/// Returns the time in seconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |time| i64::try_from(time.as_secs()).unwrap_or(i64::MAX))
}

/// Returns a host as a URL has it.
fn bracketed(host: &str) -> String {
    match host.contains(':') && !host.starts_with('[') {
        true => format!("[{host}]"),
        false => host.to_owned(),
    }
}

/// Returns whether `url` may set this cookie: one for encrypted connections only over such a connection, or
/// by this machine; names with a prefix with the attributes that the prefix stands for.
fn is_allowed(cookie: &RawCookie<'_>, url: &Url) -> bool {
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let is_secure = cookie.secure().unwrap_or(false);
    if is_secure && url.scheme() != "https" && !is_here {
        return false;
    }
    let name = cookie.name().to_ascii_lowercase();
    if name.starts_with("__host-") {
        return is_secure && cookie.domain().is_none() && cookie.path() == Some("/");
    }
    is_secure || !name.starts_with("__secure-")
}

/// Takes the domain away from a cookie for a public suffix that is the host itself. Returns `false` if
/// the cookie is for the sites of others, or for another address.
fn confine(cookie: &mut RawCookie<'_>, url: &Url) -> bool {
    let Some(domain) = cookie.domain() else {
        return true;
    };
    let domain = domain.trim_start_matches('.').to_ascii_lowercase();
    let host = url.host_str().unwrap_or_default();
    if domain == host && !matches!(url.host(), Some(Host::Domain(_))) {
        cookie.unset_domain();
        return true;
    }
    let is_public = psl::suffix_str(&domain) == Some(domain.as_str());
    if is_public && domain == host {
        cookie.unset_domain();
    }
    !is_public || domain == host
}

#[cfg(test)]
mod tests;
