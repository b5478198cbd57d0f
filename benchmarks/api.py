"""How much the API adds to Chalice: `python -m benchmarks.api [CALLS]`, 300 of each kind if not told.

The baseline is a Chalice app's route that answers at once, behind the same user pool, on the same sandbox and in the
same run; calls take turns, so that all kinds meet the same machine. Goal: the median at most 2, the 99th percentile at
most 3 times the baseline's.

A session is one GetItem, and a page of sessions, here of ten, one Query: two more bare routes ask boto3 for just that,
and answer it as it comes. By themselves these take about 2 and 3 times as long as the route that asks nothing, so the
goal of the median is out of reach for whoever reads the table; the last figures tell what the product adds to the read.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from sandbox.server import Sandbox

STACK, BUCKET, WARM = "bare", "bare-chalice", 20
APP = """
import boto3
from chalice import Chalice, CognitoUserPoolAuthorizer

app = Chalice(app_name="bare")
users = CognitoUserPoolAuthorizer("users", provider_arns=["{pool}"])
dynamodb = boto3.client("dynamodb")


@app.route("/nothing", authorizer=users)
def nothing():
    return {{"status": "ok"}}


@app.route("/row", authorizer=users)
def row():
    key = {{"pk": {{"S": "SESSION#bench-1"}}, "sk": {{"S": "META"}}}}
    return dynamodb.get_item(TableName="{table}", Key=key, ConsistentRead=True)["Item"]


@app.route("/page", authorizer=users)
def page():
    return dynamodb.query(
        TableName="{table}",
        IndexName="owner",
        KeyConditionExpression="#owner = :owner",
        ExpressionAttributeNames={{"#owner": "owner"}},
        ExpressionAttributeValues={{":owner": {{"S": "{owner}"}}}},
        Limit=50,
    )["Items"]
"""
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:Query"], "Resource": "*"}],
}


def bare_chalice(aws: Sandbox, **names: str) -> str:
    """Deploy the baseline, with these names in it; its address."""
    s3, cloudformation = (aws.session().client(name, endpoint_url=aws.url) for name in ("s3", "cloudformation"))
    with tempfile.TemporaryDirectory() as directory:
        project = Path(directory)
        (project / ".chalice").mkdir()
        (project / "app.py").write_text(APP.format(**names))
        (project / "requirements.txt").touch()
        stage = {"api_gateway_stage": "api", "autogen_policy": False, "iam_policy_file": "policy.json"}
        settings = {"version": "2.0", "app_name": "bare", "stages": {"dev": stage}}
        (project / ".chalice" / "config.json").write_text(json.dumps(settings))
        (project / ".chalice" / "policy.json").write_text(json.dumps(POLICY))
        chalice = [sys.executable, "-c", "from chalice.cli import main; main()", "package", "made"]
        subprocess.run(chalice, cwd=project, check=True, capture_output=True, env=os.environ | aws.env)
        s3.create_bucket(Bucket=BUCKET)
        s3.upload_file(str(project / "made" / "deployment.zip"), BUCKET, "deployment.zip")
        template = json.loads((project / "made" / "sam.json").read_text())
    template["Resources"]["APIHandler"]["Properties"]["CodeUri"] = {"Bucket": BUCKET, "Key": "deployment.zip"}
    cloudformation.create_stack(
        StackName=STACK,
        TemplateBody=json.dumps(template),
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
    (stack,) = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    return f"{aws.url}/_aws/execute-api/{outputs['RestAPIId']}/api"


@contextmanager
def client(aws: Sandbox) -> Iterator[httpx.Client]:
    authorization = {"Authorization": f"Bearer {aws.env['SHOWRUNNER_TOKEN']}"}
    with httpx.Client(headers=authorization, timeout=35) as made:
        yield made


def measure(http: httpx.Client, addresses: dict[str, str], calls: int) -> dict[str, list[float]]:
    """Milliseconds by name, of addresses that are called in turn."""
    took: dict[str, list[float]] = {name: [] for name in addresses}
    for number in range(WARM + calls):
        for name, address in addresses.items():
            began = time.perf_counter()
            http.get(address).raise_for_status()
            if number >= WARM:
                took[name].append((time.perf_counter() - began) * 1000)
    return took


def main(calls: int) -> None:
    with Sandbox(media=False, throttled=False) as aws, client(aws) as http:
        api = aws.env["SHOWRUNNER_API_URL"]
        cognito: Any = aws.session().client("cognito-idp", endpoint_url=aws.url)
        (listed,) = cognito.list_user_pools(MaxResults=1)["UserPools"]
        pool = cognito.describe_user_pool(UserPoolId=listed["Id"])["UserPool"]["Arn"]
        (table,) = aws.session().client("dynamodb", endpoint_url=aws.url).list_tables()["TableNames"]
        for number in range(10):
            http.post(f"{api}/sessions", json={"id": f"bench-{number}"}).raise_for_status()
        owner = http.get(f"{api}/sessions/bench-1").json()["owner"]
        bare = bare_chalice(aws, pool=pool, table=table, owner=owner)
        addresses = {
            "a bare Chalice route": f"{bare}/nothing",
            "one with a GetItem": f"{bare}/row",
            "one with a Query": f"{bare}/page",
            "GET /health": f"{api}/health",
            "GET /sessions/{id}": f"{api}/sessions/bench-1",
            "GET /sessions": f"{api}/sessions",
        }
        took = measure(http, addresses, calls)
    seen = {name: np.percentile(values, [50, 99]) for name, values in took.items()}
    for name, (median, late) in seen.items():
        times = " and ".join(f"{ratio:.1f}" for ratio in seen[name] / seen["a bare Chalice route"])
        print(f"{name:>20}: p50 {median:4.1f} ms, p99 {late:5.1f} ms; {times} times the bare route's")
    for name, least in (("GET /sessions/{id}", "one with a GetItem"), ("GET /sessions", "one with a Query")):
        times = " and ".join(f"{ratio:.2f}" for ratio in seen[name] / seen[least])
        print(f"{name:>20}: {times} times {least}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
