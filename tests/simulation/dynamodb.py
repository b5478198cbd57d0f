"""One DynamoDB table in memory, by the operations that the store uses, at a few microseconds each.

Items are what the wire has. A condition that does not hold, a transaction that is cancelled and a request that is
wrong are AWS's errors; the store's own tests run on this and on moto alike.
"""

from typing import Any

from sandbox.errors import AwsError
from tests.simulation.expressions import (
    Item,
    MisfitError,
    Names,
    Node,
    condition,
    holds,
    parse_condition,
    parse_update,
    refuse,
    updated,
)

Params = dict[str, Any]
Key = tuple[str, str]
KEYS = ("pk", "sk")
INDEXES = {"owner": ("owner", "created_at"), "open": ("open", "created_at")}


class DynamoDb:
    """With the template's keys and indexes, all of them strings. An item that is kept is never changed, but replaced:
    so whoever was given it keeps it as it was.
    """

    def __init__(self, table: str) -> None:
        self.table = table
        self.partitions: dict[str, dict[str, Item]] = {}

    def items(self) -> list[Item]:
        return [item for partition in self.partitions.values() for item in partition.values()]

    # Operations

    def get_item(self, params: Params, caller: Any) -> Params:
        item = self._find(self._key(params, params["Key"]))
        return {"Item": item} if item is not None else {}

    def batch_get_item(self, params: Params, caller: Any) -> Params:
        """All of one table's."""
        ((table, wanted),) = params["RequestItems"].items()
        found = [self._find(self._key({"TableName": table}, key)) for key in wanted["Keys"]]
        return {"Responses": {table: [item for item in found if item is not None]}, "UnprocessedKeys": {}}

    def put_item(self, params: Params, caller: Any) -> Params:
        self._write("Put", params)
        return {}

    def update_item(self, params: Params, caller: Any) -> Params:
        after = self._write("Update", params)
        return {"Attributes": after} if params.get("ReturnValues") == "ALL_NEW" else {}

    def delete_item(self, params: Params, caller: Any) -> Params:
        self._write("Delete", params)
        return {}

    def transact_write_items(self, params: Params, caller: Any) -> Params:
        """All or nothing."""
        prepared: list[tuple[Key, Item | None] | None] = []
        reasons = []
        for write in params["TransactItems"]:
            ((kind, request),) = write.items()
            try:
                prepared.append(self._prepared(kind, request))
                reasons.append({"Code": "None"})
            except AwsError as error:
                if error.code != "ConditionalCheckFailedException" and not isinstance(error, MisfitError):
                    raise
                prepared.append(None)
                code = "ValidationError" if isinstance(error, MisfitError) else "ConditionalCheckFailed"
                reasons.append({"Code": code, "Message": error.message})
        keys = [each[0] for each in prepared if each]
        if len(set(keys)) < len(keys):
            raise refuse("Transaction request cannot include multiple operations on one item")
        if any(each is None for each in prepared):
            codes = ", ".join(reason["Code"] for reason in reasons)
            message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
            raise AwsError("TransactionCanceledException", message, 400, CancellationReasons=reasons)
        for each in prepared:
            if each is not None:
                self._place(*each)
        return {}

    def query(self, params: Params, caller: Any) -> Params:
        names = self._names(params)
        wanted = parse_condition(params["KeyConditionExpression"])
        names.touch(wanted)
        chosen = parse_condition(params["FilterExpression"]) if "FilterExpression" in params else None
        names.touch(chosen)
        names.check()
        index = params.get("IndexName")
        if index is not None and params.get("ConsistentRead"):
            raise refuse("Consistent reads are not supported on global secondary indexes")
        keys = KEYS if index is None else INDEXES[index]
        is_wanted = condition(wanted)
        found = [item for item in self._candidates(wanted, names, keys) if is_wanted(item, names)]
        found.sort(key=lambda item: self._order(item, keys), reverse=not params.get("ScanIndexForward", True))
        if (start := params.get("ExclusiveStartKey")) is not None:
            place = self._order(start, keys)
            forward = params.get("ScanIndexForward", True)
            found = [i for i in found if (self._order(i, keys) > place) == forward and self._order(i, keys) != place]
        limit = params.get("Limit", len(found) + 1)
        page, answer = found[:limit], Params()
        if len(found) > limit:
            answer["LastEvaluatedKey"] = {name: page[-1][name] for name in {*keys, *KEYS}}
        shown = [item for item in page if chosen is None or holds(chosen, item, names)]
        return answer | {"Items": shown, "Count": len(shown), "ScannedCount": len(page)}

    def scan(self, params: Params, caller: Any) -> Params:
        return {"Items": self.items()}

    # Inside

    def _candidates(self, wanted: Node, names: Names, keys: Key) -> list[Item]:
        value = _equal_to(wanted, keys[0], names)
        if value is None:
            raise refuse(f"Query condition missed key schema element: {keys[0]}")
        if keys == KEYS:
            return list(self.partitions.get(value, {}).values())
        return [item for item in self.items() if item.get(keys[0]) == {"S": value} and keys[1] in item]

    def _order(self, item: Item, keys: Key) -> tuple[str, ...]:
        return (item[keys[1]]["S"], item[KEYS[0]]["S"], item[KEYS[1]]["S"])

    def _names(self, params: Params) -> Names:
        return Names(params.get("ExpressionAttributeNames"), params.get("ExpressionAttributeValues"))

    def _key(self, params: Params, key: Item) -> Key:
        if params["TableName"] != self.table:
            raise AwsError("ResourceNotFoundException", "Requested resource not found", 400)
        values = [key.get(name, {}).get("S") for name in KEYS]
        if not all(values):
            raise refuse("The provided key element does not match the schema")
        return values[0], values[1]  # type: ignore[return-value]

    def _find(self, key: Key) -> Item | None:
        return self.partitions.get(key[0], {}).get(key[1])

    def _write(self, kind: str, params: Params) -> Item | None:
        key, after = self._prepared(kind, params)
        self._place(key, after)
        return after

    def _prepared(self, kind: str, params: Params) -> tuple[Key, Item | None]:
        """The item's key, and the item as it will be. Raises AwsError."""
        key = self._key(params, params["Item" if kind == "Put" else "Key"])
        before, names = self._find(key), self._names(params)
        actions = parse_update(params["UpdateExpression"]) if "UpdateExpression" in params else ()
        names.touch(actions)
        needed = parse_condition(params["ConditionExpression"]) if "ConditionExpression" in params else None
        names.touch(needed)
        names.check()
        if needed is not None and not holds(needed, before or {}, names):
            raise AwsError("ConditionalCheckFailedException", "The conditional request failed", 400)
        match kind:
            case "Put":
                after: Item | None = params["Item"]
            case "Update":
                fresh = dict(zip(KEYS, ({"S": each} for each in key), strict=True))
                after = updated(actions, before if before is not None else fresh, set(KEYS), names)
            case "Delete" | "ConditionCheck":
                after = None if kind == "Delete" else before
            case _:
                raise refuse(f"Not built here: {kind}")
        for name in {name for pair in INDEXES.values() for name in pair} & set(after or {}):
            if "S" not in (after or {})[name] or not (after or {})[name]["S"]:
                raise refuse(f"One or more parameter values were invalid: Type mismatch for Index Key {name}")
        return key, after

    def _place(self, key: Key, item: Item | None) -> None:
        partition = self.partitions.setdefault(key[0], {})
        if item is None:
            partition.pop(key[1], None)
        else:
            partition[key[1]] = item


def _equal_to(wanted: Node, attribute: str, names: Names) -> str | None:
    """The text that a key condition wants `attribute` to equal."""
    match wanted:
        case ("and", left, right):
            return _equal_to(left, attribute, names) or _equal_to(right, attribute, names)
        case ("compare", "=", ("path", (name,)), ("value", text)) if names.name(name) == attribute:
            value: str | None = names.value(text).get("S")
            return value
    return None
