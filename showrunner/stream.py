"""The stream of a live show on IVS: it may end, or be ended, while the channel runs on.

IVS tells by two events, of which either may be lost, and MediaLive by none. MediaLive connects again by itself, as
often as the output's retries allow, and stores the show meanwhile. So a lost stream is told and waited for; only a show
that nobody could see for as long as one may wait for its first picture is ended, by the guards.
"""

from showrunner import ivs, medialive
from showrunner.session import Attempt, seconds_since
from showrunner.store import store


def notice(attempt: Attempt, channel: medialive.Channel | None) -> bool | None:
    """Write down whether IVS has the stream; None where it need not have it."""
    if (
        channel is None
        or not channel.runs
        or attempt.stopping
        or attempt.live_at is None
        or attempt.ivs_channel_arn is None
    ):
        return None
    if ivs.is_live(attempt.ivs_channel_arn):
        if attempt.stream_lost_at:
            text = f"IVS has the stream again, after {seconds_since(attempt.stream_lost_at):.0f} s"
            store().regain_stream(attempt.session_id, attempt.number, text)
        return True
    # One that was stopped since it was looked at has lost its stream by that.
    again = medialive.channel(attempt.channel_id)
    if again is None or not again.runs:
        return None
    if attempt.stream_lost_at is None:
        text = "The stream has ended on IVS while the channel runs; MediaLive tries to connect again"
        store().lose_stream(attempt.session_id, attempt.number, text)
    return False
