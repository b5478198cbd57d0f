"""What goes up to Lambda: every handler is there, and nothing that should not be."""

import json
import os
import subprocess
import sys
import zipfile
from importlib.util import MAGIC_NUMBER, source_from_cache
from pathlib import Path
from typing import Any

import pytest

from infra import package as packaging
from infra.machines import FUNCTION, MissingPiece
from infra.package import Package, write_zip
from infra.validate import faults_in_zip, video_zip_content, zip_content
from sandbox.lambdas import link_runtime
from tasks import TASKS

RESOLVE = """
import importlib, json, sys
root, *handlers = sys.argv[1:]
sys.path.insert(0, root)
found = {}
for handler in handlers:
    module, _, name = handler.rpartition(".")
    loaded = importlib.import_module(module)
    found[handler] = callable(getattr(loaded, name)) and loaded.__file__.startswith(root)
print(json.dumps(found))
"""


LOADED = """
import importlib, json, sys
root, runtime, *modules = sys.argv[1:]
sys.path[:0] = [root]
sys.path.append(runtime)
import boto3
before = set(sys.modules)
for each in modules:
    importlib.import_module(each)
loaded = [module for name, module in sys.modules.items() if name not in before]
print(json.dumps({
    "packages": sorted({module.__name__.split(".")[0] for module in loaded}),
    "dataclasses": [
        str(each)
        for module in loaded
        if module.__name__.startswith(("tasks", "showrunner"))
        for each in vars(module).values()
        if hasattr(each, "__dataclass_fields__")
    ],
}))
"""


def handlers(template: dict[str, Any], zip_name: str) -> list[str]:
    functions = [r["Properties"] for r in template["Resources"].values() if r["Type"] == FUNCTION]
    return [each["Handler"] for each in functions if each["CodeUri"] == f"./{zip_name}"]


def resolved(directory: Path, names: list[str]) -> Any:
    run = subprocess.run(
        [sys.executable, "-c", RESOLVE, str(directory), *names],
        capture_output=True,
        text=True,
        check=False,
        cwd=directory,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"AWS_DEFAULT_REGION": "us-east-1"},
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_every_handler_of_the_template_is_a_callable_of_its_zip(
    template: dict[str, Any], made: Package, unzipped: Path, tmp_path: Path
) -> None:
    names, video = handlers(template, "deployment.zip"), handlers(template, "video.zip")
    assert {f"tasks.{task}.handler" for task in TASKS} | {"app.app", "app.on_execution_event"} <= {*names, *video}
    assert resolved(unzipped, names) == dict.fromkeys(names, True)
    assert sorted(video) == ["tasks.make_film.handler", "workflows.uploads.handler"]
    with zipfile.ZipFile(made.video_zip) as archive:
        archive.extractall(tmp_path)
    assert resolved(tmp_path, video) == dict.fromkeys(video, True)


def test_a_task_imports_boto3_msgspec_and_its_own_and_nothing_more(unzipped: Path, tmp_path: Path) -> None:
    """As Lambda has it. What is imported besides, every cold start pays for."""
    tasks = [f"tasks.{name}" for name in TASKS if name != "make_film"]
    command = [sys.executable, "-I", "-S", "-c", LOADED, str(unzipped), str(link_runtime(tmp_path)), *tasks]
    loaded = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert set(loaded["packages"]) == {"tasks", "showrunner", "msgspec", "typing_extensions"}  # the last is msgspec's
    assert loaded["dataclasses"] == []  # each compiles its methods at each import


def test_each_source_is_compiled_for_the_runtime(made: Package, template: dict[str, Any]) -> None:
    with zipfile.ZipFile(made.zip) as archive:
        names = set(archive.namelist())
        compiled = {name: archive.read(name) for name in names if name.endswith(".pyc")}
    sources = {name for name in names if name.endswith(".py")}
    assert {source_from_cache(name) for name in compiled} == sources
    unchecked = MAGIC_NUMBER + (1).to_bytes(4, "little")  # PEP 552: by hash, and not compared
    assert {data[:8] for data in compiled.values()} == {unchecked}
    runtimes = {r["Properties"]["Runtime"] for r in template["Resources"].values() if r["Type"] == FUNCTION}
    assert f"python{sys.version_info[0]}.{sys.version_info[1]}" in runtimes


def test_what_is_compiled_depends_on_the_source_alone() -> None:
    source = b"SEEN = {'a', 'b', 'c'}\ndef look(name): return name in {'sys', 'path', 'modules'}\n"
    contents = {"tasks/look.py": source, "tasks/notes.txt": b"-"}
    once, again = packaging.compiled(contents), packaging.compiled(contents)
    assert sorted(once) == [f"tasks/__pycache__/look.{sys.implementation.cache_tag}.pyc", *contents]
    assert once == again


def test_the_zips_have_all_and_nothing_else(made: Package) -> None:
    assert zip_content(made) == []
    assert video_zip_content(made) == []


def test_pyav_is_in_the_zip_of_the_functions_that_use_it_alone(made: Package) -> None:
    with zipfile.ZipFile(made.zip) as archive:
        assert not {"av", "recorder"} & {name.split("/")[0] for name in archive.namelist()}
    with zipfile.ZipFile(made.video_zip) as archive:
        assert archive.read("interpreter.txt").split() == [b"av", b"av.libs"]


def test_the_template_runs_the_video_functions_on_what_their_packages_are_fetched_for(template: dict[str, Any]) -> None:
    function = template["Resources"]["MakeFilm"]["Properties"]
    assert f"python{packaging.VIDEO_PLATFORM[3]}" == function["Runtime"]
    assert packaging.VIDEO_PLATFORM[1].endswith(function["Architectures"][0])
    assert (function["Timeout"], function["MemorySize"]) == (900, 3008)


GOOD = {"tasks/plan.py": "def handler(event, context): ...", "app.py": "app = object()"}


@pytest.mark.parametrize(
    ("names", "sources", "said"),
    [
        ([], {}, "lacks the package tasks"),
        ([*GOOD], {**GOOD, "tasks/plan.py": "handle = 1"}, "tasks/plan.py defines no handler"),
        (["app.py"], {"app.py": "app = 1"}, "handler tasks.plan.handler: deployment.zip has no tasks/plan.py"),
        ([*GOOD, "tasks/tests/test_plan.py"], GOOD, "should not have tasks/tests/test_plan.py"),
        ([*GOOD, "tasks/__pycache__/plan.pyc"], GOOD, "should not have tasks/__pycache__/plan.pyc"),
        ([*GOOD, "tasks/__pycache__/cut.cpython-313.pyc"], GOOD, "not have tasks/__pycache__/cut.cpython-313.pyc"),
        ([*GOOD, "boto3/session.py"], GOOD, "should not have boto3/session.py"),
    ],
)
def test_what_is_wrong_with_a_zip_is_named(names: list[str], sources: dict[str, str], said: str) -> None:
    faults = faults_in_zip("deployment.zip", names, sources, ["tasks.plan.handler", "app.app"], ["tasks"])
    assert any(said in fault for fault in faults), faults


def test_the_same_content_is_the_same_zip(tmp_path: Path) -> None:
    one, other = tmp_path / "one.zip", tmp_path / "other.zip"
    write_zip(one, {"a.py": b"1", "b.py": b"2"})
    os.utime(one, (0, 0))
    write_zip(other, {"b.py": b"2", "a.py": b"1"})
    assert one.read_bytes() == other.read_bytes()


def test_a_checkout_without_symbolic_links_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "tasks").write_text("../tasks")
    monkeypatch.setattr(packaging, "ROOT", tmp_path)
    with pytest.raises(MissingPiece, match="vendor/tasks should be a symbolic link"):
        list(packaging.vendored())


def test_an_unknown_architecture_is_refused() -> None:
    with pytest.raises(MissingPiece, match="arm64, x86_64, host"):
        packaging.package("riscv")


def test_packaging_again_changes_nothing(made: Package) -> None:
    before = made.zip.stat().st_mtime_ns
    assert packaging.package("host").zip.stat().st_mtime_ns == before
