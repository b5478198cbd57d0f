"""What a function weighs: `python -m benchmarks.package`.

Cold import: the CPU time of a process that imports boto3 and a task beside one that only imports boto3, in turn, the
least of `TRIES` each. Both see what they would on Lambda: the unpacked zip, the standard library, and boto3.
Goal: the slowest task takes 1.1 times as long. Size of the zip: goal 2 MB.

boto3 comes first in both. From within a task it is imported a few frames deeper, and if a loop of its own then happens
to call across the edge of one of CPython's 16 KB pieces of stack, which is mapped and unmapped for each such call, the
same import takes 10 ms more; where these edges are on Lambda depends on what calls the import there.
"""

import resource
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from infra.package import package
from sandbox.lambdas import link_runtime
from tasks import TASKS

TRIES, FIRST_TRIES = 20, 5  # by the first few it is found which tasks to look at
BASELINE = "boto3"


def seconds(module: str, task_root: Path, runtime: Path) -> float:
    """Of CPU."""
    code = f"import sys; sys.path = [{str(task_root)!r}, *sys.path, {str(runtime)!r}]; import boto3, {module}"
    began = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime


def least(modules: list[str], tries: int, task_root: Path, runtime: Path) -> dict[str, float]:
    took: dict[str, list[float]] = {module: [] for module in modules}
    for _ in range(tries):
        for module in modules:
            took[module].append(seconds(module, task_root, runtime))
    return {module: min(values) for module, values in took.items()}


def cold_imports(code_zip: Path) -> dict[str, float]:
    """Of the baseline, the quickest task and the slowest ones."""
    tasks = sorted(f"tasks.{name}" for name in TASKS if name != "make_film")
    with tempfile.TemporaryDirectory() as directory:
        task_root, runtime = Path(directory, "task"), link_runtime(Path(directory, "runtime"))
        with zipfile.ZipFile(code_zip) as archive:
            archive.extractall(task_root)
        first = least(tasks, FIRST_TRIES, task_root, runtime)
        quickest, *_, third, second, slowest = sorted(tasks, key=lambda name: first[name])
        return least([BASELINE, quickest, third, second, slowest], TRIES, task_root, runtime)


def main() -> None:
    took = cold_imports(package("host").zip)
    baseline = took.pop(BASELINE)
    print(f"import boto3: {baseline * 1000:.0f} ms")
    for name in (min(took, key=lambda name: took[name]), max(took, key=lambda name: took[name])):
        print(f"import {name}: {took[name] * 1000:.0f} ms, {took[name] / baseline:.2f} times (goal 1.1)")
    made = package()
    print(f"deployment.zip: {made.zip.stat().st_size / 1e6:.2f} MB (goal 2)")
    print(f"video.zip: {made.video_zip.stat().st_size / 1e6:.1f} MB, for the functions that make films and check files")


if __name__ == "__main__":
    main()
