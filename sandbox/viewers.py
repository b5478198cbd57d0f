"""How many watch an IVS channel: the connections over which its playlist was fetched lately.

IVS counts viewing sessions by its own player's reports. A player that keeps its connection counts once here; one that
opens a new connection for each playlist counts more than once.
"""

from collections import defaultdict

from sandbox.clock import Clock

LATELY = 10.0


class Viewers:
    """By the id at the end of a channel's ARN."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: dict[str, dict[str, float]] = defaultdict(dict)

    def saw(self, channel_id: str, connection: str) -> None:
        """A playlist was fetched."""
        self._seen[channel_id][connection] = self._clock.time()

    def count(self, arn: str) -> int:
        """Viewers of a channel, by its ARN."""
        channel_id, now = arn.rpartition("/")[2], self._clock.time()
        if channel_id not in self._seen:
            return 0
        lately = {each: when for each, when in self._seen[channel_id].items() if now - when <= LATELY}
        self._seen[channel_id] = lately
        return len(lately)
