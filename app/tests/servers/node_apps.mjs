// Serves a folder with a Node library, as its documentation shows it: node node_apps.mjs NODE_MODULES NAME PORT FOLDER
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
const [modules, name, port, folder] = process.argv.slice(2)
const require = createRequire(`${modules}/`)
const load = (library) => import(pathToFileURL(require.resolve(library)))
const host = '127.0.0.1'

const apps = {
  async express() {
    const express = require('express')
    express().use(express.static(folder)).listen(port, host)
  },
  async fastify() {
    const app = require('fastify')()
    app.register(require('@fastify/static'), { root: folder })
    await app.listen({ port, host })
  },
  async koa() {
    const { default: Koa } = await load('koa')
    const range = require('koa-range')
    const send = require('koa-send')
    new Koa().use(range).use((context) => send(context, context.path, { root: folder })).listen(port, host)
  },
  async hapi() {
    const server = require('@hapi/hapi').server({ port, host })
    await server.register(require('@hapi/inert'))
    server.route({ method: 'GET', path: '/{name*}', handler: { directory: { path: folder } } })
    await server.start()
  },
  async hono() {
    const { Hono } = await load('hono')
    const { serve } = await load('@hono/node-server')
    const { serveStatic } = await load('@hono/node-server/serve-static')
    process.chdir(folder)
    serve({ fetch: new Hono().use('/*', serveStatic({ root: './' })).fetch, port: Number(port), hostname: host })
  },
  async webdav() {
    const { v2 } = require('webdav-server')
    const server = new v2.WebDAVServer({ port: Number(port), hostname: host })
    server.setFileSystem('/', new v2.PhysicalFileSystem(folder), () => server.start(() => {}))
  },
}
await apps[name]()
