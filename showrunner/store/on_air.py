"""What an attempt was asked to show, and what MediaLive says of it."""

import contextlib
from datetime import datetime, timedelta

import msgspec

from showrunner.errors import InProgress
from showrunner.overlay import Overlay
from showrunner.running_order import began
from showrunner.session import Attempt, NoPicture, StreamHealth, TimelineEntry, isotime, moment, now
from showrunner.store.attempts import Attempts
from showrunner.store.table import ConditionFailed, Item, as_before, attempt_key, pack
from showrunner.switch import Cue, Switch, past


class OnAir(Attempts):
    def hold(self, session_id: str, number: int) -> None:
        """Should the attempt's channel start from now on, it begins with the slate."""
        self._update(attempt_key(session_id, number), "SET #hold = :yes", {":yes": True}, names={"#hold": "hold"})

    def lose_stream(self, session_id: str, number: int, text: str) -> None:
        """IVS has no stream of the running channel, from now on."""
        self._set_stream(session_id, number, "SET stream_lost_at = :now", "attribute_not_exists", text)

    def regain_stream(self, session_id: str, number: int, text: str) -> None:
        self._set_stream(session_id, number, "REMOVE stream_lost_at", "attribute_exists", text)

    def _set_stream(self, session_id: str, number: int, expression: str, condition: str, text: str) -> None:
        """Once, with its entry in the timeline."""
        at = now()
        update: Item = {
            "TableName": self.table,
            "Key": pack(attempt_key(session_id, number)),
            "UpdateExpression": expression,
            "ConditionExpression": f"attribute_exists(pk) AND {condition}(stream_lost_at)",
        } | ({"ExpressionAttributeValues": pack({":now": at})} if ":now" in expression else {})
        entry = TimelineEntry(at, "stream", text, number)
        self._tell(update, session_id, entry)

    def see_stream(self, attempt: Attempt, viewers: int | None, health: StreamHealth | None) -> bool:
        """What IVS tells of the attempt's stream, None where it tells nothing; True if that was news, and is written.

        It is not where another look was quicker, or the show is over by now: the next look knows better.
        """
        before: Item = {"viewers": attempt.viewers, "health": attempt.health}
        if before == {"viewers": viewers, "health": health}:
            return False
        starving_at = (attempt.starving_at or now()) if health == "STARVING" else None
        new: Item = {"viewers": viewers, "health": health, "starving_at": starving_at}
        sets = ", ".join(f"{name} = :{name}" for name, value in new.items() if value is not None)
        removes = ", ".join(name for name, value in new.items() if value is None)
        try:
            self._update(
                attempt_key(attempt.session_id, attempt.number),
                (f"SET {sets}" if sets else "") + (f" REMOVE {removes}" if removes else ""),
                {f":{name}": value for name, value in new.items()}
                | {f":{name}_before": value for name, value in before.items()},
                f"attribute_exists(live_at) AND attribute_not_exists(closing_at) AND {as_before(before)}",
            )
        except (ConditionFailed, InProgress):
            return False
        return True

    def set_picture(self, session_id: str, number: int, lost: NoPicture | None) -> None:
        """What is on air has no picture, or has one."""
        expression = "SET no_picture = :lost" if lost else "REMOVE no_picture"
        values = {":lost": msgspec.to_builtins(lost)} if lost else {}
        self._update(attempt_key(session_id, number), expression, values)

    def ask(self, session_id: str, number: int, switches: list[Switch], text: str) -> None:
        """A source is asked for, and what follows it; it is not on air by that. Written before MediaLive is asked: its
        event may be fast. Once per action.
        """
        names = {f"#a{i}": each.action for i, each in enumerate(switches)}
        sets = ", ".join(f"switches.#a{i} = :v{i}" for i in range(len(switches)))
        values = {f":v{i}": msgspec.to_builtins(each) for i, each in enumerate(switches)}
        update = {
            "TableName": self.table,
            "Key": pack(attempt_key(session_id, number)),
            "UpdateExpression": f"SET {sets}",
            "ConditionExpression": "attribute_exists(pk) AND attribute_not_exists(switches.#a0)",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": pack(values),
        }
        first = switches[0]
        entry = TimelineEntry(first.asked_at, "switch", text, number, by=first.by)
        self._tell(update, session_id, entry, into=(attempt_key(session_id, number), "switches"))

    def cue(self, session_id: str, number: int, cue: Cue | None, by: str) -> None:
        """MediaLive was asked to prepare a source, or none."""
        update = {
            "TableName": self.table,
            "Key": pack(attempt_key(session_id, number)),
            "UpdateExpression": "SET cued = :cue" if cue else "REMOVE cued",
            "ConditionExpression": "attribute_exists(pk)",
        }
        if cue:
            update["ExpressionAttributeValues"] = pack({":cue": msgspec.to_builtins(cue)})
        entry = TimelineEntry(now(), "cue", f"Cued: {cue or 'nothing'}", number, by=by)
        self._tell(update, session_id, entry)

    def overlay(self, session_id: str, number: int, overlay: Overlay, by: str) -> None:
        """MediaLive has accepted an overlay on its layer, or, without an image, that there is to be none."""
        layer = str(overlay.layer)
        update = {
            "TableName": self.table,
            "Key": pack(attempt_key(session_id, number)),
            "UpdateExpression": "SET overlays.#layer = :overlay" if overlay.image else "REMOVE overlays.#layer",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeNames": {"#layer": layer},
        }
        if overlay.image:
            update["ExpressionAttributeValues"] = pack({":overlay": msgspec.to_builtins(overlay)})
        text = f"Overlay '{overlay.image}' on layer {layer}" if overlay.image else f"No overlay on layer {layer}"
        entry = TimelineEntry(now(), "overlay", f"{text} was accepted", number, by=by)
        self._tell(update, session_id, entry, into=(attempt_key(session_id, number), "overlays"))

    def withdraw(self, session_id: str, number: int, switches: list[Switch]) -> None:
        """MediaLive refused them, or has taken them back."""
        names = {f"#a{i}": each.action for i, each in enumerate(switches)}
        removes = ", ".join(f"switches.{name}" for name in names)
        self._update(attempt_key(session_id, number), f"REMOVE {removes}", {}, names=names)

    def void(self, session_id: str, number: int, switches: list[Switch]) -> None:
        """They were to be taken back, and MediaLive performs them all the same."""
        for each in switches:
            with contextlib.suppress(ConditionFailed):  # performed meanwhile
                self._update(
                    attempt_key(session_id, number),
                    "SET switches.#action.#void = :yes",
                    {":yes": True},
                    "attribute_exists(switches.#action)",
                    {"#action": each.action, "#void": "void"},
                )

    def on_air(
        self, session_id: str, number: int, source: str, switch: Switch | None = None, told: datetime | None = None
    ) -> bool:
        """The source is on air by MediaLive's word, put there by `switch` if it is one of ours; True if that is news.

        With the switch, those that were due before it are over. `told`: the time of MediaLive's event.
        """
        seen_at, names = now(), dict[str, str]()
        condition, text = "(attribute_not_exists(on_air) OR on_air <> :source)", f"On air: {source}"
        begun, ends = moment(seen_at), None
        if switch is not None:
            attempt = self.attempt(session_id, number)
            begun = began(attempt, switch, begun, told)
            ends = begun + timedelta(milliseconds=switch.milliseconds) if switch.milliseconds else None
            over = past(attempt.switches.values(), switch)
            names = {f"#a{i}": each.action for i, each in enumerate(over)}
            condition, text = "attribute_exists(switches.#a0)", f"On air: {switch.what}"
            if switch.after is None:
                text += f", {switch.delay(seen_at):.2f} s after {'its time' if switch.at else 'it was asked for'}"
        new: Item = dict.fromkeys(("on_air_item", "on_air_position", "on_air_copy", "on_air_action", "on_air_until"))
        new |= {"on_air": source, "on_air_at": isotime(begun)}
        if switch is not None:
            new |= {"on_air_item": switch.item, "on_air_position": switch.position, "on_air_action": switch.action}
            new |= {"on_air_copy": switch.copy, "on_air_until": isotime(ends) if ends else None}
        sets = ", ".join(f"{name} = :{name}" for name, value in new.items() if value is not None)
        removes = [f"switches.{name}" for name in names] + [name for name, value in new.items() if value is None]
        values = {f":{name}": value for name, value in new.items()} | ({} if switch else {":source": source})
        update = {
            "TableName": self.table,
            "Key": pack(attempt_key(session_id, number)),
            "UpdateExpression": f"SET {sets}" + (f" REMOVE {', '.join(removes)}" if removes else ""),
            "ConditionExpression": f"attribute_exists(pk) AND {condition}",
            "ExpressionAttributeValues": pack(values),
            **({"ExpressionAttributeNames": names} if names else {}),
        }
        entry = TimelineEntry(seen_at, "source", text, number, by=switch.by if switch else None)
        return self._tell(update, session_id, entry)
