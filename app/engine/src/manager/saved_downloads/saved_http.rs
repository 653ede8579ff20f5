//! The stored form of the HTTP options of one unfinished download.
//!
//! They hold secrets: credentials, cookies, the password of a proxy. So they stand only in the history file,
//! which only this user can read, and only as long as the download can be resumed.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::cookie_jar::CookieJar;
use crate::model::cookies_txt;
use crate::model::http_options::{Auth, HttpOptions, ProxyChoice};
use crate::model::time_limits::TimeLimits;
use crate::model::way::WayName;

/// HTTP options in the history file. The names of the fields are the keys in the file.
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
pub(super) struct SavedHttp {
    #[serde(skip_serializing_if = "Option::is_none")]
    auth: Option<SavedAuth>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    headers: Vec<(String, String)>,
    /// Cookies in the format of Netscape.
    #[serde(skip_serializing_if = "Option::is_none")]
    cookies: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy: Option<SavedProxy>,
    netrc: bool,
    insecure: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    ca_file: Option<PathBuf>,
    allow_downgrade: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    connect_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    silence_ms: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ways: Vec<WayName>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SavedAuth {
    Basic(String, String),
    Bearer(String),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SavedProxy {
    Direct,
    Url(String),
}

impl SavedHttp {
    /// Returns the stored form of `http`; `None` if all options have their defaults.
    pub fn new(http: &HttpOptions) -> Option<Self> {
        if http.is_default() {
            return None;
        }
        let cookies = http.cookies.to_file();
        let limits = http.time_limits;
        let is_default_connect = limits.connect == TimeLimits::default().connect;
        Some(Self {
            auth: http.auth.as_ref().map(|auth| match auth {
                Auth::Basic(name, password) => SavedAuth::Basic(name.clone(), password.clone()),
                Auth::Bearer(token) => SavedAuth::Bearer(token.clone()),
            }),
            headers: http.headers.clone(),
            cookies: (!cookies.is_empty()).then(|| cookies_txt::format(&cookies)),
            proxy: match &http.proxy {
                ProxyChoice::Environment => None,
                ProxyChoice::Direct => Some(SavedProxy::Direct),
                ProxyChoice::Url(url) => Some(SavedProxy::Url(url.clone())),
            },
            netrc: http.netrc,
            insecure: http.insecure,
            ca_file: http.ca_file.clone(),
            allow_downgrade: http.allow_downgrade,
            connect_ms: (!is_default_connect).then_some(limits.connect.as_millis() as u64),
            silence_ms: limits.silence.map(|silence| silence.as_millis() as u64),
            ways: http.ways.clone(),
        })
    }

    /// Returns the stored options. A cookie that cannot be parsed is left out.
    pub fn restore(self) -> HttpOptions {
        let cookies = CookieJar::default();
        let lines = self.cookies.as_deref().map(cookies_txt::parse);
        for (_, cookie) in lines.unwrap_or_default() {
            if let Ok(cookie) = cookie {
                cookies.add(&cookie);
            }
        }
        let connect = self.connect_ms.map(Duration::from_millis);
        HttpOptions {
            auth: self.auth.map(|auth| match auth {
                SavedAuth::Basic(name, password) => Auth::Basic(name, password),
                SavedAuth::Bearer(token) => Auth::Bearer(token),
            }),
            headers: self.headers,
            cookies,
            proxy: match self.proxy {
                None => ProxyChoice::Environment,
                Some(SavedProxy::Direct) => ProxyChoice::Direct,
                Some(SavedProxy::Url(url)) => ProxyChoice::Url(url),
            },
            netrc: self.netrc,
            insecure: self.insecure,
            ca_file: self.ca_file,
            allow_downgrade: self.allow_downgrade,
            time_limits: TimeLimits {
                connect: connect.unwrap_or(TimeLimits::default().connect),
                silence: self.silence_ms.map(Duration::from_millis),
            },
            ways: self.ways,
        }
    }
}
