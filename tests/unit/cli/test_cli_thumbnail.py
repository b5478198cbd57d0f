"""`showrunner thumbnail`: the picture as a file."""

import base64
from pathlib import Path

from fake_api import FakeApi, Run

AT = "2026-01-09T20:00:00.000Z"


def test_the_picture_is_kept_as_a_file(api: FakeApi, run: Run, tmp_path: Path) -> None:
    body = base64.b64encode(b"jpeg").decode()
    answer = {"source": "host", "at": AT, "content_type": "image/jpeg", "body": body}
    api.on("GET", "/sessions/a/thumbnail", (200, answer))
    file = tmp_path / "a.jpg"
    assert run("thumbnail", "a", "--to", str(file)).stdout == f"{file}: host, {AT}\n"
    assert file.read_bytes() == b"jpeg"


def test_without_a_picture_there_is_no_file(api: FakeApi, run: Run, tmp_path: Path) -> None:
    said = {"error": "ThumbnailNotFound", "message": "There is no picture of what is on air: host.", "details": {}}
    api.on("GET", "/sessions/a/thumbnail", (404, said))
    shown = run("thumbnail", "a", "--to", str(tmp_path / "a.jpg"))
    assert shown.exit_code != 0
    assert "There is no picture" in shown.stderr
    assert list(tmp_path.iterdir()) == []
