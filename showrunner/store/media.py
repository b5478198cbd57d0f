"""An owner's files."""

import contextlib
from typing import Any

import msgspec

from showrunner import aws
from showrunner.media import Media
from showrunner.store.table import ConditionFailed, Item, Table, pack


def media_key(owner: str, media_id: str) -> Item:
    return {"pk": f"OWNER#{owner}", "sk": f"MEDIA#{media_id}"}


class MediaFiles(Table):
    def add_media(self, media: Media) -> None:
        self._put({**media_key(media.owner, media.id), **msgspec.to_builtins(media)})

    def media(self, owner: str, media_id: str) -> Media | None:
        item = self._get(media_key(owner, media_id))
        return msgspec.convert(item, Media) if item else None

    def media_of(self, owner: str) -> list[Media]:
        """Oldest first."""
        found = [msgspec.convert(item, Media) for item in self._query_all(f"OWNER#{owner}", "MEDIA#")]
        return sorted(found, key=lambda media: media.created_at)

    def settle_media(self, media: Media, **values: Any) -> None:
        """What is found of a file; nothing for one that was deleted meanwhile."""
        found = {name: value for name, value in values.items() if value is not None}
        names = {f"#v{i}": name for i, name in enumerate(found)}
        sets = ", ".join(f"{name} = :v{i}" for i, name in enumerate(names))
        with contextlib.suppress(ConditionFailed):
            self._update(
                media_key(media.owner, media.id),
                f"SET {sets}",
                {f":v{i}": value for i, value in enumerate(found.values())},
                names=names,
            )

    def delete_media(self, media: Media) -> None:
        aws.dynamodb().delete_item(TableName=self.table, Key=pack(media_key(media.owner, media.id)))
