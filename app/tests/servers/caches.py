"""The table of caches: commands and configurations. Each function takes a `Place` and the port of the origin."""
from typing import Callable, NamedTuple

import debian_servers as debian


class Cache(NamedTuple):
    """A cache before an nginx."""
    name: str
    packages: tuple[str, ...]
    command: Callable


def nginx(place, origin, directives):
    temporary = "".join(f"{name}_temp_path {place.work}/{name};" for name in ("client_body", "fastcgi", "uwsgi", "scgi"))
    return ["nginx", "-p", place.work, "-c", place.file("nginx.conf", f"""
        daemon off; worker_processes 1; user root; pid {place.work}/pid; error_log {place.work}/error.log;
        events {{ }}
        http {{
            access_log off; {temporary} proxy_temp_path {place.work}/proxy; proxy_http_version 1.1;
            proxy_cache_path {place.work}/cache keys_zone=files:1m;
            server {{
                listen 127.0.0.1:{place.port};
                location / {{ proxy_pass http://127.0.0.1:{origin}; proxy_cache files; {directives} }}
            }}
        }}""")]


def nginx_plain(place, origin):
    return nginx(place, origin, "")


def nginx_lock(place, origin):
    return nginx(place, origin, "proxy_cache_lock on; proxy_cache_lock_timeout 60s; proxy_cache_lock_age 60s;")


def nginx_slice(place, origin):
    return nginx(place, origin, "slice 1m; proxy_cache_key $uri$is_args$args$slice_range; "
                                "proxy_set_header Range $slice_range; proxy_cache_valid 200 206 1h;")


def varnish(place, origin):
    return ["varnishd", "-F", "-j", "none", "-a", f"127.0.0.1:{place.port}", "-b", f"127.0.0.1:{origin}",
            "-n", place.work / "varnish", "-s", "malloc,256m"]


def squid(place, origin):
    place.work.chmod(0o777)  # Squid gives up the rights of root
    shared = place.unpacked("usr/share/squid")
    return ["squid", "-N", "-f", place.file("squid.conf", f"""
http_port 127.0.0.1:{place.port} accel defaultsite=127.0.0.1
cache_peer 127.0.0.1 parent {origin} 0 no-query no-digest originserver
http_access allow all
cache_mem 256 MB
maximum_object_size 150 MB
maximum_object_size_in_memory 150 MB
mime_table {shared}/mime.conf
icon_directory {shared}/icons
error_directory {place.unpacked("usr/share/squid-langpack") / "en"}
pid_filename {place.work}/pid
cache_log {place.work}/cache.log
coredump_dir {place.work}
access_log none
pinger_enable off
unlinkd_program {place.unpacked("usr/lib/squid/unlinkd")}
visible_hostname localhost
cache_effective_user nobody
shutdown_lifetime 0 seconds
""")]


def traffic_server(place, origin):
    for name in ("run", "log", "cache"):
        (place.work / name).mkdir()
        (place.work / name).chmod(0o777)  # Traffic Server gives up the rights of root
    place.file("etc/records.config", f"""
CONFIG proxy.config.http.server_ports STRING {place.port}:ip-in=127.0.0.1
CONFIG proxy.config.admin.user_id STRING nobody
CONFIG proxy.config.body_factory.template_sets_dir STRING {place.unpacked("etc/trafficserver/body_factory")}
CONFIG proxy.config.log.logging_enabled INT 0
CONFIG proxy.config.exec_thread.autoconfig.enabled INT 0
CONFIG proxy.config.exec_thread.limit INT 2
""")
    place.file("etc/remap.config", f"map / http://127.0.0.1:{origin}/\n")
    place.file("etc/storage.config", f"{place.work}/cache 256M\n")
    place.file("etc/ip_allow.yaml", "ip_allow:\n- {apply: in, ip_addrs: 127.0.0.1, action: allow, methods: ALL}\n")
    usr = place.unpacked("usr")
    root = place.file("runroot.yaml", f"""
prefix: {place.work}
exec_prefix: {usr}
bindir: {usr}/bin
sbindir: {usr}/sbin
sysconfdir: {place.work}/etc
datadir: {place.work}/cache
includedir: {usr}/include
libdir: {usr}/lib/trafficserver
libexecdir: {usr}/lib/trafficserver/modules
localstatedir: {place.work}/run
runtimedir: {place.work}/run
logdir: {place.work}/log
cachedir: {place.work}/cache
""")
    return ["traffic_server", f"--run-root={root}"]


def haproxy(place, origin):
    return ["haproxy", "-db", "-f", place.file("haproxy.cfg", f"""
global
    maxconn 500
    nbthread 1
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
cache files
    total-max-size 256
    max-object-size 120000000
    max-age 600
frontend web
    bind 127.0.0.1:{place.port}
    default_backend origin
backend origin
    http-request cache-use files
    http-response cache-store files
    server origin 127.0.0.1:{origin}
""")]


def apache(place, origin):
    (place.work / "cache").mkdir()
    return ["apache2", "-X", "-d", place.work, "-f", place.file("apache.conf", f"""
        {debian.apache_modules(place, "mpm_event", "authz_core", "proxy", "proxy_http", "cache", "cache_disk")}
        {debian.apache_basics(place)}
        CacheRoot {place.work}/cache
        CacheEnable disk /
        CacheMaxFileSize 200000000
        ProxyPass / http://127.0.0.1:{origin}/""")]


CACHES = (
    Cache("nginx proxy_cache", ("nginx",), nginx_plain),
    Cache("nginx proxy_cache_lock", ("nginx",), nginx_lock),
    Cache("nginx slice", ("nginx",), nginx_slice),
    Cache("Varnish", ("varnish",), varnish),
    Cache("Squid", ("squid",), squid),
    Cache("Traffic Server", ("trafficserver",), traffic_server),
    Cache("HAProxy", ("haproxy",), haproxy),
    Cache("Apache mod_cache_disk", ("apache2-bin",), apache),
)
