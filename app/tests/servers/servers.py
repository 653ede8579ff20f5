"""The table of servers: the name, the packages that it needs, and the function that returns its command."""
from pathlib import Path
from typing import Callable, NamedTuple

import debian_servers as debian

HERE = Path(__file__).parent


class Server(NamedTuple):
    """A server of plain files. The first of `packages` gives the version; `prefix` precedes the name of a file in URLs."""
    name: str
    packages: tuple[str, ...]
    command: Callable
    prefix: str = "/"


def python_app(name):
    return lambda place: [place.packages.python, HERE / "python_apps.py", name, place.port, place.folder]


def node_app(name):
    return lambda place: ["node", HERE / "node_apps.mjs", place.packages.npm, name, place.port, place.folder]


def http_server(place):
    return [place.packages.python, "-m", "http.server", place.port, "--bind", "127.0.0.1", "-d", place.folder]


def range_http_server(place):
    return ["env", "-C", place.folder, place.packages.python, "-m", "RangeHTTPServer", place.port, "--bind", "127.0.0.1"]


def wsgidav(place):
    return [place.packages.python, "-m", "wsgidav.server.server_cli", "--host", "127.0.0.1", "--port", place.port,
            "--root", place.folder, "--auth", "anonymous", "--server", "cheroot", "--no-config"]


def granian(place):
    place.file("app.py", "async def app(scope, receive, send):\n    pass\n")
    return ["env", "-C", place.work, place.packages.python, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1",
            "--port", place.port, "--static-path-mount", place.folder, "app:app"]


def copyparty(place):
    return [place.packages.python, "-m", "copyparty", "-i", "127.0.0.1", "-p", place.port, "-v", f"{place.folder}::r", "-q",
            "--no-thumb"]


def node_program(*words):
    """Returns a function that replaces PORT and FOLDER in the words of a command."""
    return lambda place: [{"PORT": place.port, "FOLDER": place.folder}.get(word, word) for word in words]


SERVERS = (
    Server("nginx", ("nginx",), debian.nginx),
    Server("Apache httpd", ("apache2-bin",), debian.apache),
    Server("lighttpd", ("lighttpd",), debian.lighttpd),
    Server("Caddy", ("caddy",), debian.caddy),
    Server("h2o", ("h2o",), debian.h2o),
    Server("webfs", ("webfs",), debian.webfs),
    Server("mini_httpd", ("mini-httpd",), debian.mini_httpd),
    Server("merecat", ("merecat",), debian.merecat),
    Server("civetweb", ("civetweb",), debian.civetweb),
    Server("BusyBox httpd", ("busybox",), debian.busybox),
    Server("rclone http", ("rclone",), debian.rclone_http),
    Server("rclone webdav", ("rclone",), debian.rclone_webdav),
    Server("Tomcat", ("tomcat10",), debian.tomcat),
    Server("aiohttp", ("aiohttp",), python_app("aiohttp")),
    Server("Starlette", ("starlette", "uvicorn"), python_app("starlette")),
    Server("Flask", ("flask", "werkzeug"), python_app("flask")),
    Server("Tornado", ("tornado",), python_app("tornado")),
    Server("Twisted", ("twisted",), python_app("twisted")),
    Server("WsgiDAV", ("wsgidav", "cheroot"), wsgidav),
    Server("WhiteNoise", ("whitenoise", "waitress"), python_app("whitenoise")),
    Server("Sanic", ("sanic",), python_app("sanic")),
    Server("Falcon", ("falcon", "waitress"), python_app("falcon")),
    Server("Robyn", ("robyn",), python_app("robyn")),
    Server("Granian", ("granian",), granian, "/static/"),
    Server("RangeHTTPServer", ("rangehttpserver",), range_http_server),
    Server("copyparty", ("copyparty",), copyparty),
    Server("http.server", (), http_server),
    Server("http-server", ("http-server",),
           node_program("http-server", "FOLDER", "-a", "127.0.0.1", "-p", "PORT", "-s", "-c-1")),
    Server("serve", ("serve",), node_program("serve", "-L", "-n", "-l", "PORT", "FOLDER")),
    Server("sirv-cli", ("sirv-cli",), node_program("sirv", "FOLDER", "--host", "127.0.0.1", "--port", "PORT", "--quiet")),
    Server("local-web-server", ("local-web-server",),
           node_program("ws", "--hostname", "127.0.0.1", "--port", "PORT", "--directory", "FOLDER")),
    Server("Express", ("express",), node_app("express")),
    Server("Fastify", ("@fastify/static", "fastify"), node_app("fastify")),
    Server("Koa", ("koa-range", "koa-send", "koa"), node_app("koa")),
    Server("hapi", ("@hapi/inert", "@hapi/hapi"), node_app("hapi")),
    Server("Hono", ("hono", "@hono/node-server"), node_app("hono")),
    Server("webdav-server", ("webdav-server",), node_app("webdav")),
)
