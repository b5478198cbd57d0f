"""Make what a deployment uploads: `deployment.zip` and `video.zip` with the functions, and `sam.yaml` with everything.

Chalice makes the first and the last of `app.py`, `.chalice/` and `requirements.txt`, and merges
`infra/template.yaml` in. Here it is run on a clean copy, and afterwards

- what `vendor/` points to is put into the zip, without tests, caches and the command line, in a form whose
  bytes depend on the content alone: the same source is the same zip;
- beside each source of `deployment.zip` lies what Python compiles of it, which Lambda cannot keep;
- a string of the template with `${Name}` in it becomes an `Fn::Sub`: so `app.py` and the policies and
  environments in `.chalice/` can name the template's resources;
- the state machines are put in (`infra/machines.py`).

`video.zip` is for the functions whose `CodeUri` in `infra/template.yaml` is that: all of the product's code, `recorder`
too, and what `requirements/video.txt` pins, PyAV among it, fetched for the platform that the template gives them.

`SHOWRUNNER_ARCHITECTURE` says what the functions run on: `arm64` (the default), `x86_64`, or `host` for a
sandbox, whose functions run with the interpreter that packages: PyAV is left to it.
"""

import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from infra.machines import MissingPiece, add_machines

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build"
CHALICE_STAGE = "showrunner"  # the only one: our stages are parameters of one template
ARCHITECTURES = ("arm64", "x86_64", "host")
LEFT_OUT = {"__pycache__", "tests", "cli", "bin"}
UNUSED = re.compile(r"aws_lambda_powertools/(event_handler|utilities/(?!jmespath_utils|__init__))")
"""Most of Powertools: of its parts ours are the logger and the metrics."""
VIDEO_REQUIREMENTS = ROOT / "requirements" / "video.txt"
VIDEO_PLATFORM = ("--platform", "manylinux_2_28_x86_64", "--python-version", "3.13")  # as infra/template.yaml says
VIDEO_PACKAGE = "recorder"
LEFT_TO_INTERPRETER = "interpreter.txt"
"""A file in a zip for the sandbox: the packages, one a line, that its interpreter has (`sandbox/lambdas.py`)."""
EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Package:
    """The three files in `directory`."""

    directory: Path

    @property
    def zip(self) -> Path:
        return self.directory / "deployment.zip"

    @property
    def video_zip(self) -> Path:
        return self.directory / "video.zip"

    @property
    def template(self) -> Path:
        return self.directory / "sam.yaml"


def architecture_setting() -> str:
    return os.environ.get("SHOWRUNNER_ARCHITECTURE", "arm64")


def package(architecture: str | None = None) -> Package:
    """Package the working copy, if it has changed since the last time. Raises MissingPiece, RuntimeError."""
    architecture = architecture or architecture_setting()
    if architecture not in ARCHITECTURES:
        raise MissingPiece(f"Unknown architecture '{architecture}': it can be {', '.join(ARCHITECTURES)}.")
    made = Package(BUILD / ("package" if architecture == "arm64" else f"package-{architecture}"))
    stamp = made.directory / "stamp"
    with _alone(made.directory):
        now = _fingerprint(architecture)
        if not stamp.exists() or stamp.read_text() != now:
            chalice = _run_chalice(architecture)
            contents = compiled(_contents(chalice.zip, native=architecture != "host" or sys.platform == "linux"))
            write_zip(made.zip, contents)
            write_zip(made.video_zip, _video_contents(contents if architecture == "host" else None))
            write_template(made.template, yaml.safe_load(chalice.template.read_text()))
            stamp.write_text(now)
    return made


def write_template(path: Path, template: dict[str, Any]) -> None:
    """Chalice's template, completed."""
    template = substituted(template)
    add_machines(template, {p.name.removesuffix(".asl.json"): p.read_text() for p in asl_files()})
    _replace(path, yaml.dump(template, Dumper=_Plain, sort_keys=False, width=110, allow_unicode=True).encode())


def asl_files() -> list[Path]:
    return sorted((ROOT / "state_machines").glob("*.asl.json"))


def substituted(node: Any) -> Any:
    """The template with each plain string that has `${Name}` in it made an `Fn::Sub`."""
    if isinstance(node, dict):
        return {k: v if k == "Fn::Sub" else substituted(v) for k, v in node.items()}
    if isinstance(node, list):
        return [substituted(each) for each in node]
    if isinstance(node, str) and re.search(r"\$\{[A-Za-z][\w.:]*\}", node):
        return {"Fn::Sub": node}
    return node


def write_zip(path: Path, contents: dict[str, bytes]) -> None:
    """A zip whose bytes depend on names and contents alone."""
    partial = path.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(contents):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, contents[name])
    partial.replace(path)


def compiled(contents: dict[str, bytes]) -> dict[str, bytes]:
    """The same, and `__pycache__` with it. A function's folder is read-only, so each cold start would compile anew.

    Python takes these as they are (unchecked, PEP 552), or the sources if it is of another version. They are made in a
    process of its own: what is loaded besides would show in their bytes.
    """
    with tempfile.TemporaryDirectory() as directory:
        for name in contents:
            if name.endswith(".py"):
                path = Path(directory, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(contents[name])
        command = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
        subprocess.run([*command, "-s", directory, directory], check=True)
        made = sorted(Path(directory).rglob("*.pyc"))
        return contents | {path.relative_to(directory).as_posix(): path.read_bytes() for path in made}


def _contents(made_by_chalice: Path, native: bool) -> dict[str, bytes]:
    """Name in the zip -> bytes. Without `native`, packages with compiled parts are the interpreter's own."""
    with zipfile.ZipFile(made_by_chalice) as archive:
        contents = {name: archive.read(name) for name in archive.namelist() if _belongs(name)}
    if not native:
        compiled = {name.split("/")[0] for name in contents if name.endswith(".so")}
        contents = {name: data for name, data in contents.items() if name.split("/")[0] not in compiled}
    return contents | {name: path.read_bytes() for name, path in vendored()}


def _video_contents(of_host: dict[str, bytes] | None) -> dict[str, bytes]:
    """`of_host`: what the other functions of a sandbox have; without it, everything is the template's platform's."""
    own = dict(_files_of(ROOT / VIDEO_PACKAGE, VIDEO_PACKAGE))
    if of_host is not None:
        return (
            of_host | {name: path.read_bytes() for name, path in own.items()} | {LEFT_TO_INTERPRETER: b"av\nav.libs\n"}
        )
    fetched = _fetch_video_requirements()
    files = own | dict(vendored()) | dict(_files_of(fetched, ""))
    return {name: path.read_bytes() for name, path in files.items()}


def _fetch_video_requirements() -> Path:
    """The packages of requirements/video.txt for Lambda, fetched when the file has changed. Raises RuntimeError."""
    target = BUILD / "video"
    stamp, now = target / "stamp", " ".join(VIDEO_PLATFORM) + VIDEO_REQUIREMENTS.read_text()
    if not stamp.exists() or stamp.read_text() != now:
        shutil.rmtree(target, ignore_errors=True)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
        command += ["--target", str(target / "packages"), *VIDEO_PLATFORM, "--only-binary", ":all:"]
        command += ["--require-hashes", "-r", str(VIDEO_REQUIREMENTS)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode:
            raise RuntimeError(f"pip could not fetch requirements/video.txt:\n{run.stdout}{run.stderr}".strip())
        stamp.write_text(now)
    return target / "packages"


def vendored() -> Iterator[tuple[str, Path]]:
    """(name in the zip, file) of our own packages. Raises MissingPiece on a checkout without symbolic links."""
    for link in sorted((ROOT / "vendor").iterdir()):
        if not link.is_dir():
            raise MissingPiece(
                f"vendor/{link.name} should be a symbolic link to a folder. "
                "Say `git config core.symlinks true` and check out again."
            )
        yield from _files_of(link, link.name)


def _files_of(folder: Path, name: str) -> Iterator[tuple[str, Path]]:
    """(name in the zip, file); `name` is the folder's own there, or empty."""
    for path in sorted(folder.rglob("*")):
        inside = str(PurePosixPath(name, *path.relative_to(folder).parts))
        if path.is_file() and _belongs(inside):
            yield inside, path


def _belongs(name: str) -> bool:
    return not (name.endswith(("/", ".pyc")) or LEFT_OUT & set(name.split("/")) or UNUSED.match(name))


def _run_chalice(architecture: str) -> Package:
    """Run `chalice package` on a copy without our packages, so that its cache of dependencies holds."""
    copy = BUILD / f"chalice-{architecture}"
    (copy / ".chalice").mkdir(parents=True, exist_ok=True)
    for name in ("app.py", "requirements.txt", *(f".chalice/{p.name}" for p in _policies())):
        shutil.copy(ROOT / name, copy / name)
    config = json.loads((ROOT / ".chalice" / "config.json").read_text())
    config["lambda_architecture"] = _host_architecture() if architecture == "host" else architecture
    (copy / ".chalice" / "config.json").write_text(json.dumps(config))
    out = Package(copy / "package")
    run = subprocess.run(
        [
            *(sys.executable, "-c", "from chalice.cli import main; main()", "package", "--stage", CHALICE_STAGE),
            *("--template-format", "yaml", "--merge-template", str(ROOT / "infra" / "template.yaml")),
            str(out.directory),
        ],
        cwd=copy,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode or "Could not install dependencies" in run.stdout + run.stderr:
        raise RuntimeError(f"chalice package failed:\n{run.stdout}{run.stderr}".strip())
    return out


def _environment() -> dict[str, str]:
    """Chalice imports `app.py`; it asks AWS nothing, and gets no credentials."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    region = os.environ.get("AWS_DEFAULT_REGION") or os.environ.get("AWS_REGION") or "us-east-1"
    return kept | {"AWS_DEFAULT_REGION": region, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}


def _host_architecture() -> str:
    return "arm64" if platform.machine().lower() in ("arm64", "aarch64") else "x86_64"


def _policies() -> list[Path]:
    return sorted((ROOT / ".chalice").glob("policy-*.json"))


def _fingerprint(architecture: str) -> str:
    """Changes with whatever a package is made of."""
    sources = [ROOT / "app.py", ROOT / "requirements.txt", ROOT / ".chalice" / "config.json", *_policies()]
    sources += [path for _, path in (*vendored(), *_files_of(ROOT / VIDEO_PACKAGE, VIDEO_PACKAGE))]
    sources += [VIDEO_REQUIREMENTS, *asl_files(), ROOT / "infra" / "template.yaml"]
    sources += sorted((ROOT / "infra").glob("*.py"))
    digest = hashlib.sha256(f"{architecture} {sys.version} {platform.platform()}".encode())
    for path in sources:
        digest.update(f"{path.relative_to(ROOT)} ".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """One process at a time packages into a directory; the others find it done."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _replace(path: Path, data: bytes) -> None:
    partial = path.with_suffix(".partial")
    partial.write_bytes(data)
    partial.replace(path)


class _Plain(yaml.SafeDumper):
    """YAML without anchors, which CloudFormation's own parser does not know in every place."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


if __name__ == "__main__":
    print(package().directory.relative_to(ROOT))
