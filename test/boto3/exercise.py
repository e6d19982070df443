"""Uses an EC2 API through boto3 in every way that this project does, and says what is wrong with its answers.

Endpoint, region and credentials are those of the environment. Writes one JSON object a line:
  {"kind": "answer", "action", "status", "problems"}   what came over the wire, for each call
  {"kind": "check", "about", "name", "problems"}       what boto3 made of it
"""

import json
import re

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError, WaiterError

from calls import bad, by, good
from walk import walk_answer
from world import World, tags


def report(**fields):
    print(json.dumps(fields), flush=True)


def check(about, name, expected, actual):
    problems = [] if actual == expected else [f"{name}: expected {expected!r}, and it is {actual!r}"]
    report(kind="check", about=about, name=name, problems=problems)


def connect():
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=20)
    client = boto3.client("ec2", config=config)
    client.meta.events.register("before-parse.ec2", report_answer)
    return client


def report_answer(operation_model, response_dict, **_):
    """What came over the wire, before botocore makes something of it."""
    action, status = operation_model.name, response_dict["status_code"]
    problems = walk_answer(action, status, response_dict["body"].decode())
    report(kind="answer", action=action, status=status, problems=problems)


def method(ec2, action):
    return getattr(ec2, re.sub(r"(?<!^)(?=[A-Z])", "_", action).lower())


def refusal(call):
    """Status and code, as boto3 tells them."""
    try:
        call()
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]
    return "not refused"


def call_well(ec2, action, calls):
    """One action that fails is a finding; the others are called all the same."""
    try:
        for prepare in calls:
            method(ec2, action)(**prepare())
    except (BotoCoreError, ClientError) as error:
        check(action, "the calls", None, str(error))
    else:
        check(action, "the calls", None, None)


def call_all(ec2):
    world = World(ec2)
    wrong = bad(world)
    for action, calls in good(world).items():
        call_well(ec2, action, calls)
        if action == "CreateRoute":
            # While its refusal needs what is there.
            check_refusal(ec2, action, wrong.pop(action))
    for action, refused in wrong.items():
        check_refusal(ec2, action, refused)
    return world


def check_refusal(ec2, action, refused):
    parameters, expected = refused
    check(action, "the refusal", expected, refusal(lambda: method(ec2, action)(**parameters)))


def check_dry_run(ec2, world):
    route = {"RouteTableId": world.table, "DestinationCidrBlock": "10.251.0.0/24"}
    dry = refusal(lambda: ec2.create_route(**route, NetworkInterfaceId=world.eni, DryRun=True))
    check("dry run", "the refusal", (412, "DryRunOperation"), dry)


def check_pages(ec2, world):
    """boto3's paginators follow the tokens to the end: everything is there once."""
    for _ in range(12):
        world.launch()
        world.new_table(TagSpecifications=tags("route-table", paged="yes"))
        world.new_vpc()
    for operation, key, identity, find in [
        ("describe_route_tables", "RouteTables", "RouteTableId", by("tag:paged", "yes")),
        ("describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId", by("vpc-id", world.vpc)),
        ("describe_subnets", "Subnets", "SubnetId", by("vpc-id", world.vpc)),
        ("describe_vpcs", "Vpcs", "VpcId", []),
        ("describe_instances", "Reservations", "ReservationId", by("tag:Name", "node-1")),
    ]:
        whole = [item[identity] for item in getattr(ec2, operation)(Filters=find)[key]]
        pages = list(ec2.get_paginator(operation).paginate(Filters=find, PaginationConfig={"PageSize": 5}))
        paged = [item[identity] for page in pages for item in page[key]]
        check("paginators", f"{operation}: all pages together are the whole", sorted(whole), sorted(paged))
        full = [len(page[key]) for page in pages[:-1]]
        check(
            "paginators", f"{operation}: all pages but the last are full", [5] * ((len(whole) - 1) // 5), full
        )


def check_waiters(ec2, world):
    """botocore's waiters take from our answers what they wait for."""
    quick = {"Delay": 0, "MaxAttempts": 1}
    instance, _ = world.launch()
    steps = [
        ("vpc_available", {"VpcIds": [world.vpc]}, None),
        ("subnet_available", {"SubnetIds": [world.subnet_a]}, None),
        ("instance_running", {"InstanceIds": [instance]}, None),
        ("instance_stopped", {"InstanceIds": [instance]}, ec2.stop_instances),
        ("instance_terminated", {"InstanceIds": [instance]}, ec2.terminate_instances),
        ("network_interface_available", {"NetworkInterfaceIds": [world.new_interface()]}, None),
    ]
    for name, parameters, before in steps:
        if before is not None:
            before(**parameters)
        try:
            ec2.get_waiter(name).wait(**parameters, WaiterConfig=quick)
            check("waiters", name, None, None)
        except WaiterError as error:
            check("waiters", name, None, str(error))


def check_validation(ec2, world):
    """What botocore refuses by itself never gets to the API."""
    sent = []
    ec2.meta.events.register("before-send.ec2", lambda **_: sent.append(1))
    for name, call in [
        (
            "a parameter that is none",
            lambda: ec2.create_route(RouteTableId=world.table, DestinationCidr="10.0.0.0/8"),
        ),
        ("a required one that is missing", lambda: ec2.create_route(DestinationCidrBlock="10.0.0.0/8")),
        ("a value of another type", lambda: ec2.describe_route_tables(MaxResults="5")),
        ("a structure for a list", lambda: ec2.describe_instances(Filters={"Name": "vpc-id"})),
    ]:
        try:
            call()
            outcome = "was sent"
        except ParamValidationError:
            outcome = "refused"
        check("validation", name, "refused", outcome)
    check("validation", "what was sent", [], sent)


def main():
    ec2 = connect()
    world = call_all(ec2)
    check_dry_run(ec2, world)
    check_pages(ec2, world)
    check_waiters(ec2, world)
    check_validation(ec2, world)
    report(kind="end")


if __name__ == "__main__":
    main()
