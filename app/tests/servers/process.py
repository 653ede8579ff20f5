"""Starts a server, waits until its port accepts connections, and ends it by its process id."""
import contextlib, os, signal, socket, subprocess, threading, time

START_LIMIT = 40  # seconds until a server accepts connections


# Set by Ctrl+C: the current runs are finished, and the servers ended.
stopping = threading.Event()


class StartError(Exception):
    """The server ended, or its port stayed closed."""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def running(command, port, log, env, cwd):
    """Runs a server in a process group of its own while the block runs."""
    with open(log, "wb") as out:
        process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=subprocess.STDOUT, env=env, cwd=cwd, start_new_session=True)
    try:
        wait_for_port(process, port, log)
        yield process
    finally:
        end(process)


def wait_for_port(process, port, log):
    """Polls the port until it accepts a connection."""
    until = time.monotonic() + START_LIMIT
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if process.poll() is not None:
            raise StartError(f"ended with exit code {process.returncode}: {last_line(log)}")
        time.sleep(0.05)
    raise StartError(f"its port is closed after {START_LIMIT} s: {last_line(log)}")


def last_line(log):
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1][:200] if lines else "no output"


def end(process):
    """Ends the process group: politely, then by force."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        pass
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
