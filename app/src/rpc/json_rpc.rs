//! JSON-RPC 2.0: takes requests apart, checks the token, and makes the responses.

use serde_json::{Value, json};

use super::backend::Backend;
use super::methods;
use super::params::Params;
use super::rpc_error::RpcError;

/// Most calls in one batch or `system.multicall`.
const MAX_CALLS: usize = 20_000;

/// The response to a body.
pub(crate) struct Response {
    /// HTTP status.
    pub status: u16,
    /// The JSON.
    pub body: String,
    /// Set if a token was wrong. The answer is then delayed, so that guessing takes long.
    pub is_unauthorized: bool,
}

/// Answers the body of a request: one call or a batch.
pub(crate) fn answer(backend: &dyn Backend, secret: Option<&str>, body: &[u8]) -> Response {
    let mut caller = Caller {
        backend,
        secret,
        is_unauthorized: false,
    };
    let (status, body) = match serde_json::from_slice(body) {
        Err(_) => failure(&Value::Null, &RpcError::Parse),
        Ok(Value::Array(calls)) if !calls.is_empty() && calls.len() <= MAX_CALLS => {
            let answers: Vec<Value> = calls
                .into_iter()
                .map(|call| caller.request(call).1)
                .collect();
            (200, Value::Array(answers))
        }
        Ok(call) => caller.request(call),
    };
    Response {
        status,
        body: body.to_string(),
        is_unauthorized: caller.is_unauthorized,
    }
}

fn failure(id: &Value, error: &RpcError) -> (u16, Value) {
    let body = json!({ "jsonrpc": "2.0", "id": id, "error": object(error) });
    (error.http_status(), body)
}

fn object(error: &RpcError) -> Value {
    json!({ "code": error.code(), "message": error.to_string() })
}

struct Caller<'a> {
    backend: &'a dyn Backend,
    secret: Option<&'a str>,
    is_unauthorized: bool,
}

impl Caller<'_> {
    /// Answers one call. Returns the HTTP status with the response.
    fn request(&mut self, mut call: Value) -> (u16, Value) {
        let Some(id) = call.get_mut("id").map(Value::take) else {
            return failure(&Value::Null, &RpcError::InvalidRequest);
        };
        let result = match (
            call.get("method").and_then(Value::as_str),
            call.get("params"),
        ) {
            (None, _) => Err(RpcError::InvalidRequest),
            (Some(_), Some(params)) if !params.is_array() && !params.is_null() => {
                Err(RpcError::InvalidParams)
            }
            (Some(method), params) => {
                let params = params
                    .and_then(Value::as_array)
                    .cloned()
                    .unwrap_or_default();
                self.call(method, params)
            }
        };
        match result {
            Ok(result) => (200, json!({ "jsonrpc": "2.0", "id": id, "result": result })),
            Err(error) => failure(&id, &error),
        }
    }

    fn call(&mut self, method: &str, params: Vec<Value>) -> Result<Value, RpcError> {
        let (token, params) = Params::new(params);
        if method == "system.multicall" {
            return self.multicall(&params);
        }
        if !methods::is_public(method) && !self.is_authorized(token.as_deref()) {
            self.is_unauthorized = true;
            return Err(RpcError::Unauthorized);
        }
        methods::call(self.backend, method, &params)
    }

    /// Makes the calls of `system.multicall`; each has its own token, its own result in an array, or an error.
    fn multicall(&mut self, params: &Params) -> Result<Value, RpcError> {
        let calls = params.array(0)?;
        if calls.len() > MAX_CALLS {
            return Err(RpcError::InvalidParams);
        }
        let results = calls.iter().map(|value| {
            let result =
                methods::inner_call(value).and_then(|(method, params)| self.call(method, params));
            match result {
                Ok(result) => Value::Array(vec![result]),
                Err(error) => object(&error),
            }
        });
        Ok(results.collect())
    }

    /// Checks a token in a time that does not depend on how much of it is right. Without a secret any will do.
    fn is_authorized(&self, token: Option<&str>) -> bool {
        let Some(secret) = self.secret else {
            return true;
        };
        let token = token.unwrap_or_default();
        let differences = secret
            .bytes()
            .zip(token.bytes())
            .fold(0, |all, (a, b)| all | (a ^ b));
        secret.len() == token.len() && differences == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::daemon::Daemon;

    #[test]
    fn any_parameters_of_any_method_have_an_answer() {
        let temp = tempfile::tempdir().unwrap();
        let (daemon, _) = Daemon::start(&temp.path().join("d"), &temp.path().join("s")).unwrap();
        let gid = "00000000000000aa";
        let answer = |call: Value| {
            let response = answer(&daemon, None, call.to_string().as_bytes());
            assert!([200, 400, 500].contains(&response.status), "{call}");
            let json: Value = serde_json::from_str(&response.body).unwrap();
            assert_eq!(json["id"], call["id"]);
            json
        };
        let options = json!({ "pause": "true", "gid": gid, "dir": "sub", "split": "99999999999" });
        let call =
            json!({ "id": 0, "method": "aria2.addUri", "params": [["http://h/f"], options] });
        assert_eq!(answer(call)["result"], gid);
        let values = [
            Value::Null,
            json!(true),
            json!(1),
            json!(i64::MIN),
            json!(i64::MAX),
            json!(1.5),
            json!(""),
            json!("token:"),
            json!(gid),
            json!("POS_END"),
            json!([]),
            json!(["http://h/\u{0}"]),
            json!([[]]),
            json!({}),
            json!({ "header": [1, "a: b"], "out": [], "pause": "true" }),
        ];
        for method in methods::METHODS {
            answer(json!({ "id": null, "method": method }));
            for (index, value) in values.iter().enumerate() {
                answer(json!({ "id": index, "method": method, "params": [value] }));
                for other in &values {
                    answer(json!({ "id": "x", "method": method, "params": [gid, value, other] }));
                    answer(json!({ "id": [], "method": method, "params": [value, other, gid] }));
                }
            }
        }
        daemon.close();
    }
}
