"""An owner's files."""

from typing import Any

import msgspec

from showrunner import aws
from showrunner.media import Media
from showrunner.store.table import ConditionFailed, Item, Table, pack, unpack


def media_key(owner: str, media_id: str) -> Item:
    return {"pk": f"OWNER#{owner}", "sk": f"MEDIA#{media_id}"}


class MediaFiles(Table):
    def add_media(self, media: Media) -> None:
        self._put({**media_key(media.owner, media.id), **msgspec.to_builtins(media)})

    def media(self, owner: str, media_id: str) -> Media | None:
        item = self._get(media_key(owner, media_id))
        return msgspec.convert(item, Media) if item else None

    def media_of(self, owner: str, limit: int, after: str | None) -> tuple[list[Media], str | None]:
        """A page of an owner's files, newest first, as their ids are; and the id `after` which the next one starts."""
        start: Any = {"ExclusiveStartKey": pack(media_key(owner, after))} if after else {}
        page = aws.dynamodb().query(
            TableName=self.table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues=pack({":pk": f"OWNER#{owner}", ":prefix": "MEDIA#"}),
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=limit,
            **start,
        )
        found = [msgspec.convert(unpack(item), Media) for item in page["Items"]]
        return found, found[-1].id if "LastEvaluatedKey" in page else None

    def settle_media(self, media: Media, **values: Any) -> bool:
        """What is found of a file; False for one that was deleted, or settled by another run, meanwhile."""
        found = {name: value for name, value in values.items() if value is not None}
        names = {f"#v{i}": name for i, name in enumerate(found)}
        sets = ", ".join(f"{name} = :v{i}" for i, name in enumerate(names))
        given = {f":v{i}": value for i, value in enumerate(found.values())}
        try:
            self._update(
                media_key(media.owner, media.id),
                f"SET {sets}",
                given | {":ready": "ready", ":refused": "refused"},
                "attribute_exists(pk) AND NOT #state IN (:ready, :refused)",
                names | {"#state": "state"},
            )
        except ConditionFailed:
            return False
        return True

    def settle_copy(self, media: Media, copy: str, made: bool) -> bool:
        """A copy of a file at a level is there, or can't be made; False if the file was deleted meanwhile."""
        change = "ADD copies :copy DELETE failed_copies :copy" if made else "ADD failed_copies :copy"
        try:
            self._update(media_key(media.owner, media.id), change, {":copy": {copy}})
        except ConditionFailed:
            return False
        return True

    def delete_media(self, media: Media) -> None:
        aws.dynamodb().delete_item(TableName=self.table, Key=pack(media_key(media.owner, media.id)))
