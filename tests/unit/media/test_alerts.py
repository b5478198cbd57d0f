"""Alerts are set once and cleared once."""

from typing import Any

from sandbox.media.alerts import Alerts


def test_only_changes_are_reported() -> None:
    reports: list[dict[str, Any]] = []
    alerts = Alerts(reports.append)

    alerts.clear("store")
    alerts.set("store", "Failed", "away")
    alerts.set("store", "Failed", "still away")
    alerts.set("other", "Failed", "away")
    alerts.clear("store")
    alerts.clear("store")
    alerts.set("store", "Failed", "again")

    told = {"event": "alert", "type": "Failed"}
    assert reports == [
        {**told, "id": "store", "set": True, "message": "away"},
        {**told, "id": "other", "set": True, "message": "away"},
        {**told, "id": "store", "set": False, "message": "away"},
        {**told, "id": "store", "set": True, "message": "again"},
    ]
