"""What AWS documents neither way of MediaLive: a sandbox takes one way, and can be told to take the other."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Unknowns:
    """The defaults are what seems likely."""

    stop_while_starting: bool = True
    """StopChannel is accepted while STARTING; otherwise 409."""
    delete_create_failed: bool = True
    """DeleteChannel is accepted of a channel whose creation failed; otherwise 409."""
    recovering_event: bool = False
    """A channel that goes RECOVERING sends a state change of that name."""
    first_input_event: bool = True
    """The first input of a start sends an Input Change event; otherwise only later ones do."""
    request_id_for_another: bool = True
    """A RequestId that was used answers what it made to another request too; otherwise 409."""
    one_source: bool = True
    """One source is enough for a pull input; otherwise 400, as the API reference wants exactly two."""
    waits_for_input: bool = True
    """Nothing is sent to an output before the first input arrives; otherwise from RUNNING on. Without video only."""
