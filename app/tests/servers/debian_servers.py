"""Commands and configurations of the servers that Debian packages. Each function takes a `Place` and returns a command."""
from pathlib import Path


def nginx(place):
    names = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{name}_temp_path {place.work}/{name};" for name in names)
    return ["nginx", "-p", place.work, "-c", place.file("nginx.conf", f"""
        daemon off; worker_processes 1; user root; pid {place.work}/pid; error_log {place.work}/error.log;
        events {{ }}
        http {{
            access_log off; sendfile on; tcp_nopush on; {temporary}
            server {{ listen 127.0.0.1:{place.port}; root {place.folder}; }}
        }}""")]


def apache(place):
    return ["apache2", "-X", "-d", place.work, "-f", place.file("apache.conf", f"""
        {apache_modules(place, "mpm_event", "authz_core")}
        {apache_basics(place)}
        DocumentRoot {place.folder}
        <Directory {place.folder}>
            Require all granted
        </Directory>""")]


def apache_modules(place, *names):
    folder = place.unpacked("usr/lib/apache2/modules")
    return "\n".join(f"LoadModule {name}_module {folder}/mod_{name}.so" for name in names)


def apache_basics(place):
    return f"""Listen 127.0.0.1:{place.port}
        ServerName localhost
        PidFile {place.work}/pid
        ErrorLog {place.work}/error.log
        DefaultRuntimeDir {place.work}
        Mutex file:{place.work}"""


def lighttpd(place):
    return ["lighttpd", "-D", "-m", place.unpacked("usr/lib/lighttpd"), "-f", place.file("lighttpd.conf", f"""
        server.document-root = "{place.folder}"
        server.bind = "127.0.0.1"
        server.port = {place.port}
        server.errorlog = "{place.work}/error.log"
        mimetype.assign = ( "" => "application/octet-stream" )
        """)]


def caddy(place):
    return ["caddy", "file-server", "--root", place.folder, "--listen", f"127.0.0.1:{place.port}"]


def h2o(place):
    return ["h2o", "-c", place.file("h2o.yaml", f"""
user: root
num-threads: 1
listen: {{host: 127.0.0.1, port: {place.port}}}
hosts:
  default:
    paths:
      /:
        file.dir: {place.folder}
error-log: {place.work}/error.log
""")]


def webfs(place):
    return ["webfsd", "-F", "-4", "-i", "127.0.0.1", "-p", place.port, "-r", place.folder]


def mini_httpd(place):
    return ["mini_httpd", "-D", "-h", "127.0.0.1", "-p", place.port, "-d", place.folder, "-u", "root",
            "-i", place.work / "pid"]


def merecat(place):
    config = place.file("merecat.conf", f'hostname = "127.0.0.1"\nport = {place.port}\nchroot = false\nusername = "root"\n')
    return ["merecat", "-n", "-f", config, "-P", place.work / "pid", place.folder]


def civetweb(place):
    return ["civetweb", "-document_root", place.folder, "-listening_ports", f"127.0.0.1:{place.port}"]


def busybox(place):
    return ["busybox", "httpd", "-f", "-p", f"127.0.0.1:{place.port}", "-h", place.folder]


def rclone_http(place):
    return ["rclone", "serve", "http", place.folder, "--addr", f"127.0.0.1:{place.port}", "--config", place.work / "none"]


def rclone_webdav(place):
    return ["rclone", "serve", "webdav", place.folder, "--addr", f"127.0.0.1:{place.port}", "--config", place.work / "none"]


def tomcat(place):
    (place.work / "webapps").mkdir()
    place.file("conf/web.xml", """<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="5.0">
        <servlet><servlet-name>default</servlet-name>
        <servlet-class>org.apache.catalina.servlets.DefaultServlet</servlet-class></servlet>
        <servlet-mapping><servlet-name>default</servlet-name><url-pattern>/</url-pattern></servlet-mapping></web-app>""")
    place.file("conf/server.xml", f"""<Server port="-1"><Service name="Catalina">
        <Connector address="127.0.0.1" port="{place.port}" protocol="HTTP/1.1"/>
        <Engine name="Catalina" defaultHost="localhost"><Host name="localhost" appBase="webapps">
        <Context path="" docBase="{place.folder}"><JarScanner scanClassPath="false"/></Context>
        </Host></Engine></Service></Server>""")
    jars = sorted(jar for folder in ("usr/share/java", "usr/share/tomcat10/bin") if (place.packages.root / folder).exists()
                  for jar in (place.packages.root / folder).glob("*.jar") if needed_by_tomcat(jar))
    return ["java", "-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", ":".join(map(str, jars)), f"-Dcatalina.home={place.work}",
            f"-Dcatalina.base={place.work}", f"-Djava.io.tmpdir={place.work}",
            "org.apache.catalina.startup.Bootstrap", "start"]


def needed_by_tomcat(jar: Path):
    return jar.name.startswith("tomcat10-") or jar.name in ("bootstrap.jar", "tomcat-juli.jar", "ecj.jar")
