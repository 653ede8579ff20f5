"""Drives lanes serve with the real aria2p. See README.md."""

import argparse
import base64
import os
import signal
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
# The library has the name of this file: the folder of a script must not be searched for it.
sys.path[:] = [path for path in sys.path if os.path.abspath(path or ".") != HERE]


def environment(folder):
    """Makes a virtual environment with the pinned packages, and returns its Python."""
    python = os.path.join(folder, "bin", "python")
    try:
        if not os.path.exists(python):
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        needed = os.path.join(HERE, "requirements.txt")
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", needed], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"aria2p cannot be installed: {error}")
        sys.exit(3)
    return python


def main():
    """Runs the checks in a virtual environment."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lanes", help="the program")
    parser.add_argument("--venv", help="folder of the virtual environment, kept for further runs")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lanes-aria2p-") as folder:
        if args.inside:
            check(args.lanes, folder)
            return
        python = environment(args.venv or os.path.join(folder, "venv"))
        done = subprocess.run([python, os.path.abspath(__file__), args.lanes, "--inside"], check=False)
    sys.exit(done.returncode)


def check(program, folder):
    """Drives a daemon; raises an error at the first thing that does not hold."""
    sys.path.append(HERE)
    from lanes_daemon import Daemon, web_server

    daemon, web = Daemon(program, folder, "--rpc-secret", "s3cret"), web_server()
    try:
        checks = Checks(daemon, f"http://127.0.0.1:{web.server_address[1]}", web)
        for name in ["add", "steer", "order_and_options", "errors", "notifications", "calls", "restart"]:
            getattr(checks, name)()
            print(f"ok {name}", flush=True)
    finally:
        daemon.kill()
        web.shutdown()


class Checks:
    """The checks, each of which leaves an empty queue."""

    def __init__(self, daemon, url, web):
        self.daemon, self.url, self.web = daemon, url, web
        self.connect()

    def connect(self):
        """Makes the objects of aria2p for the daemon's port."""
        import aria2p

        self.module = aria2p
        self.client = aria2p.Client(host="http://127.0.0.1", port=self.daemon.port, secret="s3cret")
        self.api = aria2p.API(self.client)

    def complete(self, download):
        """Waits until a download is complete, and checks the bytes of its file."""
        from lanes_daemon import CONTENT
        from waiting import wait_for

        def ready():
            download.update()
            assert not download.has_failed, download.error_message
            return download.is_complete

        wait_for("the download", ready)
        with open(download.files[0].path, "rb") as file:
            assert file.read() == CONTENT

    def add(self):
        """Adds with options, and reads the objects."""
        options = {"header": ["Cookie: a=1", "X-B: 2"], "out": "named.bin", "split": "3", "user-agent": "me"}
        download = self.api.add_uris([f"{self.url}/a.bin"], options=options)
        self.complete(download)
        assert download.name == "named.bin" and download.progress == 100.0, download.name
        assert str(download.dir) == self.daemon.downloads
        assert download.total_length == download.completed_length == 2 << 20
        assert download.error_code == "0" and download.num_pieces == 2 and download.bitfield == "c0"
        _, headers = self.web.requests[0]
        assert headers["Cookie"] == "a=1" and headers["X-B"] == "2" and headers["User-Agent"] == "me", headers
        metalink = os.path.join(self.daemon.folder, "m.meta4")
        with open(metalink, "w", encoding="utf-8") as file:
            file.write(
                "<metalink xmlns='urn:ietf:params:xml:ns:metalink'><file name='m.bin'>"
                f"<url>{self.url}/m.bin</url></file></metalink>"
            )
        [download] = self.api.add_metalink(metalink)
        self.complete(download)
        assert self.api.purge() and self.api.get_downloads() == []

    def steer(self):
        """Pauses, resumes and removes a running download."""
        from waiting import wait_for

        download = self.api.add_uris([f"{self.url}/slow.bin"], options={"split": "1"})
        wait_for("bytes", lambda: self.api.get_download(download.gid).completed_length > 0)
        stats = self.api.get_stats()
        assert stats.num_active == 1 and stats.num_waiting == 0
        assert self.client.get_servers(download.gid)[0]["servers"][0]["uri"].endswith("/slow.bin")
        assert all(self.api.pause([download]))
        download.update()
        assert download.is_paused and not download.has_failed
        assert all(self.api.resume([download]))
        wait_for("the start", lambda: self.api.get_download(download.gid).is_active)
        assert self.api.pause_all() and self.api.resume_all()
        assert all(self.api.remove([self.api.get_download(download.gid)], force=True))
        assert self.api.get_downloads() == []

    def order_and_options(self):
        """Changes the order and the options of waiting downloads."""
        add = lambda name: self.api.add_uris([f"{self.url}/{name}"], options={"pause": "true"})
        first, second, third = add("1"), add("2"), add("3")
        gids = lambda: [download.gid for download in self.api.get_downloads()]
        assert gids() == [first.gid, second.gid, third.gid]
        assert self.api.move_to_top(third) == 0 and self.api.move_down(third) == 1
        assert self.api.move_to_bottom(first) == 2
        assert gids() == [third.gid, second.gid, first.gid]
        assert all(self.api.set_options({"max-download-limit": "50K"}, [first]))
        [options] = self.api.get_options([first])
        assert options.max_download_limit == 50 << 10, options.max_download_limit
        assert self.api.set_global_options({"max-concurrent-downloads": "2"})
        assert self.api.get_global_options().max_concurrent_downloads == 2
        assert self.client.change_uri(first.gid, 1, [f"{self.url}/1"], [f"{self.url}/x", f"{self.url}/y"]) == [1, 2]
        uris = [one["uri"] for one in self.client.get_uris(first.gid)]
        assert uris == [f"{self.url}/x", f"{self.url}/y"], uris
        assert self.api.remove_all(force=True)
        assert self.api.get_downloads() == []

    def errors(self):
        """Finds errors as exceptions."""
        for call, words in [
            (lambda: self.client.tell_status("00000000000000ff"), "is not found"),
            (lambda: self.client.add_uri(["magnet:?xt=urn:btih:00"]), "BitTorrent"),
            (lambda: self.client.add_uri([f"{self.url}/f"], {"dir": "/etc"}), "outside of"),
            (lambda: self.client.add_torrent("AAAA", []), "BitTorrent"),
            (lambda: self.client.shutdown(), "SIGTERM"),
            (lambda: self.client.force_shutdown(), "SIGTERM"),
            (lambda: self.module.Client(port=self.daemon.port, secret="x").get_version(), "Unauthorized"),
        ]:
            try:
                call()
            except self.module.ClientException as error:
                assert words in str(error), error
            else:
                raise AssertionError(f"no error with: {words}")

    def notifications(self):
        """Listens while downloads start, pause, stop, fail and end."""
        from waiting import wait_for

        seen = []
        note = lambda name: lambda _api, gid: seen.append((name, gid))
        names = ["start", "pause", "stop", "complete", "error"]
        thread = threading.Thread(
            target=self.api.listen_to_notifications,
            kwargs={"timeout": 1, "handle_signals": False, **{f"on_download_{name}": note(name) for name in names}},
        )
        thread.start()

        def is_listening():
            probe = self.client.add_uri([f"{self.url}/probe"], {"pause": "true"})
            self.client.unpause(probe)
            return ("start", probe) in seen or wait_quietly(("start", probe))

        def wait_quietly(event):
            try:
                return wait_for("a notification", lambda: event in seen, 2)
            except AssertionError:
                return False

        wait_for("the subscription", is_listening)
        slow = self.client.add_uri([f"{self.url}/slow"])
        lost = self.client.add_uri(["http://127.0.0.1:9/lost"])
        wait_for("a start and a failure", lambda: {("start", slow), ("error", lost)} <= set(seen))
        self.client.pause(slow)
        self.client.force_remove(slow)
        quick = self.client.add_uri([f"{self.url}/quick"])
        expected = {("pause", slow), ("stop", slow), ("complete", quick)}
        wait_for(f"{expected}", lambda: expected <= set(seen))
        self.api.stop_listening()
        thread.join(30)
        assert not thread.is_alive()
        self.api.purge()

    def calls(self):
        """Calls the methods that the objects do not use."""
        client = self.client
        gid = client.add_uri([f"{self.url}/c"], {"pause": "true"})
        data = base64.b64encode(b"<metalink/>").decode()
        results = client.multicall2([(client.TELL_STATUS, [gid, ["gid"]]), (client.GET_VERSION, []), (client.ADD_METALINK, [data])])
        assert results[0] == [{"gid": gid}] and results[1][0]["version"] == "1.37.0", results
        assert results[2]["code"] == 1, results
        batch = client.batch_call([(client.GET_GLOBAL_STAT, [], 1), (client.TELL_STATUS, [gid], 2)])
        assert len(batch) == 2
        assert client.force_pause_all() == client.pause_all() == client.unpause_all() == "OK"
        assert client.get_peers(gid) == [] and client.get_files(gid)[0]["index"] == "1"
        assert len(client.get_session_info()["sessionId"]) == 40
        assert client.save_session() == "OK"
        assert set(client.METHODS) - {"aria2.addTorrent"} <= set(client.list_methods())
        assert len(client.list_notifications()) == 5
        self.api.remove_all(force=True)
        self.api.purge()

    def restart(self):
        """Kills the daemon; the queue is as it was, and the download goes on."""
        gid = self.client.add_uri([f"{self.url}/slow-again.bin"], {"split": "1"})
        paused = self.client.add_uri([f"{self.url}/p"], {"pause": "true"})
        from waiting import wait_for

        wait_for("bytes", lambda: self.api.get_download(gid).completed_length > 0)
        self.daemon.end(signal.SIGKILL)
        self.daemon.start()
        self.connect()
        downloads = {download.gid: download.status for download in self.api.get_downloads()}
        assert downloads == {gid: "active", paused: "paused"}, downloads
        self.complete(self.api.get_download(gid))
        seconds = self.daemon.end(signal.SIGTERM)
        assert seconds < 10 and self.daemon.process.returncode == 0, seconds


if __name__ == "__main__":
    main()
