"""All that AWS documents neither way, by name, e.g. `medialive.recovering_event`."""

from collections.abc import Collection
from dataclasses import fields, replace
from typing import TypeVar

from sandbox.ivs.unknowns import Unknowns as IvsUnknowns
from sandbox.medialive.unknowns import Unknowns as MediaLiveUnknowns

T = TypeVar("T", MediaLiveUnknowns, IvsUnknowns)
NAMES = [f"medialive.{each.name}" for each in fields(MediaLiveUnknowns)] + [
    f"ivs.{each.name}" for each in fields(IvsUnknowns)
]


def medialive(otherwise: Collection[str]) -> MediaLiveUnknowns:
    """The other way for those named."""
    return _turn(MediaLiveUnknowns(), "medialive", otherwise)


def ivs(otherwise: Collection[str]) -> IvsUnknowns:
    """Likewise."""
    return _turn(IvsUnknowns(), "ivs", otherwise)


def _turn(usual: T, service: str, otherwise: Collection[str]) -> T:
    turned = [each.name for each in fields(usual) if f"{service}.{each.name}" in otherwise]
    return replace(usual, **{name: not getattr(usual, name) for name in turned})
