#!/usr/bin/env python3
"""
Everything from nothing: environment, database, browser; then the product or its tests.

    python3 run.py demo [--port 8000 ...]    make the demo city if it is not there, and serve it
    python3 run.py test [pytest arguments]   run every test, with a real PostGIS and a real browser, on all cores
    python3 run.py check                     ruff, formatting, mypy
    python3 run.py bench NAME [...]          one side-by-side measurement
    python3 run.py lock [--upgrade]          write the locks anew from pyproject.toml

Needs Python 3.11 or newer and nothing else. What it makes lies in .tools, .venv and .yiquan; the second run needs no
network.
"""

from __future__ import annotations

import configparser
import contextlib
import ctypes
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
TOOLS, VENV, LOCKS = ROOT / ".tools", ROOT / ".venv", ROOT / "locks"
PYTHON, UV = VENV / "bin/python", TOOLS / "bin/uv"
PROJECT = ROOT / "pyproject.toml"
OLDEST_PYTHON = (3, 11)
THIS_PLACE = f"{ROOT}\n{sys.version}"

RIVALS = TOOLS / "engines"
RIVALS_PYTHON = (3, 12)
"""What the newest wheels of the routing engines want; on an older Python an older Valhalla runs and no OSRM."""

GROUPS = {"run": ["build"], "test": ["build", "test"], "bench": ["build", "test", "bench"]}
"""Optional dependencies in each lock. Each group holds the one before it, so that going back removes nothing."""

PIP_TO_UV = {"index-url": "UV_DEFAULT_INDEX", "find-links": "UV_FIND_LINKS", "cert": "SSL_CERT_FILE"}
"""Options of pip that uv is told, each with uv's variable."""

BROWSERS = ("chromium", "chromium-browser", "google-chrome")

MOST_PROCESSES = 4
"""Of tests at once: each has a browser, a city in memory and up to a dozen connections to the one database."""

ONE_PROCESS = ("-n", "--numprocesses", "no:xdist", "-s", "--pdb", "--trace")
"""Beginnings of pytest options after which run.py leaves the number of processes alone."""


class CannotGoOnError(Exception):
    """One sentence that says what is missing."""


def say(words: str) -> None:
    """Tell a person what is going on, without touching standard output."""
    print(f"[run] {words}", file=sys.stderr, flush=True)


# ---------------------------------------------------------------------- running things


def environment() -> dict[str, str]:
    """
    Our environment for children: no other Python's folders, and pip's configured package index told to uv as well.

    The locks name no host, so whoever works behind a mirror has configured it once, for pip, and expects that to do.
    """
    foreign = {"PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV"}
    result = {name: value for name, value in os.environ.items() if name not in foreign}
    for option, variable in PIP_TO_UV.items():
        if value := pip_option(option):
            result.setdefault(variable, value)
    if not os.access(Path.home(), os.W_OK):
        result.setdefault("UV_CACHE_DIR", str(TOOLS / "cache"))
    return result


def pip_option(name: str) -> str | None:
    """An option of pip, from its environment variable or its configuration files."""
    if value := os.environ.get(f"PIP_{name.upper().replace('-', '_')}"):
        return value
    config_home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    parser = configparser.RawConfigParser()
    with contextlib.suppress(configparser.Error):
        parser.read(["/etc/pip.conf", Path.home() / ".pip/pip.conf", config_home / "pip/pip.conf"], encoding="utf-8")
    return parser.get("global", name, fallback=None)


def run(*command: str | Path, **extra: str) -> None:
    """Run a program; its own words are enough where it fails."""
    status = subprocess.run(
        [str(word) for word in command], cwd=ROOT, env=environment() | extra, check=False
    ).returncode
    if status:
        raise CannotGoOnError(f"{Path(command[0]).name} {command[1] if len(command) > 1 else ''} failed ({status}).")


def become(*command: str | Path) -> None:
    """Give this process over to a program, so that signals and the exit status are its own."""
    sys.stdout.flush()
    os.execve(str(command[0]), [str(word) for word in command], environment())


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Keep two first runs from making the same environment at once; the second finds it ready."""
    import fcntl

    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / ".lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


# ---------------------------------------------------------------------- the environment


def stamp(*sources: Path) -> str:
    """What an environment was made from: some files, this place (its scripts name it) and the Python."""
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()
    return f"{digest}\n{THIS_PLACE}"


def is_made(group: str) -> bool:
    """Whether the environment holds at least a group, completely: the stamp is written last."""
    larger = list(GROUPS)[list(GROUPS).index(group) :]
    return any(text_of(made_mark(name)) == stamp(LOCKS / f"{name}.lock", PROJECT) for name in larger)


def made_mark(group: str) -> Path:
    """The file in the environment that says from what it was made."""
    return VENV / f"{group}.made"


def text_of(file: Path) -> str:
    """A small file's text; empty if it is not there."""
    return file.read_text("utf-8") if file.exists() else ""


def base_python() -> str:
    """The Python under this one: started from within an environment, that environment must not be made from itself."""
    return str(getattr(sys, "_base_executable", sys.executable))


def make_uv() -> None:
    """Fetch the pinned uv, with whichever pip there is."""
    lock, mark = LOCKS / "tools.lock", TOOLS / "uv.made"
    if text_of(mark) == stamp(lock):
        return
    say("Fetching uv, which makes the environment.")
    for old in (TOOLS / "bin", TOOLS / "lib"):
        shutil.rmtree(old, ignore_errors=True)
    install = ["-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "-r", str(lock)]
    if importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        run(base_python(), "-m", "venv", TOOLS)
        run(TOOLS / "bin/python", *install)
    elif importlib.util.find_spec("pip"):
        run(base_python(), *install, "--no-deps", "--target", TOOLS)
    else:
        with debian_pip() as wheel:
            run(base_python(), *install, "--no-deps", "--target", TOOLS, PYTHONPATH=str(wheel))
    mark.write_text(stamp(lock), "utf-8")


@contextlib.contextmanager
def debian_pip() -> Iterator[Path]:
    """
    Lend pip as a wheel out of a Debian package, unpacked and not installed.

    Debian's python3 alone has neither venv nor pip, and an ordinary user cannot install them.
    """
    sys.path.insert(0, str(ROOT))
    from geo.errors import UnavailableError
    from geo.store.cluster.packages import apt_client, is_apt_here

    missing = "Python's venv module is missing: install it (Debian, Ubuntu: apt-get install python3-venv)."
    if not is_apt_here():
        raise CannotGoOnError(missing)
    with tempfile.TemporaryDirectory(dir=TOOLS) as name:
        folder = Path(name)
        try:
            with apt_client(folder) as client:
                for archive in client.download(["python3-pip-whl"], folder):
                    run("dpkg-deb", "-x", archive, folder)
        except UnavailableError as error:
            raise CannotGoOnError(f"{missing} (Fetching pip failed: {error})") from None
        yield next(folder.glob("usr/share/python-wheels/pip-*.whl"))


def make_environment(group: str) -> None:
    """Bring .venv to what a group's lock says, with the product itself in it."""
    if is_made(group):
        return
    if not os.access(VENV if VENV.exists() else ROOT, os.W_OK):
        raise CannotGoOnError(
            f"You cannot write in {ROOT}: let its owner run this once, or work on a checkout of your own."
        )
    with one_at_a_time():
        if not is_made(group):
            make_uv()
            sync(group)


def sync(group: str) -> None:
    """Make .venv hold exactly what a group's lock says, and then the product, which the lock does not name."""
    lock = LOCKS / f"{group}.lock"
    say(f"Making the environment from {lock.relative_to(ROOT)}.")
    marks = [made_mark(name) for name in GROUPS]
    same_place = any(text_of(mark).endswith(THIS_PLACE) for mark in marks)
    for mark in marks:
        mark.unlink(missing_ok=True)
    if not same_place:
        run(UV, "venv", "-q", "--clear", "--no-python-downloads", "-p", base_python(), VENV)
    run(UV, "pip", "sync", "--require-hashes", "-p", PYTHON, lock)
    run(UV, "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index", "-p", PYTHON, "-e", ROOT)
    made_mark(group).write_text(stamp(lock, PROJECT), "utf-8")


# ---------------------------------------------------------------------- rivals for the benchmarks


def make_rivals() -> None:
    """
    Bring routing engines into an environment of their own, for their wheels want a newer Python than the product.

    They are optional: without them the benchmark says what is missing.
    """
    lock, mark, python = LOCKS / "engines.lock", RIVALS / "engines.made", rivals_python()
    made_from = f"{stamp(lock)}\n{python}"
    if text_of(mark) == made_from:
        return
    say(f"Making an environment for routing engines from {lock.relative_to(ROOT)}.")
    with one_at_a_time():
        make_uv()
        run(UV, "venv", "-q", "--clear", "--no-python-downloads", "-p", python, RIVALS)
        run(UV, "pip", "sync", "--require-hashes", "-p", RIVALS / "bin/python", lock)
        mark.write_text(made_from, "utf-8")


def rivals_python() -> str:
    """A Python new enough for every engine; this one if there is none."""
    names = [shutil.which(f"python3.{minor}") for minor in range(RIVALS_PYTHON[1], RIVALS_PYTHON[1] + 4)]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    found = [*filter(None, names), *sorted(map(str, pyenv.glob("versions/3.*/bin/python3")))]
    new_enough = f"import sys; sys.exit(sys.version_info < {RIVALS_PYTHON})"
    for python in (base_python(), *found):
        # a name can be there and lead nowhere, as with pyenv's
        if not subprocess.run([python, "-c", new_enough], capture_output=True, check=False).returncode:
            return python
    say("No Python 3.12 or newer is at hand: OSRM is left out, and Valhalla is an older one.")
    return base_python()


# ---------------------------------------------------------------------- a browser for the tests


def make_browser() -> None:
    """Install Chromium and a Chinese font where that can be done; tests that need them are skipped otherwise."""
    wanted = [] if any(shutil.which(name) for name in BROWSERS) else ["chromium"]
    wanted += [] if has_chinese_font() else ["fonts-noto-cjk"]
    wanted += [] if has_library("libatomic.so.1") else ["libatomic1"]  # what drives the browser needs it
    if not wanted:
        return
    command = f"apt-get install {' '.join(wanted)}"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        say(f"Tests in a browser need more than there is here (Debian: {command}).")
        return
    say(f"Installing {' and '.join(wanted)} for the tests.")
    options = ["-q", "-y", "-o", "DPkg::Lock::Timeout=300", "--no-install-recommends"]
    try:
        run("apt-get", "-q", "update", DEBIAN_FRONTEND="noninteractive")
        run("apt-get", *options, "install", *wanted, DEBIAN_FRONTEND="noninteractive")
    except CannotGoOnError as error:
        say(f"{error} Tests in a browser will be skipped (wanted: {command}).")


def has_library(name: str) -> bool:
    """Whether the system's loader finds a library; macOS brings its own."""
    try:
        ctypes.CDLL(name)
    except OSError:
        return sys.platform != "linux"
    return True


def has_chinese_font() -> bool:
    """Whether Chinese text would be drawn; without fontconfig there is nothing to ask and nothing to draw with."""
    if not shutil.which("fc-list"):
        return False
    return bool(subprocess.run(["fc-list", ":lang=zh"], capture_output=True, check=False).stdout)


# ---------------------------------------------------------------------- commands


def demo(*words: str) -> None:
    """Serve the demo city."""
    make_environment("run")
    become(PYTHON, VENV / "bin/yiquan", "demo", *words)


def test(*words: str) -> None:
    """Run the tests."""
    make_environment("test")
    make_browser()
    compile_kernels()
    # In somebody else's checkout pytest's notes cannot be written, and its warning would be an error here.
    notes = ROOT / ".pytest_cache"
    forgetful = [] if os.access(notes if notes.exists() else ROOT, os.W_OK) else ["-p", "no:cacheprovider"]
    become(PYTHON, "-m", "pytest", *forgetful, *shared_out(words), *words)


def compile_kernels() -> None:
    """Compile once, on two cores, before anything measures time or starts several processes that would all compile."""
    run(PYTHON, "-c", "import geo.streets.kernels")
    others = ("from geo.streets.search import warm_up; warm_up()", "import geo.siting.kernels")
    running = [subprocess.Popen([PYTHON, "-c", other], cwd=ROOT, env=environment()) for other in others]
    statuses = [process.wait() for process in running]
    if any(statuses):
        raise CannotGoOnError("The kernels could not be compiled.")


def shared_out(words: Sequence[str]) -> list[str]:
    """
    Options of pytest that spread tests over the cores, file by file; none where that gains nothing or is in the way.

    One process more than there are cores, since a test waits for a database or a browser as long as it computes. Named
    files run in this one process, and so does what a person watches or has chosen otherwise (`-n 0`).
    """
    cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    is_file = any(word.partition("::")[0].endswith(".py") for word in words)
    is_chosen = any(word.startswith(ONE_PROCESS) for word in words)
    return [] if is_file or is_chosen else ["-n", str(min(cores + 1, MOST_PROCESSES)), "--dist", "loadfile"]


def check() -> None:
    """Look at the code without running it; all three say what they have to say."""
    make_environment("test")
    failed = []
    for words in (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]):
        try:
            run(PYTHON, "-m", *words)
        except CannotGoOnError:
            failed.append(" ".join(words))
    if failed:
        raise CannotGoOnError(f"Not clean: {', '.join(failed)}.")
    say("Clean.")


def bench(*words: str) -> None:
    """Measure side by side with others."""
    make_environment("bench")
    if {"engines", "api"} & set(words) or not [word for word in words if not word.startswith("-")]:
        try:
            make_rivals()
        except CannotGoOnError as error:
            say(f"{error} Routing engines are left out.")
    become(PYTHON, "-m", "benchmarks", *words)


def lock(*words: str) -> None:
    """
    Resolve pyproject.toml for every system and Python at once, into hashes without a host.

    The largest group comes first and binds the others: one version of everything in all of them.
    """
    with one_at_a_time():
        make_uv()
    resolve = [str(UV), "pip", "compile", "-q", "--universal", "--python-version", "3.11", "--generate-hashes"]
    resolve += ["--no-header", "--no-annotate", *words]
    for group in reversed(GROUPS):
        extras = [word for extra in GROUPS[group] for word in ("--extra", extra)]
        bound = [] if group == "bench" else ["-c", str(LOCKS / "bench.lock")]
        run(*resolve, *extras, *bound, PROJECT, "-o", LOCKS / f"{group}.lock")
    run(*resolve, LOCKS / "tools.in", "-o", LOCKS / "tools.lock")
    run(*resolve, "--group", f"{PROJECT}:engines", "-o", LOCKS / "engines.lock")


def main() -> None:
    """Find the command and a Python that is new enough, then do it."""
    commands = {"demo": demo, "test": test, "check": check, "bench": bench, "lock": lock}
    if len(sys.argv) < 2 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    try:
        require_system()
        commands[sys.argv[1]](*sys.argv[2:])
    except CannotGoOnError as error:
        sys.exit(f"[run] {error}")
    except KeyboardInterrupt:
        sys.exit(130)


def require_system() -> None:
    """Refuse what cannot work, and go over to a newer Python if this one is too old and another is there."""
    if os.name == "nt":
        raise CannotGoOnError("This runs on Linux and macOS; on Windows use the Linux subsystem (wsl --install).")
    if os.pathsep in str(ROOT):
        raise CannotGoOnError(f"Python environments cannot lie in {ROOT}, because of the {os.pathsep} in its name.")
    if sys.version_info < OLDEST_PYTHON:
        for minor in (14, 13, 12, 11):
            if newer := shutil.which(f"python3.{minor}"):
                become(newer, *sys.argv)
        raise CannotGoOnError("Python 3.11 or newer is needed (Debian 12, Ubuntu 24.04: apt-get install python3).")


if __name__ == "__main__":
    main()
