"""Asks a server for what its peers answer differently, and describes the answers in a few characters each.

SURPRISES.md explains the unusual ones; this shows that a version still gives them.
"""
import contextlib
import os
import socket
from typing import NamedTuple

LENGTH = 100_000


class Question(NamedTuple):
    """A request; `fields` may use the ETag that the server sent before."""
    name: str
    path: str
    fields: dict
    method: str = "GET"


FILE, EMPTY = "answers.bin", "answers-empty.bin"
QUESTIONS = (
    Question("HEAD", FILE, {}, "HEAD"),
    Question("0-", FILE, {"Range": "bytes=0-"}),
    Question("0-0", FILE, {"Range": "bytes=0-0"}),
    Question("1-", FILE, {"Range": "bytes=1-"}),
    Question("end beyond", FILE, {"Range": f"bytes={LENGTH - 100}-{LENGTH + 99}"}),
    Question("start beyond", FILE, {"Range": f"bytes={LENGTH}-"}),
    Question("start far beyond", FILE, {"Range": f"bytes={3 * LENGTH}-{4 * LENGTH - 1}"}),
    Question("empty, 0-", EMPTY, {"Range": "bytes=0-"}),
    Question("If-Range", FILE, {"Range": "bytes=1-", "If-Range": "ETAG"}),
    Question("If-Range, another", FILE, {"Range": "bytes=1-", "If-Range": "\"another\""}),
    Question("If-Match", FILE, {"Range": "bytes=1-", "If-Match": "ETAG"}),
)


def prepare(folder):
    for name, length in ((FILE, LENGTH), (EMPTY, 0)):
        (folder / name).write_bytes(bytes(length))
        os.utime(folder / name, (1_700_000_000, 1_700_000_000))  # long ago, so that ETags are strong


def ask_all(port, prefix):
    """Returns the answers by name of the question, and the validators of the file."""
    _, fields, _ = ask(port, prefix, Question("", FILE, {}), None)
    etag = fields.get("etag")
    kinds = ["weak ETag" if etag.startswith("W/") else "ETag"] if etag else []
    kinds += ["date"] if "last-modified" in fields else []
    answers = {"validators": " + ".join(kinds) or "none"}
    for question in QUESTIONS:
        if etag is None and "ETAG" in question.fields.values():
            answers[question.name] = "–"
            continue
        with contextlib.suppress(OSError, ValueError, IndexError):
            answers[question.name] = describe(question.method, *ask(port, prefix, question, etag))
    return answers


def ask(port, prefix, question, etag):
    """Returns the status, the header fields, and the number of bytes after the head until the server stops sending. Reads the
    socket itself, as an HTTP library would hide what contradicts the head."""
    fields = {name: etag if value == "ETAG" else value for name, value in question.fields.items()}
    lines = [f"{question.method} {prefix}{question.path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Connection: close",
             *(f"{name}: {value}" for name, value in fields.items())]
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        with contextlib.suppress(OSError):
            while part := connection.recv(65536):
                received += part
    head, _, body = received.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in rest)
    return int(first.split()[1]), {name.strip().lower(): value.strip() for name, _, value in pairs}, len(body)


def describe(method, status, fields, received):
    """Writes an answer as status, range, and length where it is not the one of the range."""
    words = [str(status)]
    if "content-range" in fields:
        words.append(fields["content-range"].removeprefix("bytes "))
    announced = fields.get("content-length")
    if announced is None:
        words.append("no length")
    elif method == "HEAD":
        words.append(f"{announced} bytes" + (f", sent {received}" if received else ""))
    elif status != 206 or announced != str(received):
        words.append(f"{announced} bytes" if announced == str(received) else f"{announced} bytes, sent {received}")
    return " ".join(words)
