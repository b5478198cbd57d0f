"""One task Lambda a file, named for its state in `state_machines/`; every one may run twice, or at once."""

# What `app.py` registers, and the state machines call.
TASKS = (
    "plan",
    "create_output",
    "create_inputs",
    "create_channel",
    "wait_until",
    "start_channel",
    "schedule_recording",
    "note_failure",
    "stop_channel",
    "delete_channel",
    "delete_inputs",
    "stop_stream",
    "release_output",
    "close_session",
    "close_recordings",
    "cut_recording",
    "make_film",
    "announce_recording",
    "note_recording_failure",
    "settle_recordings",
    "clear_show",
    "fall_back",
)
