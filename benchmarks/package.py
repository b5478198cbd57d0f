"""What a function weighs: `python -m benchmarks.package`.

Cold import: the CPU time of a process that imports a task beside one that only imports boto3, the least of `TRIES`
each, in turn; the modules are compiled already. Goal: the slowest task takes 1.1 times as long. Size of the zip: goal
2 MB.
"""

import resource
import subprocess
import sys

from infra.package import package
from tasks import TASKS

TRIES = 7
BASELINE = "boto3"


def seconds(module: str) -> float:
    """Of CPU."""
    began = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", f"import {module}"], check=True)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime


def fastest(modules: list[str]) -> dict[str, float]:
    took: dict[str, list[float]] = {module: [] for module in modules}
    for _ in range(TRIES + 1):  # the first compiles
        for module in modules:
            took[module].append(seconds(module))
    return {module: min(values[1:]) for module, values in took.items()}


def main() -> None:
    tasks = sorted(f"tasks.{name}" for name in TASKS if name != "make_film")
    took = fastest([BASELINE, *tasks])
    baseline = took.pop(BASELINE)
    slowest = max(took, key=lambda name: took[name])
    quickest = min(took, key=lambda name: took[name])
    print(f"import boto3: {baseline * 1000:.0f} ms")
    for name in (quickest, slowest):
        print(f"import {name}: {took[name] * 1000:.0f} ms, {took[name] / baseline:.2f} times (goal 1.1)")
    made = package()
    print(f"deployment.zip: {made.zip.stat().st_size / 1e6:.2f} MB (goal 2)")
    print(f"video.zip: {made.video_zip.stat().st_size / 1e6:.1f} MB, for the functions that make films and check files")


if __name__ == "__main__":
    main()
