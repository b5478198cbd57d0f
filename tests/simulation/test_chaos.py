"""Random shows of random people with random trouble, by fixed seeds; a seed that has failed once is here for good."""

import pytest

from showrunner import aws
from tests.simulation import chaos
from tests.simulation.lives import Person
from tests.simulation.world import TABLE, lived

SEEDS = [(seed, 4, 900.0) for seed in range(1, 21)]
FAILED = [(243006, 6, chaos.LASTS)]  # a stop was told before the start that it stopped


@pytest.mark.parametrize(("seed", "sessions", "seconds"), [*SEEDS, *FAILED])
def test_after_chaos_nothing_is_left(seed: int, sessions: int, seconds: float) -> None:
    outcome = chaos.play(seed, sessions, seconds=seconds)
    assert not outcome.problems, "\n".join([*outcome.problems, chaos.command(seed, sessions, seconds)])
    assert outcome.lives > 0


def test_without_trouble_nothing_breaks() -> None:
    outcome = chaos.play(0, 6, rate=0)
    assert outcome.problems == []
    assert not outcome.struck


def test_what_is_there_twice_what_is_nobodys_and_a_secret_in_the_table_are_seen() -> None:
    with lived() as world:
        person = Person(world)
        person.create(record="off")
        person.button("streaming/start")
        assert person.until("live")
        assert list(chaos._at_any_time(world)) == []
        (host, *_) = [each for each in world.medialive.inputs.values() if each.name.endswith("-host")]
        wish = {"Name": host.name, "Type": host.type, "InputSecurityGroups": host.security_groups}
        world.client("medialive").create_input(**wish, Destinations=[{"StreamName": "live/other"}])
        world.client("ivs").create_channel(name=world.made_outputs()[0].settings["name"])
        key = {"pk": {"S": "STAGE"}, "sk": {"S": "RUNNING"}}
        seen = {"secret": {"S": min(world.ivs.keys_made)}, "taken": {"N": "3"}}
        aws.dynamodb().put_item(TableName=TABLE, Item=key | seen)
        told = list(chaos._at_any_time(world))
    assert told[0].startswith("STAGE has 3 places that are taken")
    assert told[1:] == [
        f"there are 2 of {host.name}",
        f"there are 2 of IVS {world.made_outputs()[0].settings['name']}",
        "a secret stands in the table",
    ]
