"""Installs the pinned servers of versions.toml into a folder, without changing the system.

Debian packages are downloaded and unpacked with those of their dependencies that the system lacks, Python packages go
into a venv, and npm packages into node_modules. A package that cannot be installed is reported, and its servers are left out.
"""
import json, os, platform, re, shutil, subprocess, sys, tomllib, venv
from pathlib import Path

from process import stopping

LIMIT = 420  # seconds for one installation


class Packages:
    """The installed packages. `missing` maps a package to the reason why it is not installed."""

    def __init__(self, folder, versions):
        self.folder, self.versions, self.missing = folder, versions, {}
        self.root, self.npm = folder / "debian", folder / "npm"
        self.python = folder / "venv/bin/python"
        libraries = [str(path) for pattern in LIBRARIES for path in self.root.glob(pattern)]
        programs = [str(self.root / name) for name in ("usr/sbin", "usr/bin", "sbin", "bin")]
        programs.append(str(self.npm / "node_modules/.bin"))
        kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        self.environment = kept | {
            "PATH": os.pathsep.join([*programs, kept.get("PATH", ""), "/usr/sbin", "/sbin"]),
            "LD_LIBRARY_PATH": os.pathsep.join(libraries),
            "PYTHONUNBUFFERED": "1",
            "NODE_ENV": "production",
        }

    def version(self, package):
        """Returns the pinned version of a package, or None for a program that is part of the system."""
        return next((group[package] for group in self.versions.values() if package in group), None)

    def python_version(self):
        return platform.python_version()


# Folders of libraries, which the unpacked programs do not find otherwise.
LIBRARIES = ("lib/*-linux-gnu*", "usr/lib/*-linux-gnu*", "usr/lib/*-linux-gnu*/varnish", "usr/lib/trafficserver")


def install(folder):
    """Installs what is not in `folder` yet, and returns the packages."""
    text = Path(__file__).with_name("versions.toml").read_text()
    versions, state = tomllib.loads(text), folder / "installed.json"
    if not state.exists() or json.loads(state.read_text())["versions"] != versions:
        missing = debian(folder, versions["debian"]) | pypi(folder, versions["pypi"]) | npm(folder, versions["npm"])
        state.write_text(json.dumps({"versions": versions, "missing": missing}))
    packages = Packages(folder, versions)
    packages.missing = json.loads(state.read_text())["missing"]
    return packages


def run(command, cwd):
    """Runs a command at low priority; returns the output, and the reason of a failure or None."""
    if stopping.is_set():
        sys.exit(130)
    try:
        done = subprocess.run(["nice", *command], cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=LIMIT)
    except (OSError, subprocess.TimeoutExpired) as error:
        return "", str(error)
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    return done.stdout, None if done.returncode == 0 else (lines or ["failed"])[-1][:150]


def debian(folder, pins):
    """Downloads and unpacks the packages; returns the missing ones."""
    root, archives = folder / "debian", folder / "archives"
    root.mkdir(parents=True, exist_ok=True)
    archives.mkdir(exist_ok=True)
    if not shutil.which("apt-get"):
        return {package: "this system has no apt-get" for package in pins}
    run(["apt-get", "update", "-qq"], folder)
    missing, wanted = {}, set()
    for package, version in pins.items():
        pinned = f"{package}={version}*"
        # Each package alone, as some conflict with each other where they are installed.
        plan, reason = run(["apt-get", "install", "-s", "--no-install-recommends", pinned], folder)
        if reason:
            missing[package] = reason
            continue
        wanted.add(pinned)
        # An upgrade shows the present version in brackets, and is not needed.
        wanted |= {name for name in re.findall(r"^Inst (\S+) \(", plan, re.M) if name not in pins}
    _, reason = run(["apt-get", "download", "-qq", *sorted(wanted)], archives)
    if reason:
        return {package: reason for package in pins}
    for archive in sorted(archives.glob("*.deb")):
        run(["dpkg", "-x", str(archive), str(root)], folder)
    shutil.rmtree(archives)
    return missing


def pypi(folder, pins):
    """Installs the packages into a venv; returns the missing ones."""
    venv.create(folder / "venv", with_pip=True)
    return together_or_alone(
        pins, lambda words: run([str(folder / "venv/bin/pip"), "install", "-q", "--disable-pip-version-check", *words], folder),
        "==")


def npm(folder, pins):
    """Installs the packages into node_modules; returns the missing ones."""
    place = folder / "npm"
    place.mkdir(exist_ok=True)
    (place / "package.json").write_text('{"private": true}')
    if not shutil.which("npm"):
        return {package: "this system has no npm" for package in pins}
    return together_or_alone(
        pins, lambda words: run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", *words], place), "@")


def together_or_alone(pins, installer, separator):
    """Installs all packages with one command, or one by one if that fails."""
    words = {package: f"{package}{separator}{version}" for package, version in pins.items()}
    if installer(words.values())[1] is None:
        return {}
    reasons = {package: installer([word])[1] for package, word in words.items()}
    return {package: reason for package, reason in reasons.items() if reason}


if __name__ == "__main__":
    print(json.dumps(install(Path(sys.argv[1]).resolve()).missing, indent=1))
