"""What goes wrong around the machines: events, executions, tasks. The session ends clean all the same."""

from concurrent.futures import ThreadPoolExecutor

from tests.studio import Studio, eventually

CHANNEL = "MediaLive Channel State Change"

MACHINES = ("session", "cleanup", "recording", "archive")


def live(studio: Studio, **wish: object) -> str:
    show = studio.create(**wish)
    studio.press(show, "start")
    studio.until(show, "live")
    return show


def end(studio: Studio, show: str) -> None:
    studio.press(show, "stop")
    studio.until(show, "ended")
    studio.assert_nothing_left(show)


def test_doubled_events_change_nothing(studio: Studio) -> None:
    studio.control("events", detail_type="*", effect="double", count=20)
    show = live(studio)
    assert len(studio.channels(show)) == 1
    end(studio, show)


def test_an_event_that_comes_late_finds_its_wait_gone(studio: Studio) -> None:
    show = live(studio)
    for event in studio.events():
        if event["detail"].get("state") in ("CREATED", "RUNNING"):
            studio.control("emit", event_id=event["id"])
    assert studio.session(show)["state"] == "live"
    end(studio, show)


def test_late_events_of_an_old_attempt_leave_the_new_one_alone(studio: Studio) -> None:
    show = live(studio)
    of_the_first = (studio.channels(show)[0]["Arn"], studio.outputs_of(show)[0]["arn"], f":{show}-1")
    end(studio, show)
    old = [event for event in studio.events() if any(name in str(event) for name in of_the_first)]
    assert {"STOPPING", "DELETED"} <= {event["detail"].get("state") for event in old}

    studio.press(show, "start")
    studio.until(show, "live")
    for event in old:
        studio.control("emit", event_id=event["id"])
    assert studio.session(show)["state"] == "live"
    end(studio, show)
    assert studio.session(show)["reason"] is None
    assert studio.executions(show) == dict.fromkeys(
        (f"{show}-{attempt}{part}" for attempt in (1, 2) for part in ("", "-session")), "SUCCEEDED"
    )


def test_an_execution_stopped_from_outside_is_cleaned_up(studio: Studio) -> None:
    show = live(studio)
    studio.aws["stepfunctions"].stop_execution(executionArn=studio.execution_arn(show), error="Human", cause="oops")
    failed = studio.until(show, "failed")
    assert failed["reason"] == "The session's execution was stopped from outside."
    assert studio.executions(show) == {f"{show}-1": "ABORTED", f"{show}-1-aborted": "SUCCEEDED"}
    studio.assert_nothing_left(show)


def test_the_sweeper_cleans_up_when_that_event_is_lost_too(studio: Studio) -> None:
    show = live(studio)
    studio.control("events", detail_type="Step Functions Execution Status Change", effect="lose", count=1)
    studio.aws["stepfunctions"].stop_execution(executionArn=studio.execution_arn(show))
    studio.backdate(show, "created_at")  # the sweeper leaves young attempts alone
    studio.sweep_on_schedule()
    studio.until(show, "failed", "ended")
    assert any("-sweep-" in name for name in studio.executions(show))
    studio.assert_nothing_left(show)


def test_a_channel_stopped_by_somebody_else_ends_the_session_with_that_reason(studio: Studio) -> None:
    show = live(studio)
    studio.aws["medialive"].stop_channel(ChannelId=studio.channels(show)[0]["Id"])
    assert studio.until(show, "failed")["reason"] == "The MediaLive channel was stopped by somebody else."
    studio.assert_nothing_left(show)


def test_three_cleanups_at_once_are_harmless(studio: Studio) -> None:
    show = live(studio)
    bystander = live(studio)
    with ThreadPoolExecutor(3) as pool:
        arns = list(pool.map(lambda _: studio.start_cleanup(show), range(3)))
        statuses = list(pool.map(studio.ended, arns))
    assert statuses == ["SUCCEEDED"] * 3
    eventually(lambda: studio.session(show)["state"] in ("ended", "failed"), what="the end")
    studio.assert_nothing_left(show)
    assert studio.session(bystander)["state"] == "live"
    end(studio, bystander)


def test_what_a_crash_left_without_a_trace_in_the_table_is_found_by_name_and_tags(studio: Studio) -> None:
    """The channel was made, and the task died before it wrote its id down."""
    show = studio.create()
    studio.press(show, "prepare")
    studio.until(show, "ready")
    forgotten = "SET inputs = :none REMOVE channel_id, channel_arn, ivs_channel_arn"
    studio.rewrite(show, forgotten, {":none": {"M": {}}})
    end(studio, show)


def test_secrets_stand_nowhere(studio: Studio) -> None:
    show = live(studio)
    (output,) = studio.outputs_of(show)
    keys = studio.aws["ivs"].list_stream_keys(channelArn=output["arn"])["streamKeys"]
    secrets = [studio.aws["ivs"].get_stream_key(arn=keys[0]["arn"])["streamKey"]["value"]]
    url = studio.call("GET", f"/sessions/{show}/ingest").json()["sources"][0]["url"]
    secrets.append(url.rpartition("/")[2])
    secrets.append(studio.token)
    assert all(len(secret) >= 8 for secret in secrets)
    end(studio, show)

    places: dict[str, str] = {"table": str(studio.rows(show))}
    for name in studio.executions(show, *MACHINES):
        arn = next(a for a in _arns(studio) if a.endswith(f":{name}"))
        pages = studio.aws["stepfunctions"].get_paginator("get_execution_history").paginate(executionArn=arn)
        places[f"history of {name}"] = str([event for page in pages for event in page["events"]])
        places[f"states of {name}"] = str(studio.history(show, name))
    logs = studio.aws["logs"]
    for group in logs.describe_log_groups()["logGroups"]:
        events = logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
        places[f"log {group['logGroupName']}"] = str([event["message"] for event in events])
    places["events"] = str(studio.events())
    places["timeline"] = studio.call("GET", f"/sessions/{show}/timeline").text
    found = [place for place, text in places.items() for secret in secrets if secret in text]
    assert found == []


def _arns(studio: Studio) -> list[str]:
    arns = []
    for machine in MACHINES:
        arn = studio.outputs[f"{machine.title()}MachineArn"]
        pages = studio.aws["stepfunctions"].get_paginator("list_executions").paginate(stateMachineArn=arn)
        arns += [execution["executionArn"] for page in pages for execution in page["executions"]]
    return arns
