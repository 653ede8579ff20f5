"""Serves a folder with a Python library, as the documentation of the library shows it: python_apps.py NAME PORT FOLDER"""
import sys

HOST = "127.0.0.1"


def aiohttp(port, folder):
    from aiohttp import web
    app = web.Application()
    app.add_routes([web.static("/", folder)])
    web.run_app(app, host=HOST, port=port, print=None)


def starlette(port, folder):
    import uvicorn
    from starlette.applications import Starlette
    from starlette.routing import Mount
    from starlette.staticfiles import StaticFiles
    uvicorn.run(Starlette(routes=[Mount("/", StaticFiles(directory=folder))]), host=HOST, port=port, log_level="warning")


def flask(port, folder):
    from flask import Flask, send_from_directory
    app = Flask("files", static_folder=None)
    app.route("/<path:name>")(lambda name: send_from_directory(folder, name))
    app.run(HOST, port, threaded=True)


def tornado(port, folder):
    import asyncio
    from tornado.web import Application, StaticFileHandler

    async def serve():
        Application([("/(.*)", StaticFileHandler, {"path": folder})]).listen(port, HOST)
        await asyncio.Event().wait()
    asyncio.run(serve())


def twisted(port, folder):
    from twisted.internet import reactor
    from twisted.web.server import Site
    from twisted.web.static import File
    reactor.listenTCP(port, Site(File(folder)), interface=HOST)
    reactor.run()


def whitenoise(port, folder):
    from waitress import serve
    from whitenoise import WhiteNoise

    def not_found(_, start):
        start("404 Not Found", [("Content-Length", "0")])
        return []
    serve(WhiteNoise(not_found, root=folder), host=HOST, port=port, threads=24)


def sanic(port, folder):
    from sanic import Sanic
    app = Sanic("files", configure_logging=False)
    app.static("/", folder, use_content_range=True, name="files")
    app.run(HOST, port, single_process=True, access_log=False, motd=False)


def falcon(port, folder):
    import falcon as library
    from waitress import serve
    app = library.App()
    app.add_static_route("/", folder)
    serve(app, host=HOST, port=port, threads=24)


def robyn(port, folder):
    from robyn import Robyn
    app = Robyn("files")
    app.serve_directory(route="/", directory_path=folder)
    app.start(host=HOST, port=port)


if __name__ == "__main__":
    sys.path.remove(sys.path[0])  # this folder, whose modules have names of their own
    name, port, folder = sys.argv[1:4]
    function = globals()[name]
    sys.argv[1:] = []  # some libraries read the arguments
    function(int(port), folder)
