"""The settings of a stage, from the environment: the one place that reads it, and only when asked."""

import os
from dataclasses import dataclass, fields

PREFIX = "SHOWRUNNER_"


@dataclass(frozen=True)
class Settings:
    """Names and ARNs of one stage's resources; the template sets them on the functions that need them."""

    stage: str = ""
    table: str = ""
    recordings_bucket: str = ""
    media_bucket: str = ""
    medialive_role_arn: str = ""
    input_security_group: str = ""
    session_machine_arn: str = ""
    cleanup_machine_arn: str = ""
    recording_machine_arn: str = ""
    archive_machine_arn: str = ""
    fallback_machine_arn: str = ""
    wake_machine_arn: str = ""
    sessions_of_owner: str = ""
    sessions_of_stage: str = ""
    quotas: str = ""
    budget_of_owner: str = ""
    budget_of_stage: str = ""
    at_budget: str = ""
    check_media_arn: str = ""
    stream_looks_url: str = ""
    cors_origin: str = ""
    cdn_key_id: str = ""

    def __getattribute__(self, name: str) -> str:
        value: str = super().__getattribute__(name)
        if value == "" and not name.startswith("_"):
            raise LookupError(f"{PREFIX}{name.upper()} is not set: this function's environment lacks it")
        return value


_VARIABLES = {field.name: PREFIX + field.name.upper() for field in fields(Settings)}


def settings() -> Settings:
    """The settings as the environment has them now; using one that is not set raises LookupError."""
    return Settings(**{name: os.environ.get(variable, "") for name, variable in _VARIABLES.items()})
