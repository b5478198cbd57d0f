"""The functions of the stack under test; they go into a zip of their own."""

import json
import os
import sys
import time
from typing import Any

import boto3


def worker(event: dict[str, Any], context: Any) -> dict[str, Any] | None:
    """Do what `action` says; an EventBridge event and an API request are kept in the table."""
    table = boto3.resource("dynamodb").Table(os.environ["TABLE"])
    match event.get("action"):
        case "echo":
            return {"environment": dict(os.environ), "path": sys.path, "name": context.function_name}
        case "put":
            table.put_item(Item={"pk": event["key"], "sk": "-"})
        case "scan":
            table.scan()
        case "group":
            group = boto3.client("medialive").describe_input_security_group(InputSecurityGroupId=event["id"])
            return {"rules": group["WhitelistRules"], "tags": group["Tags"]}
        case "inputs":
            boto3.client("medialive").list_inputs()
        case "fail":
            print("about to fail")
            raise LookupError("not there")
        case "exit":
            os._exit(3)
        case "wait":
            table.put_item(Item={"pk": "wait", "sk": "-", "token": event["token"]})
        case "import":
            __import__(event["module"])
        case _ if "detail" in event:
            channel = event["detail"]["channel_arn"]
            seen = table.get_item(Key={"pk": channel, "sk": event["id"]}).get("Item", {"count": 0})
            table.put_item(Item={"pk": channel, "sk": event["id"], "count": seen["count"] + 1})
            if event["detail"]["state"] == "WAKE":
                token = table.get_item(Key={"pk": "wait", "sk": "-"})["Item"]["token"]
                boto3.client("stepfunctions").send_task_success(taskToken=token, output="{}")
        case _ if "httpMethod" in event:
            if (event.get("queryStringParameters") or {}).get("fail"):
                raise RuntimeError("secret detail")
            claims = (event["requestContext"].get("authorizer") or {}).get("claims") or {}
            return {"statusCode": 200, "body": json.dumps({"sub": claims.get("sub")})}
    return None


def slow(event: dict[str, Any], context: Any) -> None:
    """Takes longer than it may."""
    time.sleep(30)
