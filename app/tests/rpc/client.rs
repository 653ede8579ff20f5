//! Raw HTTP and WebSocket clients.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

/// A response.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Response {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }
}

/// Sends requests to a daemon, each over a connection of its own.
#[derive(Clone)]
pub struct Client {
    addr: SocketAddr,
    token: Option<String>,
}

impl Client {
    pub fn new(addr: SocketAddr) -> Self {
        Self { addr, token: None }
    }

    /// Sends this token with each call.
    pub fn with_token(mut self, token: &str) -> Self {
        self.token = Some(format!("token:{token}"));
        self
    }

    /// Sends a request with these fields behind the Host, and a body.
    pub fn send(
        &self,
        method: &str,
        target: &str,
        fields: &[(&str, &str)],
        body: &[u8],
    ) -> Response {
        let host = self.addr.to_string();
        let mut all = vec![("Host", host.as_str()), ("Connection", "close")];
        all.retain(|(name, _)| !fields.iter().any(|(other, _)| other == name));
        all.extend(fields);
        let mut head = format!(
            "{method} {target} HTTP/1.1\r\nContent-Length: {}\r\n",
            body.len()
        );
        for (name, value) in all {
            head += &format!("{name}: {value}\r\n");
        }
        let mut stream = connect(self.addr);
        stream.write_all((head + "\r\n").as_bytes()).unwrap();
        // A server that refuses a body may close before all of it is sent.
        let _ = stream.write_all(body);
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text
            .split_once("\r\n\r\n")
            .unwrap_or_else(|| panic!("{text:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Response {
            status,
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    /// Posts a JSON body as a client without a Content-Type does.
    pub fn post(&self, body: &Value) -> Response {
        self.send("POST", "/jsonrpc", &[], body.to_string().as_bytes())
    }

    /// Calls a method.
    pub fn call(&self, method: &str, params: Value) -> Response {
        let mut all: Vec<Value> = self.token.iter().map(|token| json!(token)).collect();
        let Value::Array(params) = params else {
            panic!("not an array: {params}");
        };
        all.extend(params);
        self.post(&json!({ "jsonrpc": "2.0", "id": "1", "method": method, "params": all }))
    }

    /// Calls a method and returns its result.
    pub fn result(&self, method: &str, params: Value) -> Value {
        let response = self.call(method, params);
        assert_eq!(response.status, 200, "{response:?}");
        assert!(
            response.head.contains("application/json-rpc"),
            "{response:?}"
        );
        let json = response.json();
        assert_eq!(
            (&json["jsonrpc"], &json["id"]),
            (&json!("2.0"), &json!("1"))
        );
        json["result"].clone()
    }

    /// Calls a method that fails, and returns the message. Some clients see only the status of the response.
    pub fn error(&self, method: &str, params: Value) -> String {
        let response = self.call(method, params);
        assert_eq!(response.status, 400, "{response:?}");
        let json = response.json();
        assert_eq!(json["error"]["code"], 1, "{json}");
        json["error"]["message"].as_str().unwrap().to_owned()
    }

    /// Opens a WebSocket.
    pub fn web_socket(&self) -> Socket {
        let url = format!("ws://{}/jsonrpc", self.addr);
        let (socket, _) = tungstenite::client(url, connect(self.addr)).unwrap();
        Socket(socket)
    }
}

pub fn connect(addr: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(addr).unwrap();
    let timeout = Some(Duration::from_secs(60));
    stream.set_read_timeout(timeout).unwrap();
    stream.set_write_timeout(timeout).unwrap();
    stream
}

/// An open WebSocket.
pub struct Socket(WebSocket<TcpStream>);

impl Socket {
    pub fn send(&mut self, json: &Value) {
        self.0.send(Message::text(json.to_string())).unwrap();
    }

    /// Reads the next message.
    pub fn read(&mut self) -> Value {
        loop {
            if let Message::Text(text) = self.0.read().unwrap() {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }

    /// Sends a call and reads its response. Notifications in between are dropped.
    pub fn call(&mut self, call: &Value) -> Value {
        self.send(call);
        loop {
            let answer = self.read();
            if answer.get("id").is_some() || answer.is_array() {
                return answer;
            }
        }
    }

    /// Reads until the notification of this method for this download.
    pub fn wait_for(&mut self, method: &str, gid: &str) {
        let expected = json!({ "jsonrpc": "2.0", "method": method, "params": [{ "gid": gid }] });
        while self.read() != expected {}
    }
}
