"""The account's quotas in the sandbox, read and counted with the permissions that the API and the sweeper have."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.studio import Studio, eventually

KEY = {"pk": {"S": "QUOTAS"}, "sk": {"S": "ACCOUNT"}}


@pytest.fixture
def by_hand(studio: Studio) -> Iterator[None]:
    """Four of five push inputs, as somebody may make them beside the product."""
    medialive = studio.aws["medialive"]
    group = medialive.create_input_security_group(WhitelistRules=[{"Cidr": "192.0.2.0/24"}])["SecurityGroup"]["Id"]
    made = [
        medialive.create_input(
            Name=name, Type="RTMP_PUSH", InputSecurityGroups=[group], Destinations=[{"StreamName": f"live/{name}"}]
        )["Input"]["Id"]
        for name in ("one", "two", "three", "four")
    ]

    def listed() -> set[str]:
        return {each["Id"] for each in medialive.list_inputs()["Inputs"] if each["State"] != "DELETED"} & set(made)

    eventually(lambda: listed() == set(made), what="the lists to show the inputs")
    yield
    for each in made:
        medialive.delete_input(InputId=each)
    medialive.delete_input_security_group(InputSecurityGroupId=group)
    eventually(lambda: not listed(), what="the lists to show them no more")
    uncounted(studio)  # what was counted would have the next test's start refused


def account(studio: Studio) -> dict[str, Any]:
    item: dict[str, Any] = studio.aws["dynamodb"].get_item(TableName=studio.outputs["TableName"], Key=KEY)["Item"]
    return item


def uncounted(studio: Studio) -> None:
    """As in a stage that no sweep has counted for yet."""
    table = studio.outputs["TableName"]
    studio.aws["dynamodb"].update_item(TableName=table, Key=KEY, UpdateExpression="REMOVE looked_at, counting_since")


def test_a_start_that_the_account_has_no_room_for_is_refused(studio: Studio, by_hand: None) -> None:
    both = [{"name": name, "type": "RTMP_PUSH"} for name in ("host", "guest")]
    show = studio.create(sources=both)
    uncounted(studio)
    refused = studio.press(show, "start")
    assert (refused.status_code, refused.json()["error"]) == (409, "QuotaExceeded")
    told = {"quota": "push_inputs", "code": "L-9E233AF7", "limit": 5, "used": 4, "used_by_sessions": 0, "needed": 2}
    assert refused.json()["details"] == told
    assert "Service Quotas: medialive, L-9E233AF7" in refused.json()["message"]
    shown = studio.session(show)
    assert (shown["state"], shown["attempt"], studio.executions(show)) == ("created", 0, {})
    counted = account(studio)
    assert counted["limits"]["M"]["ivs_streams"] == {"N": "100"}
    uncounted(studio)
    assert studio.sweep()["status"] == "SUCCEEDED"  # with CountQuotas
    assert account(studio)["looked_at"]["S"] > counted["looked_at"]["S"]
    assert account(studio)["elsewhere"]["M"]["push_inputs"] == {"N": "4"}
