//! SOCKS proxies, which resolve the host name themselves.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use super::assertions::has_correct_bytes;
use super::fault_server::FaultServer;
use super::process;
use super::sandbox::Sandbox;
use super::scenario::{LEN, Scenario};

/// A SOCKS proxy that connects every request to one server, and records the requested hosts.
struct SocksProxy {
    addr: SocketAddr,
    hosts: Arc<Mutex<Vec<String>>>,
    stops: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl SocksProxy {
    fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let addr = listener.local_addr().unwrap();
        let (hosts, stops) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let (recorded, stopping) = (Arc::clone(&hosts), Arc::clone(&stops));
        let accept = move || {
            let mut relays = Vec::new();
            for stream in listener.incoming().flatten() {
                if stopping.load(Ordering::Relaxed) {
                    break;
                }
                let recorded = Arc::clone(&recorded);
                relays.push(spawn(move || {
                    // The client may close at any time.
                    let _ = serve(stream, server, &recorded);
                }));
            }
            for relay in relays {
                relay.join().unwrap();
            }
        };
        Self {
            addr,
            hosts,
            stops,
            thread: Some(spawn(accept)),
        }
    }
}

impl Drop for SocksProxy {
    fn drop(&mut self) {
        self.stops.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.addr);
        self.thread.take().unwrap().join().unwrap();
    }
}

fn spawn(work: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    let builder = Builder::new().name("socks".to_owned());
    builder.spawn(work).unwrap()
}

fn serve(mut client: TcpStream, server: SocketAddr, hosts: &Mutex<Vec<String>>) -> io::Result<()> {
    let host = match byte(&mut client)? {
        4 => socks4a(&mut client)?,
        _ => socks5(&mut client)?,
    };
    hosts.lock().unwrap().push(host);
    let mut server = TcpStream::connect(server)?;
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    let upward = spawn(move || {
        let _ = io::copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Both);
    });
    let _ = io::copy(&mut server, &mut client);
    let _ = client.shutdown(Shutdown::Both);
    upward.join().unwrap();
    Ok(())
}

fn byte(from: &mut impl Read) -> io::Result<u8> {
    let mut byte = [0];
    from.read_exact(&mut byte)?;
    Ok(byte[0])
}

fn bytes(from: &mut impl Read, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; len];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn socks4a(client: &mut TcpStream) -> io::Result<String> {
    bytes(client, 7)?;
    while byte(client)? != 0 {}
    let mut host = Vec::new();
    loop {
        match byte(client)? {
            0 => break,
            byte => host.push(byte),
        }
    }
    client.write_all(&[0, 90, 0, 0, 0, 0, 0, 0])?;
    Ok(String::from_utf8_lossy(&host).into_owned())
}

/// Demands the login `lara`, `hush-hush`.
fn socks5(client: &mut TcpStream) -> io::Result<String> {
    let methods = byte(client)?.into();
    if !bytes(client, methods)?.contains(&2) {
        client.write_all(&[5, 0xFF])?;
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    client.write_all(&[5, 2])?;
    byte(client)?;
    let [name, password] = [(); 2].map(|()| {
        let len = byte(client)?.into();
        bytes(client, len)
    });
    let is_right = name? == b"lara" && password? == b"hush-hush";
    client.write_all(&[1, u8::from(!is_right)])?;
    bytes(client, 4)?;
    let len = byte(client)?.into();
    let host = bytes(client, len)?;
    bytes(client, 2)?;
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
    Ok(String::from_utf8_lossy(&host).into_owned())
}

fn get(url: &str, connections: u16, proxy: &str) -> (Sandbox, process::RunResult) {
    let sandbox = Sandbox::new();
    let mut command = process::lanes(&sandbox, url, connections);
    command.env("all_proxy", proxy);
    let run = process::run(&mut command, Duration::from_secs(30));
    (sandbox, run)
}

#[test]
fn socks_proxies_resolve_the_host_name() {
    let server = FaultServer::start(Scenario::new("socks"));
    let proxy = SocksProxy::to(server.addr());
    let addr = proxy.addr;
    for scheme in [
        "socks5://lara:hush-hush@",
        "socks5h://lara:hush-hush@",
        "socks4a://",
    ] {
        for connections in [1, 5, 20] {
            let url = "http://files.example/file.bin";
            let (sandbox, run) = get(url, connections, &format!("{scheme}{addr}"));
            assert_eq!(run.code, Some(0), "{scheme} × {connections}: {run:?}");
            assert!(has_correct_bytes(&sandbox, "file.bin", LEN));
        }
    }
    let hosts = proxy.hosts.lock().unwrap();
    assert!(hosts.len() >= 9 && hosts.iter().all(|host| host == "files.example"));
}

#[test]
fn refusals_of_socks_proxies_are_told_at_once() {
    let server = FaultServer::start(Scenario::new("socks"));
    let proxy = SocksProxy::to(server.addr());
    let addr = proxy.addr;
    for (url, word) in [
        (format!("socks5://{addr}"), "requires a login"),
        (
            format!("socks5://lara:wrong@{addr}"),
            "refuses the user name",
        ),
    ] {
        let (_, run) = get("http://files.example/file.bin", 5, &url);
        assert!(
            run.code == Some(1) && run.stderr.contains(word),
            "{url}: {run:?}"
        );
        assert!(run.elapsed < Duration::from_secs(5), "{url}: {run:?}");
        assert!(!run.stderr.contains("wrong"), "{run:?}");
    }
    assert!(
        server
            .requests()
            .iter()
            .all(|logged| logged.request.method != "GET")
    );
}

#[test]
fn a_variable_that_names_no_proxy_is_an_error() {
    let (_, run) = get("http://127.0.0.1:1/file.bin", 1, "gopher://proxy:1");
    assert!(
        run.code == Some(1) && run.stderr.contains("all_proxy in the environment"),
        "{run:?}"
    );
}
