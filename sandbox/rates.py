"""How many calls a second a service takes: a token bucket on the sandbox's clock."""

from sandbox.clock import Clock


class TokenBucket:
    """Refilled with `rate` tokens a second up to `burst`; full at first."""

    def __init__(self, clock: Clock, rate: float, burst: float) -> None:
        self._clock = clock
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._seen = clock.time()

    def take(self) -> bool:
        """Take a token, if there is one."""
        now = self._clock.time()
        self._tokens = min(self._burst, self._tokens + (now - self._seen) * self._rate)
        self._seen = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
