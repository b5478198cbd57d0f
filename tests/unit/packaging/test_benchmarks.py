"""The document of figures is that of all benchmarks."""

import subprocess
import sys
from pathlib import Path

from benchmarks.__main__ import ALL, DOCUMENT, HERE, section, sections

ROOT = Path(__file__).parents[3]


def test_every_benchmark_is_run_with_all() -> None:
    assert sorted(path.stem for path in HERE.glob("[!_]*.py")) == sorted(ALL)


def test_the_document_has_figures_that_there_are_in_their_order() -> None:
    told = list(sections(DOCUMENT.read_text()))
    assert told == [name for name in ALL if name in told] != []


def test_a_section_says_what_is_measured_and_what_was_printed() -> None:
    written = section("package", "12 MB\n")
    assert sections(f"# Figures\n\n{written}") == {"package": written}
    assert "Goal: the slowest task takes 1.1 times as long" in written
    assert "```text\n12 MB\n```" in written


def test_an_unknown_name_is_refused_with_those_that_there_are() -> None:
    command = [sys.executable, "-m", "benchmarks", "speed"]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert ran.returncode == 2
    assert "there is no speed; there are package, api" in ran.stderr
