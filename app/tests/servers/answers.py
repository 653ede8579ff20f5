"""Asks a server for what its peers answer differently, and describes the answers in a few characters each.

SURPRISES.md explains the unusual ones; this shows that a version still gives them.
"""
import contextlib
import http.client
import os
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
        with contextlib.suppress(OSError, http.client.HTTPException):
            answers[question.name] = describe(*ask(port, prefix, question, etag))
    return answers


def ask(port, prefix, question, etag):
    """Returns the status, the header fields, and the number of bytes of the body until the server stops sending."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    fields = {name: etag if value == "ETAG" else value for name, value in question.fields.items()}
    connection.request(question.method, prefix + question.path, headers=fields)
    response = connection.getresponse()
    received = 0
    with contextlib.suppress(OSError, http.client.HTTPException):
        while part := response.read1(65536):
            received += len(part)
    connection.close()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, received


def describe(status, fields, received):
    """Writes an answer as status, range, and length where it is not the one of the range."""
    words = [str(status)]
    if "content-range" in fields:
        words.append(fields["content-range"].removeprefix("bytes "))
    announced = fields.get("content-length")
    if announced is None:
        words.append("no length")
    elif status != 206 or announced != str(received):
        words.append(f"{announced} bytes" if announced == str(received) else f"{announced} bytes, sent {received}")
    return " ".join(words)
