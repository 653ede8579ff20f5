"""Runs nginx on a free port, over http and, with a temporary certificate, over https."""
import os, shutil, socket, subprocess, sys, time


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Nginx:
    """Serves `folder` until closed. `http` and `https` are the base URLs, `ca` is the file with the
    certificate to trust; `https` and `ca` are None without openssl."""

    def __init__(self, folder, work, host="127.0.0.1", prefix=(), tls=True):
        self.http, self.https, self.ca = f"http://{host}:{free_port()}", None, None
        listen = f"listen {self.http.removeprefix('http://')};"
        if tls and shutil.which("openssl"):
            port, self.ca = free_port(), certificate(work, host)
            self.https = f"https://{'localhost' if host == '127.0.0.1' else host}:{port}"
            listen += f"""listen {host}:{port} ssl;
                          ssl_certificate {work}/cert.pem; ssl_certificate_key {work}/key.pem;"""
        kept = "".join(f"{name}_temp_path {work}/{name};" for name in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
        (work / "nginx.conf").write_text(f"""
            daemon off; worker_processes auto; pid {work}/nginx.pid; error_log {work}/nginx.log;
            events {{ worker_connections 512; }}
            http {{ access_log off; sendfile on; tcp_nopush on; {kept} server {{ {listen} root {folder}; }} }}""")
        if os.geteuid() == 0:  # nginx workers run as another user
            for path in (work, folder):
                os.chmod(path, 0o755)
        self.process = subprocess.Popen([*prefix, "nginx", "-c", work / "nginx.conf"], stderr=subprocess.DEVNULL)
        for _ in range(100):
            if (work / "nginx.pid").exists():  # written once nginx listens
                return
            time.sleep(0.05)
        self.close()
        sys.exit("nginx did not start: " + (work / "nginx.log").read_text())

    def close(self):
        self.process.terminate()
        self.process.wait()


def certificate(work, host="127.0.0.1"):
    """Creates cert.pem and key.pem for localhost and the IP address `host`; returns the file with the CA that
    signed them."""
    (work / "extensions").write_text(f"basicConstraints=critical,CA:FALSE\nsubjectAltName=DNS:localhost,IP:{host}\n")
    key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    for words in [f"req -x509 {key} -keyout ca.key -out ca.pem -days 2 -subj /CN=BenchCA -addext keyUsage=critical,keyCertSign",
                  f"req {key} -keyout key.pem -out request.pem -subj /CN=localhost",
                  "x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile extensions -out cert.pem"]:
        subprocess.run(["openssl", *words.split()], cwd=work, check=True, stderr=subprocess.DEVNULL)
    return work / "ca.pem"
