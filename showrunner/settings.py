"""The settings of a stage, from the environment: the one place that reads it, and only when asked."""

import os

PREFIX = "SHOWRUNNER_"


class Settings:
    """Names and ARNs of one stage's resources; the template sets them on the functions that need them.

    Each is read when it is used. Raises LookupError for one that is not set.
    """

    stage: str
    table: str
    recordings_bucket: str
    media_bucket: str
    medialive_role_arn: str
    input_security_group: str
    session_machine_arn: str
    cleanup_machine_arn: str
    recording_machine_arn: str
    archive_machine_arn: str
    fallback_machine_arn: str
    wake_machine_arn: str
    sessions_of_owner: str
    sessions_of_stage: str
    quotas: str
    budget_of_owner: str
    budget_of_stage: str
    at_budget: str
    check_media_arn: str
    stream_looks_url: str
    cors_origin: str
    cdn_key_id: str

    def __getattr__(self, name: str) -> str:
        if name not in Settings.__annotations__:
            raise AttributeError(name)
        value = os.environ.get(PREFIX + name.upper(), "")
        if not value:
            raise LookupError(f"{PREFIX}{name.upper()} is not set: this function's environment lacks it")
        return value


_SETTINGS = Settings()


def settings() -> Settings:
    return _SETTINGS
