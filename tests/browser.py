"""A Chromium for the tests: `$CHROMIUM`, else one that is found.

`python -m tests.browser` sees to it that there is one: Debian's, by apt, where there is apt and we are root; else one
line says what to do.
"""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ADVICE = (
    "tests: no Chromium found; install it (Debian: apt-get install chromium), or say where it is: CHROMIUM=/path/to/it"
)


def chromium() -> str:
    """Its path. Raises FileNotFoundError that says what to do."""
    given = os.environ.get("CHROMIUM")
    found = shutil.which(given) if given else next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise FileNotFoundError(f"tests: CHROMIUM={given} is no program" if given else ADVICE)
    return found


def install() -> None:
    for command in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        subprocess.run(["apt-get", "--quiet", *command], stdout=subprocess.DEVNULL, check=False)


def main() -> int:
    can_install = "CHROMIUM" not in os.environ and shutil.which("apt-get") and os.geteuid() == 0
    if can_install and not any(map(shutil.which, NAMES)):
        print("tests: installing Chromium", file=sys.stderr)
        install()
    try:
        chromium()
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
