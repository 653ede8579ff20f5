//! The methods of aria2's interface.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::backend::{Backend, NewDownload, PauseKind, UriChange};
use super::metalink_entries;
use super::notify::Event;
use super::options::Options;
use super::params::Params;
use super::queue::{self, Anchor};
use super::rpc_error::RpcError;
use super::status;

/// Version of the interface. Clients test it.
const VERSION: &str = "1.37.0";

/// Names of all methods that need a token, if there is one.
pub(crate) const METHODS: [&str; 36] = [
    "aria2.addUri",
    "aria2.addTorrent",
    "aria2.addMetalink",
    "aria2.getPeers",
    "aria2.remove",
    "aria2.pause",
    "aria2.forcePause",
    "aria2.pauseAll",
    "aria2.forcePauseAll",
    "aria2.unpause",
    "aria2.unpauseAll",
    "aria2.forceRemove",
    "aria2.changePosition",
    "aria2.tellStatus",
    "aria2.getUris",
    "aria2.getFiles",
    "aria2.getServers",
    "aria2.tellActive",
    "aria2.tellWaiting",
    "aria2.tellStopped",
    "aria2.getOption",
    "aria2.changeUri",
    "aria2.changeOption",
    "aria2.getGlobalOption",
    "aria2.changeGlobalOption",
    "aria2.purgeDownloadResult",
    "aria2.removeDownloadResult",
    "aria2.getVersion",
    "aria2.getSessionInfo",
    "aria2.shutdown",
    "aria2.forceShutdown",
    "aria2.getGlobalStat",
    "aria2.saveSession",
    "system.multicall",
    "system.listMethods",
    "system.listNotifications",
];

/// Returns whether a method may be called without a token.
pub(crate) fn is_public(method: &str) -> bool {
    matches!(method, "system.listMethods" | "system.listNotifications")
}

/// Calls a method other than `system.multicall`, which [`super::json_rpc`] takes apart.
///
/// # Errors
/// See [`RpcError`].
pub(crate) fn call(
    backend: &dyn Backend,
    method: &str,
    params: &Params,
) -> Result<Value, RpcError> {
    let Some(name) = method.strip_prefix("aria2.") else {
        return match method {
            "system.listMethods" => Ok(json!(METHODS[..])),
            "system.listNotifications" => Ok(json!(Event::ALL.map(Event::method))),
            _ => Err(RpcError::NoSuchMethod(method.to_owned())),
        };
    };
    match name {
        "addUri" | "addMetalink" | "addTorrent" => add(backend, name, params),
        "tellStatus" | "tellActive" | "tellWaiting" | "tellStopped" => tell(backend, name, params),
        "getFiles" | "getUris" | "getServers" | "getPeers" => of_one(backend, name, params),
        "getGlobalStat" => Ok(global_stat(backend)),
        "getOption" => backend.options(params.text(0)?),
        "getGlobalOption" => Ok(backend.global_options()),
        "getVersion" => Ok(json!({
            "version": VERSION,
            "enabledFeatures": ["HTTPS", "Message Digest", "Metalink"],
        })),
        "getSessionInfo" => Ok(json!({ "sessionId": backend.session_id() })),
        "shutdown" | "forceShutdown" => Err(RpcError::Shutdown),
        _ => change(backend, method, name, params),
    }
}

fn add(backend: &dyn Backend, name: &str, params: &Params) -> Result<Value, RpcError> {
    match name {
        "addUri" => {
            let uris = params.texts(0)?;
            if uris.is_empty() {
                return Err(RpcError::NoUri);
            }
            let options = Options::of_download(&params.object(1)?);
            let one = vec![NewDownload { uris, options }];
            let gids = backend.add(one, params.position(2)?)?;
            Ok(gids.first().map(ToString::to_string).into())
        }
        "addMetalink" => {
            let text: String = params.text(0)?.split_ascii_whitespace().collect();
            let data = STANDARD.decode(text).map_err(|_| RpcError::Base64)?;
            let (options, position) = params.options_and_position()?;
            let files = metalink_entries::parse(data, Options::of_download(&options))?;
            let gids = backend.add(files, position)?;
            Ok(gids.iter().map(ToString::to_string).collect())
        }
        _ => Err(RpcError::Torrent),
    }
}

fn tell(backend: &dyn Backend, name: &str, params: &Params) -> Result<Value, RpcError> {
    let (first, keys_at) = match name {
        "tellStatus" => (Some(params.text(0)?), 1),
        "tellActive" => (None, 0),
        _ => (None, 2),
    };
    let keys = params.texts(keys_at)?;
    let range = match keys_at {
        2 => {
            let count = usize::try_from(params.integer(1)?).map_err(|_| RpcError::WrongType(1))?;
            Some((params.integer(0)?, count))
        }
        _ => None,
    };
    let queue = backend.queue();
    if let Some(text) = first {
        let gid = queue.find(text)?;
        let job = queue.job(gid);
        return Ok(job
            .map(|job| status::fields(job, &keys))
            .unwrap_or_default());
    }
    let gids = match (name, range) {
        ("tellWaiting", Some((offset, count))) => queue::page(&queue.waiting, offset, count),
        (_, Some((offset, count))) => {
            let stopped: Vec<_> = queue.stopped.iter().copied().collect();
            queue::page(&stopped, offset, count)
        }
        _ => queue.active.clone(),
    };
    Ok(queue
        .jobs(&gids)
        .map(|job| status::fields(job, &keys))
        .collect())
}

fn of_one(backend: &dyn Backend, name: &str, params: &Params) -> Result<Value, RpcError> {
    let queue = backend.queue();
    let gid = queue.find(params.text(0)?)?;
    let job = queue.job(gid).ok_or(RpcError::NotActive(gid))?;
    match name {
        "getFiles" => Ok(status::files(job)),
        "getUris" => Ok(status::uris(job)),
        "getServers" if job.is_active() => Ok(status::servers(job)),
        "getServers" => Err(RpcError::NoServers(gid)),
        // Peers are those of BitTorrent.
        _ => Ok(json!([])),
    }
}

fn global_stat(backend: &dyn Backend) -> Value {
    let queue = backend.queue();
    let rates = queue
        .jobs(&queue.active)
        .filter_map(|job| Some(job.latest()?.rate as u64));
    json!({
        "downloadSpeed": rates.sum::<u64>().to_string(),
        "uploadSpeed": "0",
        "numActive": queue.active.len().to_string(),
        "numWaiting": queue.waiting.len().to_string(),
        "numStopped": queue.stopped.len().to_string(),
        "numStoppedTotal": queue.stopped_total.to_string(),
    })
}

fn change(
    backend: &dyn Backend,
    method: &str,
    name: &str,
    params: &Params,
) -> Result<Value, RpcError> {
    match name {
        "remove" | "forceRemove" => Ok(backend.remove(params.text(0)?)?.to_string().into()),
        "pause" | "forcePause" => {
            let gid = backend.pause(params.text(0)?, PauseKind::Pause)?;
            Ok(gid.to_string().into())
        }
        "unpause" => {
            let gid = backend.pause(params.text(0)?, PauseKind::Unpause)?;
            Ok(gid.to_string().into())
        }
        "pauseAll" | "forcePauseAll" => {
            backend.pause_all(PauseKind::Pause);
            Ok("OK".into())
        }
        "unpauseAll" => {
            backend.pause_all(PauseKind::Unpause);
            Ok("OK".into())
        }
        "changePosition" => {
            let anchor = match params.text(2)? {
                "POS_SET" => Anchor::Start,
                "POS_CUR" => Anchor::Current,
                "POS_END" => Anchor::End,
                _ => return Err(RpcError::IllegalArgument),
            };
            let position = backend.reposition(params.text(0)?, params.integer(1)?, anchor)?;
            Ok(position.into())
        }
        "changeOption" => {
            let changes = Options::of_download(&params.object(1)?);
            backend.change_options(params.text(0)?, changes)?;
            Ok("OK".into())
        }
        "changeGlobalOption" => {
            backend.change_global_options(&Options::of_daemon(&params.object(0)?))?;
            Ok("OK".into())
        }
        "changeUri" => {
            if params.integer(1)? != 1 {
                return Err(RpcError::FileIndex);
            }
            let change = UriChange {
                removed: params.texts(2)?,
                added: params.texts(3)?,
                position: params.position(4)?,
            };
            let counts = backend.change_uris(params.text(0)?, change)?;
            Ok(json!([counts.0, counts.1]))
        }
        "removeDownloadResult" => {
            backend.remove_result(params.text(0)?)?;
            Ok("OK".into())
        }
        "purgeDownloadResult" => {
            backend.purge_results();
            Ok("OK".into())
        }
        "saveSession" => {
            backend.save_all()?;
            Ok("OK".into())
        }
        _ => Err(RpcError::NoSuchMethod(method.to_owned())),
    }
}

/// Returns the parts of one call within `system.multicall`.
///
/// # Errors
/// It is not a call, or one of `system.multicall` itself.
pub(crate) fn inner_call(value: &Value) -> Result<(&str, Vec<Value>), RpcError> {
    let call: &Map<String, Value> = value.as_object().ok_or(RpcError::NotStruct)?;
    let method = call.get("methodName").and_then(Value::as_str);
    let method = method.ok_or(RpcError::NoMethodName)?;
    if method == "system.multicall" {
        return Err(RpcError::Recursive);
    }
    let params = call.get("params").and_then(Value::as_array);
    Ok((method, params.cloned().unwrap_or_default()))
}
