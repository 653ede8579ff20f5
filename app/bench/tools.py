"""Command lines that download one file over n connections, for each installed program."""
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RELEASE = ROOT / "target/release"


def lanes(program, link, into, ca=None, more=()):
    """Returns lanes' command by connection count, which may also be "auto"."""
    trust = ["--ca-file", ca] if ca else []
    return lambda n: [program, "get", link, "--connections", n, "--output", f"{into}/", "--quiet", *trust, *more]


def peers(url, size, ca=None):
    """Returns the command by connection count, by program name; it saves into the working folder.
    curl always uses one connection, aria2c at most 16. `ca` is a file with the certificate to trust;
    axel skips verification because it does not accept the local host name."""

    def curl(n):
        return ["curl", "-q", "-sSO", *(["--cacert", ca] if ca else []), url]

    def wget2(n):
        chunks = [f"--chunk-size={-(-size // n)}", f"--max-threads={n}"] if n > 1 else []
        return ["wget2", "-q", *chunks, *([f"--ca-certificate={ca}"] if ca else []), url]

    def aria2c(n):
        trust = [f"--ca-certificate={ca}"] if ca else []
        return ["aria2c", "--no-conf", "-q", f"-x{min(n, 16)}", f"-s{n}", "-k1M", "--file-allocation=none", *trust, url]

    def axel(n):
        return ["axel", "-q", "-n", n, *(["-k"] if ca else []), url]

    def lftp(n):
        trust = f"set ssl:ca-file {ca}; " if ca else ""
        return ["lftp", "--norc", "-c", f"{trust}pget -n {n} {url}"]

    commands = {"curl": curl, "wget2": wget2, "aria2c": aria2c, "axel": axel, "lftp": lftp}
    return {tool: command for tool, command in commands.items() if shutil.which(tool)}
