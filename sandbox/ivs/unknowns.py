"""What AWS documents neither way of IVS: a sandbox takes one way, and can be told to take the other."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Unknowns:
    """The defaults are what seems likely."""

    offline_state: bool = False
    """GetStream answers state OFFLINE for a channel that is not live; otherwise ChannelNotBroadcasting."""
    uncounted_viewers: bool = False
    """viewerCount is -1: the API reference says that it may be, and to ask again."""
    unknown_health: bool = False
    """A stream's health is UNKNOWN until it has been measured; otherwise HEALTHY."""
    lagging_lists: bool = False
    """ListChannels shows a new channel a second later, as MediaLive's lists may."""
