"""The table as DynamoDB sees it: keys, conditions, transactions, and the timeline entry that goes with a write."""

import contextlib
import random
import uuid
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import msgspec
from botocore.exceptions import ClientError

from showrunner import aws, clock
from showrunner.errors import InProgress
from showrunner.session import TimelineEntry

Item = dict[str, Any]
T = TypeVar("T")

TIMELINE = "TIMELINE#"
MOST_TOGETHER = 100  # items that one call may read (BatchGetItem)
LAST = "~"  # sorts behind every key of this table
PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8)  # seconds at most, before a write that met another one is tried again


class ConditionFailed(Exception):
    """The condition of a write did not hold."""


def _serialize(value: Any) -> Item:
    """DynamoDB's JSON of what this table has: numbers are whole, and sets are of texts."""
    match value:
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case dict():
            return {"M": {name: _serialize(each) for name, each in value.items()}}
        case list() | tuple():
            return {"L": [_serialize(each) for each in value]}
        case set() | frozenset():
            return {"SS": list(value)}
        case None:
            return {"NULL": True}
    raise TypeError(f"The table has no {type(value).__name__}: {value!r}")


def _deserialize(value: Item) -> Any:
    """What DynamoDB's JSON stands for."""
    ((kind, content),) = value.items()
    match kind:
        case "N":
            return int(content)
        case "M":
            return unpack(content)
        case "L":
            return [_deserialize(each) for each in content]
        case "SS":
            return set(content)
        case "NULL":
            return None
    return content


def as_before(seen: Item) -> str:
    """The condition that these attributes are as they were seen, None for not there; the values are `:NAME_before`."""
    return " AND ".join(
        f"attribute_not_exists({name})" if value is None else f"{name} = :{name}_before" for name, value in seen.items()
    )


def pack(values: Item) -> Item:
    return {name: _serialize(value) for name, value in values.items() if value is not None}


def unpack(item: Item) -> Item:
    return {name: _deserialize(value) for name, value in item.items()}


def session_key(session_id: str, sk: str) -> Item:
    return {"pk": f"SESSION#{session_id}", "sk": sk}


def attempt_key(session_id: str, number: int) -> Item:
    return session_key(session_id, f"ATTEMPT#{number:06d}")


class Table:
    """One table, by its name."""

    def __init__(self, table: str) -> None:
        self.table = table

    def _get(self, key: Item) -> Item | None:
        item = aws.dynamodb().get_item(TableName=self.table, Key=pack(key), ConsistentRead=True).get("Item")
        return unpack(item) if item else None

    def _get_together(self, *keys: Item) -> list[Item | None]:
        """With one call, `MOST_TOGETHER` at most."""
        wanted: Any = {self.table: {"Keys": [pack(key) for key in keys], "ConsistentRead": True}}
        answer = aws.dynamodb().batch_get_item(RequestItems=wanted)
        if answer.get("UnprocessedKeys"):  # DynamoDB has too much to do, and has left some out
            return [self._get(key) for key in keys]
        found = [unpack(item) for item in answer["Responses"][self.table]]
        return [next((item for item in found if item.items() >= key.items()), None) for key in keys]

    def _query(self, session_id: str, prefix: str, after: str = "") -> list[Item]:
        """`after`: those whose sk comes behind the prefix with that."""
        return self._query_all(f"SESSION#{session_id}", prefix, after)

    def _query_all(self, pk: str, prefix: str, after: str = "") -> list[Item]:
        pages = (
            aws.dynamodb()
            .get_paginator("query")
            .paginate(
                TableName=self.table,
                KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
                ExpressionAttributeValues=pack({":pk": pk, ":first": prefix + after, ":last": prefix + LAST}),
                ConsistentRead=True,
            )
        )
        return [unpack(item) for page in pages for item in page["Items"]]

    def _indexed(self, value: str) -> Iterator[Item]:
        """The items whose `open` has this value, as the index knows them."""
        pages = aws.dynamodb().get_paginator("query")
        for page in pages.paginate(
            TableName=self.table,
            IndexName="open",
            KeyConditionExpression="#open = :value",
            ExpressionAttributeNames={"#open": "open"},
            ExpressionAttributeValues=pack({":value": value}),
        ):
            yield from map(unpack, page["Items"])

    def _put(
        self,
        item: Item,
        condition: str | None = None,
        values: Item | None = None,
        names: dict[str, str] | None = None,
    ) -> None:
        optional: Item = {
            "ConditionExpression": condition,
            "ExpressionAttributeValues": pack(values) if values else None,
            "ExpressionAttributeNames": names,
        }
        given = {k: v for k, v in optional.items() if v is not None}
        with _conditions():
            _patiently(lambda: aws.dynamodb().put_item(TableName=self.table, Item=pack(item), **given))

    def _update(
        self,
        key: Item,
        expression: str,
        values: Item,
        condition: str = "attribute_exists(pk)",
        names: dict[str, str] | None = None,
    ) -> Item:
        """The whole item as it is afterwards."""
        aliases: Any = {"ExpressionAttributeNames": names} if names else {}
        aliases |= {"ExpressionAttributeValues": pack(values)} if values else {}
        with _conditions():
            answer = _patiently(
                lambda: aws.dynamodb().update_item(
                    TableName=self.table,
                    Key=pack(key),
                    UpdateExpression=expression,
                    ConditionExpression=condition,
                    ReturnValues="ALL_NEW",
                    **aliases,
                )
            )
        return unpack(answer["Attributes"])

    def _delete(self, key: Item, name: str, value: str) -> None:
        """Delete the item if its attribute `name` has the value; another one is left alone."""
        given: Any = {
            "ConditionExpression": "attribute_not_exists(pk) OR #name = :value",
            "ExpressionAttributeNames": {"#name": name},
            "ExpressionAttributeValues": pack({":value": value}),
        }
        with contextlib.suppress(ConditionFailed), _conditions():
            _patiently(lambda: aws.dynamodb().delete_item(TableName=self.table, Key=pack(key), **given))

    def _transact(self, writes: list[Any], into: tuple[Item, str] | None = None) -> bool:
        """True if all of it was written, False if a condition did not hold.

        `into`: the key of an item and its map that is written to. A release before the map's may have stored the item.
        """
        try:
            _patiently(lambda: aws.dynamodb().transact_write_items(TransactItems=writes))
        except ClientError as error:
            if into is not None and _is_invalid(error):
                key, name = into
                self._update(key, "SET #map = if_not_exists(#map, :none)", {":none": {}}, names={"#map": name})
                return self._transact(writes)
            if error.response["Error"]["Code"] != "TransactionCanceledException" or _is_invalid(error):
                raise
            return False
        return True

    def _tell(self, update: Item, session_id: str, entry: TimelineEntry, into: tuple[Item, str] | None = None) -> bool:
        """An update, and the entry in the session's timeline that tells of it: both or neither, as `_transact`."""
        return self._transact(self._told(session_id, entry, {"Update": update}), into)

    def _told(self, session_id: str, entry: TimelineEntry, *writes: Item) -> list[Item]:
        """The writes, the entry in the session's timeline that tells of them, and the session's next version.

        A write to the session itself is to add to its version by itself: a transaction has one write of an item.
        """
        # Two of a kind may happen in one millisecond. Who reads takes the id from the key.
        named = f"{entry.at}#{entry.attempt:06d}-{entry.state or entry.kind}-{uuid.uuid4().hex[:8]}"
        item = {**msgspec.to_builtins(entry), **session_key(session_id, f"{TIMELINE}{named}"), "id": None}
        put = {"Put": {"TableName": self.table, "Item": pack(item)}}
        meta = pack(session_key(session_id, "META"))
        known = any(write.get("Update", {}).get("Key") == meta for write in writes)
        return [*writes, put, *([] if known else [self._next_version(session_id)])]

    def _next_version(self, session_id: str) -> Item:
        """Who has the session as it was asks again."""
        return {
            "Update": {
                "TableName": self.table,
                "Key": pack(session_key(session_id, "META")),
                "UpdateExpression": "ADD version :one",
                "ConditionExpression": "attribute_exists(pk)",
                "ExpressionAttributeValues": pack({":one": 1}),
            }
        }


def _patiently(write: Callable[[], T]) -> T:
    """Of two writes that meet on an item DynamoDB refuses one, if either is a transaction: it is tried again.

    Raises InProgress if it always meets another.
    """
    for pause in (*PAUSES, None):
        try:
            return write()
        except ClientError as error:
            if not _met_another(error):
                raise
            if pause is None:
                raise InProgress("Others change the session at this moment. Try again.") from error
        clock.sleep(random.uniform(0, pause))
    raise AssertionError("unreachable")


def _met_another(error: ClientError) -> bool:
    if error.response["Error"]["Code"] == "TransactionCanceledException":
        return bool(_reasons(error) - {"None", "ConditionalCheckFailed", "ValidationError"})
    return error.response["Error"]["Code"] == "TransactionConflictException"


def _is_invalid(error: ClientError) -> bool:
    """Whether the request does not fit what is stored: it writes into a map that is not there."""
    return error.response["Error"]["Code"] == "ValidationException" or "ValidationError" in _reasons(error)


def _reasons(error: ClientError) -> set[str]:
    """Why a transaction was cancelled."""
    return {reason.get("Code", "None") for reason in error.response.get("CancellationReasons", [])}


class _conditions:
    """Turns DynamoDB's ConditionalCheckFailedException into ConditionFailed."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, ClientError) and error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            raise ConditionFailed from error
