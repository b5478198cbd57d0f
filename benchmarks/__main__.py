"""All figures: `python -m benchmarks`, or only those named, e.g. `python -m benchmarks api package`.

Each is a process of its own; what it prints becomes its section of docs/benchmarks.md, the others' stay as they are.
One that fails keeps its last section, is named at the end, and makes this fail.
"""

import argparse
import ast
import os
import platform
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
DOCUMENT = HERE.parent / "docs" / "benchmarks.md"
ALL = (
    "package",
    "api",
    "session",
    "going_live",
    "load",
    "faults",
    "stepfunctions",
    "history",
    "page",
    "sandbox",
    "recorder",
    "publish",
    "switching",
    "media",
)
HEAD = """# Figures

What `make bench` printed; `make bench ARGS=NAME` runs one of them again and puts what it prints in its place. Seconds
are those of the machine that is named; a ratio is to the baseline that its text names, measured in the same run.
"""


def sections(text: str) -> dict[str, str]:
    """By name: from its heading up to the next."""
    _, *parts = re.split(r"^## ", text, flags=re.MULTILINE)
    return {part.split("\n", 1)[0]: f"## {part.rstrip()}\n" for part in parts}


def section(name: str, printed: str) -> str:
    says = ast.get_docstring(ast.parse((HERE / f"{name}.py").read_text())) or ""
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}"
    return f"## {name}\n\n{says}\n\n```text\n{printed.rstrip()}\n```\n\nMeasured with {machine}.\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="*", help="of " + ", ".join(ALL))
    names = parser.parse_args().name or ALL
    if unknown := [name for name in names if name not in ALL]:
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(ALL)}")
    failed = []
    for name in names:
        ran = subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], stdout=subprocess.PIPE, text=True)
        print(f"== {name}\n{ran.stdout}", flush=True)
        if ran.returncode:
            failed.append(name)
            continue
        known = sections(DOCUMENT.read_text()) if DOCUMENT.exists() else {}
        known[name] = section(name, ran.stdout)
        DOCUMENT.write_text("\n".join([HEAD, *(known[each] for each in ALL if each in known)]))
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
