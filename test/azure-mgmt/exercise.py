"""Uses an ARM API through Azure's SDK for Python in every way that this project does; says what came of it, a line each."""

import json
import os
import sys
import time

from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.network import NetworkManagementClient, models

from walk import problems

GROUP = "prod"
LOCATION = "westeurope"
endpoint, ca, subscription = sys.argv[1:4]


class Credential:
    def get_token(self, *scopes, **_):
        return AccessToken("python", int(time.time()) + 3600)


# By how a path ends: what its documents are.
MODELS = [
    ("routeTables/{}", models.RouteTable),
    ("routeTables/{}/routes/{}", models.Route),
    ("virtualNetworks/{}", models.VirtualNetwork),
    ("virtualNetworks/{}/subnets/{}", models.Subnet),
    ("networkInterfaces/{}", models.NetworkInterface),
    ("networkSecurityGroups/{}", models.NetworkSecurityGroup),
    ("locations/{}/usages/{}", models.Usage),
]


def model_of(url):
    path = url.split("?")[0].split("/providers/")[-1].split("/")[1:]
    for pattern, model in MODELS:
        parts = pattern.split("/")
        if len(parts) == len(path) and all(a in ("{}", b) for a, b in zip(parts, path)):
            return model, False
        if len(parts) - 1 == len(path) and all(a in ("{}", b) for a, b in zip(parts, path)):
            return model, True
    return None, False


def tell(**line):
    print(json.dumps(line), flush=True)


def hook(response):
    request, answer = response.http_request, response.http_response
    model, is_list = model_of(request.url)
    if model is None or answer.status_code >= 300:
        return
    text = answer.read()
    if not text:
        return
    body = json.loads(text)
    found = (
        [problem for item in body["value"] for problem in problems(item, model)]
        if is_list
        else problems(body, model)
    )
    tell(kind="answer", about=f"{request.method} {model.__name__}{' list' if is_list else ''}", problems=found)


def check(about, ok, what=""):
    tell(kind="check", about=about, problems=[] if ok else [f"{about}: {what}"])


def refused(about, status, code, work):
    try:
        work()
        check(about, False, "was not refused")
    except HttpResponseError as error:
        told = (error.status_code, error.error.code if error.error else None)
        check(about, told == (status, code), f"{told}")


client = NetworkManagementClient(
    Credential(),
    subscription,
    base_url=endpoint,
    credential_scopes=[f"{endpoint}/.default"],
    connection_verify=ca,
    retry_total=0,
    polling_interval=0,
    raw_response_hook=hook,
)


def route(prefix, hop):
    properties = {"addressPrefix": prefix, "nextHopType": "VirtualAppliance", "nextHopIpAddress": hop}
    return {"properties": properties}


def tables():
    made = client.route_tables.begin_create_or_update(
        GROUP, "python", {"location": LOCATION, "tags": {"a": "b"}}
    ).result()
    check("a table", made.properties.provisioning_state == "Succeeded", made.properties.provisioning_state)
    routes = [{"name": "a", **route("10.244.1.0/24", "10.0.1.4")}, {"name": "b", **route("fd00:1::/64", "fd00:10::4")}]
    whole = {"location": LOCATION, "properties": {"routes": routes}}
    written = client.route_tables.begin_create_or_update(
        GROUP, "python", whole, headers={"If-Match": made.etag}
    ).result()
    check("its routes", [one.name for one in written.properties.routes] == ["a", "b"])
    read = client.route_tables.get(GROUP, "python")
    check("its revision", read.etag == written.etag and read.etag != made.etag, f"{read.etag}")
    refused(
        "another revision",
        412,
        "PreconditionFailed",
        lambda: client.route_tables.begin_create_or_update(GROUP, "python", whole, headers={"If-Match": made.etag}).result(),
    )
    check("its list", "python" in [one.name for one in client.route_tables.list(GROUP)])
    check("all tables", "python" in [one.name for one in client.route_tables.list_all()])
    tagged = client.route_tables.update_tags(GROUP, "python", {"tags": {"c": "d"}})
    check("its tags", tagged.tags == {"c": "d"}, f"{tagged.tags}")
    twice = {"location": LOCATION, "properties": {"routes": [routes[0], {**routes[0], "name": "again"}]}}
    refused(
        "a prefix twice",
        400,
        "RouteConflict",
        lambda: client.route_tables.begin_create_or_update(GROUP, "python", twice).result(),
    )


def routes():
    made = client.routes.begin_create_or_update(GROUP, "python", "c", route("10.244.3.0/24", "10.0.1.4")).result()
    check("a route", made.properties.address_prefix == "10.244.3.0/24")
    check("its list of routes", len(list(client.routes.list(GROUP, "python"))) == 3)
    client.routes.begin_delete(GROUP, "python", "c").result()
    check("a route less", len(list(client.routes.list(GROUP, "python"))) == 2)


def networks():
    space = {"location": LOCATION, "properties": {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}}}
    client.virtual_networks.begin_create_or_update(GROUP, "python", space).result()
    table = client.route_tables.get(GROUP, "python")
    subnet = client.subnets.begin_create_or_update(
        GROUP,
        "python",
        "nodes",
        {"properties": {"addressPrefix": "10.1.1.0/24", "routeTable": {"id": table.id}}},
    ).result()
    check("a subnet", subnet.properties.route_table.id == table.id)
    used = client.route_tables.get(GROUP, "python").properties.subnets
    check("who uses a table", [one.id for one in used] == [subnet.id])
    check("a network with its subnets", len(client.virtual_networks.get(GROUP, "python").properties.subnets) == 1)
    config = {"name": "one", "properties": {"subnet": {"id": subnet.id}}}
    nic = client.network_interfaces.begin_create_or_update(
        GROUP, "python", {"location": LOCATION, "properties": {"ipConfigurations": [config]}}
    ).result()
    check("an interface", nic.properties.ip_configurations[0].properties.private_ip_address == "10.1.1.4")
    check("the list of interfaces", len(list(client.network_interfaces.list(GROUP))) == 2)
    client.network_interfaces.begin_delete(GROUP, "python").result()


def surroundings():
    rule = {
        "priority": 100,
        "direction": "Inbound",
        "access": "Deny",
        "protocol": "Tcp",
        "sourceAddressPrefix": "VirtualNetwork",
        "destinationAddressPrefix": "*",
        "sourcePortRange": "*",
        "destinationPortRange": "25",
    }
    body = {"location": LOCATION, "properties": {"securityRules": [{"name": "mail", "properties": rule}]}}
    client.network_security_groups.begin_create_or_update(GROUP, "python", body).result()
    group = client.network_security_groups.get(GROUP, "python").properties
    check("its rules", [one.properties.priority for one in group.security_rules] == [100])
    priorities = [one.properties.priority for one in group.default_security_rules]
    check("the rules of all", priorities == [65000, 65001, 65500] * 2, f"{priorities}")
    twice = [{"name": name, "properties": rule} for name in ("a", "b")]
    refused(
        "a priority twice",
        400,
        "SecurityRuleConflict",
        lambda: client.network_security_groups.begin_create_or_update(
            GROUP, "python", {"location": LOCATION, "properties": {"securityRules": twice}}
        ).result(),
    )
    limits = {one.name.value: one.limit for one in client.usages.list(LOCATION)}
    check("the limit of a table", limits == {"RoutesPerRouteTable": 1000}, f"{limits}")
    peering = {"remoteVirtualNetwork": {"id": "/far"}, "remoteAddressSpace": {"addressPrefixes": ["10.2.0.0/16"]}}
    space = {
        "addressSpace": {"addressPrefixes": ["10.1.0.0/16"]},
        "virtualNetworkPeerings": [{"name": "hub", "properties": {**peering, "useRemoteGateways": True}}],
    }
    client.virtual_networks.begin_create_or_update(
        GROUP, "python", {"location": LOCATION, "properties": space}
    ).result()
    [hub] = client.virtual_networks.get(GROUP, "python").properties.virtual_network_peerings
    there = hub.properties.remote_address_space.address_prefixes
    check("a peering", there == ["10.2.0.0/16"] and hub.properties.use_remote_gateways)


def machines():
    effective = client.network_interfaces.begin_get_effective_route_table(GROUP, "seeded-nic").result()
    check("effective routes", [one.address_prefix for one in effective.value] == [["10.244.9.0/24"]], f"{effective}")
    uniform = client.network_interfaces.list_virtual_machine_scale_set_network_interfaces(GROUP, "uni")
    check("interfaces of a scale set", [one.name for one in uniform] == ["0-nic"])


def failures():
    try:
        client.route_tables.get(GROUP, "nowhere")
        check("a table that is not there", False, "was found")
    except ResourceNotFoundError as error:
        check("a table that is not there", error.error.code == "ResourceNotFound", error.error.code)
    refused(
        "a name that is none",
        400,
        "InvalidResourceName",
        lambda: client.route_tables.begin_create_or_update(GROUP, "a-", {"location": LOCATION}).result(),
    )


def walking():
    bad = {"location": 3, "novelty": 1, "properties": {"provisioningState": "Nearly", "routes": {}}}
    check("what a model does not know is seen", len(problems(bad, models.RouteTable)) == 4, f"{problems(bad, models.RouteTable)}")


for part in (walking, tables, routes, networks, surroundings, machines, failures):
    part()
