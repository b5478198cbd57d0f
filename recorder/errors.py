"""What can be wrong with stored video."""

from showrunner.errors import ShowrunnerError


class RecordingDamaged(ShowrunnerError):
    """Stored or made video is not what it should be; the message says what was found, `details` the numbers."""
