"""Uses a Compute Engine API through Google's client for Python in every way that this project does.

Argument: the URL of the API, with project prod-1 as `buildWorld` makes it. Writes one JSON object a line:
  {"kind": "answer", "method", "status", "problems"}   what came over the wire, for each call, against the discovery document
  {"kind": "check", "about", "problems"}               what the client made of it
"""

import json
import sys
from urllib.parse import urlsplit

from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import GoogleAPICallError
from google.cloud import compute_v1
from google.oauth2.credentials import Credentials

from walk import find_method, walk_answer

PROJECT, ZONE, REGION = "prod-1", "europe-west1-b", "europe-west1"
NETWORK = f"projects/{PROJECT}/global/networks/prod"
INSTANCE = f"projects/{PROJECT}/zones/{ZONE}/instances/a"


def report(**fields):
    print(json.dumps(fields), flush=True)


def check(about, expected, actual):
    problems = [] if actual == expected else [f"{about}: expected {expected!r}, and it is {actual!r}"]
    report(kind="check", about=about, problems=problems)


def report_answer(response, *_args, **_kwargs):
    path = urlsplit(response.url).path.removeprefix("/compute/v1/")
    method, _ = find_method(response.request.method, path)
    problems = walk_answer(response.request.method, path, response.status_code, response.text)
    report(kind="answer", method=method, status=response.status_code, problems=problems)


class Clients:
    def __init__(self, endpoint):
        self.endpoint = endpoint

    def __getattr__(self, name):
        client = getattr(compute_v1, f"{name}Client")(
            credentials=Credentials(token="test"), client_options=ClientOptions(api_endpoint=self.endpoint)
        )
        client.transport._session.hooks["response"].append(report_answer)
        setattr(self, name, client)
        return client


def refusal(call):
    """Status and reason, as the client tells them."""
    try:
        call()
    except GoogleAPICallError as error:
        return error.code.value if hasattr(error.code, "value") else error.code, error.errors[0].get("reason")
    return "not refused"


def finish(api, operation):
    """By hand: the client's own wait asks Google, whatever the endpoint."""
    where = {"project": PROJECT, "operation": operation.name}
    if operation.zone:
        return api.ZoneOperations.wait(**where, zone=ZONE)
    return api.GlobalOperations.wait(**where)


def route(name, destination, **more):
    return compute_v1.Route(
        name=name, network=NETWORK, dest_range=destination, next_hop_instance=INSTANCE, **more
    )


def use_routes(api):
    routes = api.Routes
    for name, destination in [("r-1", "10.244.1.0/24"), ("r-2", "10.244.2.0/24"), ("r-6", "fd00:10:244::/64")]:
        resource = route(name, destination, description="d & <d>", tags=["node"])
        finish(api, routes.insert_unary(project=PROJECT, route_resource=resource))
    found = routes.get(project=PROJECT, route="r-1")
    check(
        "a route as it was inserted",
        ("10.244.1.0/24", 1000, "d & <d>", ["node"], "STATIC"),
        (found.dest_range, found.priority, found.description, list(found.tags), found.route_type),
    )
    pages = list(
        routes.list(compute_v1.ListRoutesRequest(project=PROJECT, max_results=2, filter="name eq r-.*")).pages
    )
    check("pages", [["r-1", "r-2"], ["r-6"]], [[one.name for one in page.items] for page in pages])
    check(
        "a filter after AIP-160",
        ["r-2"],
        [one.name for one in routes.list(compute_v1.ListRoutesRequest(project=PROJECT, filter='name = "r-2"'))],
    )
    check("everything, with the routes of subnets and peers", True, len(list(routes.list(project=PROJECT))) > 6)
    for about, expected, call in [
        (
            "a name that is there",
            (409, "alreadyExists"),
            lambda: routes.insert_unary(project=PROJECT, route_resource=route("r-1", "10.244.9.0/24")),
        ),
        (
            "a destination in a subnet",
            (400, "invalid"),
            lambda: routes.insert_unary(project=PROJECT, route_resource=route("r-9", "10.0.0.0/28")),
        ),
        ("a route that is none", (404, "notFound"), lambda: routes.get(project=PROJECT, route="none")),
        ("a delete of none", (404, "notFound"), lambda: routes.delete_unary(project=PROJECT, route="none")),
        (
            "a filter that is none",
            (400, "invalid"),
            lambda: list(routes.list(compute_v1.ListRoutesRequest(project=PROJECT, filter="name ="))),
        ),
    ]:
        check(about, expected, refusal(call))
    finish(api, routes.delete_unary(project=PROJECT, route="r-1"))
    check("a route that was deleted", (404, "notFound"), refusal(lambda: routes.get(project=PROJECT, route="r-1")))


def use_operations(api):
    begun = api.Routes.insert_unary(project=PROJECT, route_resource=route("r-3", "10.244.3.0/24"))
    ended = api.GlobalOperations.wait(project=PROJECT, operation=begun.name)
    check(
        "an operation that has ended", (compute_v1.Operation.Status.DONE, "insert"), (ended.status, ended.operation_type)
    )
    api.GlobalOperations.get(project=PROJECT, operation=begun.name)
    under_way = {"project": PROJECT, "filter": 'status != "DONE"'}
    running = api.GlobalOperations.list(compute_v1.ListGlobalOperationsRequest(**under_way))
    check("no operation that has ended is under way", [], [one.name for one in running])
    names = [one.name for one in api.GlobalOperations.list(project=PROJECT)]
    check("operations of a project", True, begun.name in names)
    zonal = compute_v1.ListZoneOperationsRequest(**under_way, zone=ZONE)
    check("none is under way in a zone", [], [one.name for one in api.ZoneOperations.list(zonal)])
    bad = compute_v1.ListGlobalOperationsRequest(project=PROJECT, filter="status =")
    check("operations of a bad filter", (400, "invalid"), refusal(lambda: list(api.GlobalOperations.list(bad))))
    no_zone = refusal(lambda: list(api.ZoneOperations.list(project=PROJECT, zone="mars-1")))
    check("operations of a zone that is none", (404, "notFound"), no_zone)
    nowhere = {"project": PROJECT, "operation": "none"}
    for about, call in [
        ("a global operation that is none", lambda: api.GlobalOperations.get(**nowhere)),
        ("a wait for none", lambda: api.GlobalOperations.wait(**nowhere)),
        ("a zonal operation that is none", lambda: api.ZoneOperations.get(**nowhere, zone=ZONE)),
        ("a wait for none in a zone", lambda: api.ZoneOperations.wait(**nowhere, zone=ZONE)),
    ]:
        check(about, (404, "notFound"), refusal(call))


def use_instances(api):
    where = {"project": PROJECT, "zone": ZONE}
    found = api.Instances.get(**where, instance="a")
    nic = found.network_interfaces[0]
    check("an instance", ("RUNNING", True, "10.0.0.2"), (found.status, found.can_ip_forward, nic.network_i_p))
    wanted = compute_v1.NetworkInterface(
        fingerprint=nic.fingerprint,
        alias_ip_ranges=[compute_v1.AliasIpRange(ip_cidr_range="10.64.3.0/24", subnetwork_range_name="pods")],
    )
    update = {**where, "instance": "a", "network_interface": "nic0", "network_interface_resource": wanted}
    begun = api.Instances.update_network_interface_unary(**update)
    finish(api, begun)
    api.ZoneOperations.get(**where, operation=begun.name)
    api.ZoneOperations.wait(**where, operation=begun.name)
    ranges = api.Instances.get(**where, instance="a").network_interfaces[0].alias_ip_ranges
    check("an alias range", ["10.64.3.0/24"], [one.ip_cidr_range for one in ranges])
    zonal = api.ZoneOperations.list(project=PROJECT, zone=ZONE)
    check("operations of a zone", True, begun.name in [one.name for one in zonal])
    # https://github.com/googleapis/python-compute/issues/446: an empty list does not get as far as the wire.
    nic = api.Instances.get(**where, instance="a").network_interfaces[0]
    empty = compute_v1.NetworkInterface(fingerprint=nic.fingerprint, alias_ip_ranges=[])
    emptied = {**update, "network_interface_resource": empty}
    finish(api, api.Instances.update_network_interface_unary(**emptied))
    kept = api.Instances.get(**where, instance="a").network_interfaces[0].alias_ip_ranges
    check("an alias range that was to go", ["10.64.3.0/24"], [one.ip_cidr_range for one in kept])
    stale = refusal(lambda: api.Instances.update_network_interface_unary(**update))
    check("a fingerprint of before", (412, "conditionNotMet"), stale)
    check("a list", ["a", "b"], [one.name for one in api.Instances.list(**where)])
    scopes = dict(api.Instances.aggregated_list(project=PROJECT))
    check(
        "an aggregated list",
        {f"zones/{ZONE}": ["a", "b"], "zones/europe-west1-c": []},
        {scope: [one.name for one in part.instances] for scope, part in scopes.items()},
    )
    bad = {"project": PROJECT, "filter": "name ="}
    for about, expected, call in [
        ("an instance that is none", (404, "notFound"), lambda: api.Instances.get(**where, instance="none")),
        ("a zone that is none", (404, "notFound"), lambda: list(api.Instances.list(project=PROJECT, zone="mars-1"))),
        (
            "an aggregated list of a bad filter",
            (400, "invalid"),
            lambda: list(api.Instances.aggregated_list(compute_v1.AggregatedListInstancesRequest(**bad))),
        ),
        (
            "an aggregated list of subnets of a bad filter",
            (400, "invalid"),
            lambda: list(api.Subnetworks.aggregated_list(compute_v1.AggregatedListSubnetworksRequest(**bad))),
        ),
        (
            "networks of a bad filter",
            (400, "invalid"),
            lambda: list(api.Networks.list(compute_v1.ListNetworksRequest(**bad))),
        ),
    ]:
        check(about, expected, refusal(call))


def use_networks(api):
    found = api.Networks.get(project=PROJECT, network="prod")
    check("a peering", ["to-other"], [one.name for one in found.peerings])
    check("networks", ["other", "prod"], [one.name for one in api.Networks.list(project=PROJECT)])
    nodes = api.Subnetworks.get(project=PROJECT, region=REGION, subnetwork="nodes")
    check("a secondary range", ["10.64.0.0/16"], [one.ip_cidr_range for one in nodes.secondary_ip_ranges])
    subnets = [one.name for one in api.Subnetworks.list(project=PROJECT, region=REGION)]
    check("subnets", ["hybrid", "nodes", "others"], subnets)
    scopes = dict(api.Subnetworks.aggregated_list(project=PROJECT))
    check("an aggregated list of subnets", [f"regions/{REGION}"], list(scopes))
    check("a quota", [15.0], [one.limit for one in api.Projects.get(project=PROJECT).quotas])
    for about, call in [
        ("a network that is none", lambda: api.Networks.get(project=PROJECT, network="none")),
        (
            "a subnet that is none",
            lambda: api.Subnetworks.get(project=PROJECT, region=REGION, subnetwork="none"),
        ),
        ("a region that is none", lambda: list(api.Subnetworks.list(project=PROJECT, region="mars"))),
        ("a project that is none", lambda: api.Projects.get(project="none-1")),
    ]:
        check(about, (404, "notFound"), refusal(call))


def use_surroundings(api):
    found = api.Networks.get_effective_firewalls(project=PROJECT, network="other")
    check("a firewall rule", [("ssh", ["22"])], [(one.name, list(one.allowed[0].ports)) for one in found.firewalls])
    check("a policy", ["goto_next"], [one.rules[0].action for one in found.firewall_policys])
    peering = {"project": PROJECT, "network": "prod", "peering_name": "to-other", "region": REGION}
    routes = api.Networks.list_peering_routes({**peering, "direction": "INCOMING"})
    check("routes of a peer", [("10.9.0.0/16", True)], [(one.dest_range, one.imported) for one in routes])
    routers = dict(api.Routers.aggregated_list(project=PROJECT))
    check("routers", {f"regions/{REGION}": ["way-out"]}, {at: [one.name for one in part.routers] for at, part in routers.items()})
    bad = {"project": PROJECT, "filter": "name ="}
    for about, expected, call in [
        (
            "firewalls of a network that is none",
            (404, "notFound"),
            lambda: api.Networks.get_effective_firewalls(project=PROJECT, network="none"),
        ),
        (
            "a direction that is none",
            (400, "required"),
            lambda: list(api.Networks.list_peering_routes(peering)),
        ),
        (
            "an aggregated list of routers of a bad filter",
            (400, "invalid"),
            lambda: list(api.Routers.aggregated_list(compute_v1.AggregatedListRoutersRequest(**bad))),
        ),
    ]:
        check(about, expected, refusal(call))


def main():
    api = Clients(sys.argv[1])
    use_routes(api)
    use_operations(api)
    use_instances(api)
    use_networks(api)
    use_surroundings(api)
    report(kind="end")


if __name__ == "__main__":
    main()
