"""Every action of the simulator, called well and badly."""

from world import IMAGE, NOWHERE, REGION, World, tags


def by(name, *values):
    return [{"Name": name, "Values": list(values)}]


def permissions(group):
    return [
        {
            "IpProtocol": "-1",
            "IpRanges": [{"CidrIp": "10.244.0.0/16"}],
            "Ipv6Ranges": [{"CidrIpv6": "fd00:10:244::/48"}],
            "PrefixListIds": [{"PrefixListId": "pl-0123456789abcdef0"}],
        },
        {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 81, "UserIdGroupPairs": [{"GroupId": group}]},
    ]


def good(w: World):
    """By action: the parameters of calls that are done, in this order. What they need is made at their turn."""
    return {
        "CreateVpc": [
            lambda: {
                "CidrBlock": "10.5.0.0/16",
                "AmazonProvidedIpv6CidrBlock": True,
                "TagSpecifications": tags("vpc", a="b & c"),
            }
        ],
        "AssociateVpcCidrBlock": [
            lambda: {"VpcId": w.other_vpc, "CidrBlock": "10.66.0.0/16"},
            lambda: {"VpcId": w.other_vpc, "AmazonProvidedIpv6CidrBlock": True},
        ],
        "DeleteVpc": [lambda: {"VpcId": w.new_vpc()}],
        "CreateSubnet": [
            lambda: {"VpcId": w.vpc, "CidrBlock": "10.0.33.0/24"},
            lambda: {
                "VpcId": w.vpc,
                "CidrBlock": "10.0.34.0/24",
                "Ipv6CidrBlock": str(w.ipv6[34]),
                "AvailabilityZone": f"{REGION}c",
                "TagSpecifications": tags("subnet", Name="c"),
            },
        ],
        "DeleteSubnet": [lambda: {"SubnetId": w.new_subnet()}],
        "CreateRouteTable": [
            lambda: {
                "VpcId": w.vpc,
                "ClientToken": "token",
                "TagSpecifications": tags("route-table", Name="t"),
            }
        ],
        "DeleteRouteTable": [lambda: {"RouteTableId": w.new_table()}],
        "AssociateRouteTable": [lambda: {"RouteTableId": w.table, "SubnetId": w.new_subnet()}],
        "DisassociateRouteTable": [lambda: {"AssociationId": w.new_association()}],
        "ReplaceRouteTableAssociation": [
            lambda: {"AssociationId": w.new_association(), "RouteTableId": w.main_table}
        ],
        "CreateRoute": [
            lambda: {
                "RouteTableId": w.table,
                "DestinationIpv6CidrBlock": "fd00:10:244::/64",
                "NetworkInterfaceId": w.eni,
            },
            lambda: {"RouteTableId": w.table, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": w.gateway},
            lambda: {
                "RouteTableId": w.table,
                "DestinationCidrBlock": "10.245.0.0/24",
                "InstanceId": w.instance,
            },
        ],
        "ReplaceRoute": [
            lambda: {**w.new_route(), "GatewayId": w.gateway},
            lambda: {"RouteTableId": w.table, "DestinationCidrBlock": "10.0.0.0/16", "LocalTarget": True},
        ],
        "DeleteRoute": [lambda: w.new_route()],
        "CreateInternetGateway": [lambda: {"TagSpecifications": tags("internet-gateway", Name="g")}],
        "AttachInternetGateway": [lambda: {"InternetGatewayId": w.new_gateway(), "VpcId": w.other_vpc}],
        "DetachInternetGateway": [lambda: {"InternetGatewayId": w.gateway, "VpcId": w.vpc}],
        "CreateNetworkInterface": [
            lambda: {
                "SubnetId": w.subnet_b,
                "Description": "x",
                "Ipv6AddressCount": 2,
                "SecondaryPrivateIpAddressCount": 1,
                "TagSpecifications": tags("network-interface", Name="e"),
            }
        ],
        "AttachNetworkInterface": [
            lambda: {"NetworkInterfaceId": w.new_interface(), "InstanceId": w.instance, "DeviceIndex": 1}
        ],
        "DetachNetworkInterface": [lambda: {"AttachmentId": w.new_attachment(), "Force": True}],
        "DeleteNetworkInterface": [lambda: {"NetworkInterfaceId": w.new_interface()}],
        "ModifyNetworkInterfaceAttribute": [
            lambda: {"NetworkInterfaceId": w.eni, "SourceDestCheck": {"Value": False}},
            lambda: {"NetworkInterfaceId": w.eni, "Description": {"Value": "of a node"}},
        ],
        "DescribeNetworkInterfaceAttribute": [
            lambda attribute=attribute: {"NetworkInterfaceId": w.eni, "Attribute": attribute}
            for attribute in ("attachment", "description", "groupSet", "sourceDestCheck")
        ],
        "AssignIpv6Addresses": [
            lambda: {"NetworkInterfaceId": w.eni, "Ipv6AddressCount": 2},
            lambda: {"NetworkInterfaceId": w.eni, "Ipv6Addresses": [str(w.ipv6[1][0xABCD])]},
            lambda: {"NetworkInterfaceId": w.new_prefixed(), "Ipv6Prefixes": [w.prefix]},
        ],
        "CreateSubnetCidrReservation": [
            lambda: {
                "SubnetId": w.subnet_b,
                "Cidr": f"{w.ipv6[2][1 << 63]}/66",
                "ReservationType": "prefix",
                "Description": "pods",
                "TagSpecifications": tags("subnet-cidr-reservation", a="b"),
            }
        ],
        "GetSubnetCidrReservations": [
            lambda: {"SubnetId": w.subnet_b},
            lambda: {"SubnetId": w.subnet_b, "Filters": by("reservationType", "explicit")},
        ],
        "DeleteSubnetCidrReservation": [lambda: {"SubnetCidrReservationId": w.new_reservation()}],
        "UnassignIpv6Addresses": [
            lambda: {"NetworkInterfaceId": w.prefixed, "Ipv6Prefixes": [w.prefix]},
        ],
        "RunInstances": [
            lambda: {
                "ImageId": IMAGE,
                "MinCount": 2,
                "MaxCount": 2,
                "SubnetId": w.subnet_b,
                "Ipv6AddressCount": 1,
            },
            lambda: {
                "ImageId": IMAGE,
                "MinCount": 1,
                "MaxCount": 1,
                "NetworkInterfaces": [{"DeviceIndex": 0, "NetworkInterfaceId": w.new_interface()}],
                "TagSpecifications": tags("instance", Name="n"),
            },
        ],
        "StopInstances": [lambda: {"InstanceIds": [w.launch()[0]]}],
        "StartInstances": [lambda: {"InstanceIds": [w.stopped()]}],
        "ModifyInstanceAttribute": [
            lambda: {"InstanceId": w.launch()[0], "SourceDestCheck": {"Value": False}}
        ],
        "TerminateInstances": [lambda: {"InstanceIds": [w.launch()[0], w.stopped()]}],
        "CreateTags": [
            lambda: {
                "Resources": [w.table, w.eni],
                "Tags": [{"Key": "a", "Value": ""}, {"Key": "b", "Value": "<&>"}],
            }
        ],
        "DeleteTags": [lambda: {"Resources": [w.table], "Tags": [{"Key": "a"}]}],
        "DescribeAvailabilityZones": [lambda: {}, lambda: {"ZoneNames": [f"{REGION}b"]}],
        "CreateSecurityGroup": [
            lambda: {
                "GroupName": "pods & more",
                "Description": "<x>",
                "VpcId": w.vpc,
                "TagSpecifications": tags("security-group", Name="s"),
            }
        ],
        "DeleteSecurityGroup": [lambda: {"GroupId": w.new_group()}],
        "AuthorizeSecurityGroupIngress": [
            lambda: {"GroupId": w.group, "IpPermissions": permissions(w.group)},
        ],
        "RevokeSecurityGroupIngress": [
            lambda: {"GroupId": w.group, "IpPermissions": permissions(w.group)[:1]},
        ],
        "CreateNetworkAclEntry": [
            lambda: w.acl_entry(10, CidrBlock="10.9.0.0/16"),
            lambda: w.acl_entry(11, Ipv6CidrBlock="fd00::/8", Protocol="6", PortRange={"From": 1, "To": 9}),
        ],
        "DeleteNetworkAclEntry": [lambda: {"NetworkAclId": w.acl, "RuleNumber": 10, "Egress": False}],
        "CreateVpcPeeringConnection": [
            lambda: {
                "VpcId": w.vpc,
                "PeerVpcId": w.other_vpc,
                "TagSpecifications": tags("vpc-peering-connection", Name="p"),
            }
        ],
        "AcceptVpcPeeringConnection": [lambda: {"VpcPeeringConnectionId": w.new_peering()}],
        "DeleteVpcPeeringConnection": [lambda: {"VpcPeeringConnectionId": w.new_peering()}],
        # Last: now there are blackholes, and what is stopped, terminated, detached.
        "DescribeVpcs": [lambda: {}, lambda: {"VpcIds": [w.vpc]}, lambda: {"Filters": by("cidr", "nothing")}],
        "DescribeSubnets": [
            lambda: {},
            lambda: {"Filters": by("vpc-id", w.vpc)},
            lambda: {"Filters": by("vpc-id", "nothing")},
        ],
        "DescribeRouteTables": [
            lambda: {},
            lambda: {"RouteTableIds": [w.table, w.main_table]},
            lambda: {"Filters": by("tag-key", "kubernetes.io/cluster/nobody"), "MaxResults": 100},
        ],
        "DescribeNetworkInterfaces": [
            lambda: {},
            lambda: {"NetworkInterfaceIds": [w.eni]},
            lambda: {"Filters": by("subnet-id", "nothing")},
        ],
        "DescribeSecurityGroups": [
            lambda: {},
            lambda: {"GroupIds": [w.group]},
            lambda: {"Filters": by("vpc-id", "nothing")},
        ],
        "DescribeNetworkAcls": [lambda: {}, lambda: {"NetworkAclIds": [w.acl]}],
        "DescribeVpcPeeringConnections": [
            lambda: {},
            lambda: {"Filters": by("requester-vpc-info.vpc-id", w.vpc)},
            lambda: {"Filters": by("accepter-vpc-info.vpc-id", "nothing")},
        ],
        "DescribeInstances": [
            lambda: {},
            lambda: {"InstanceIds": [w.instance]},
            lambda: {"Filters": by("instance-id", "nothing"), "MaxResults": 5},
        ],
    }


def bad(w: World):
    """By action: parameters that EC2 refuses, with status and code. botocore finds no fault with them."""
    subnet, table, eni, instance, vpc = (f"{kind}-{NOWHERE}" for kind in ("subnet", "rtb", "eni", "i", "vpc"))
    route = {"RouteTableId": w.table, "DestinationCidrBlock": "10.250.0.0/24"}
    unknown_vpc, unknown_subnet = (400, "InvalidVpcID.NotFound"), (400, "InvalidSubnetID.NotFound")
    unknown_table, unknown_eni = (400, "InvalidRouteTableID.NotFound"), (
        400,
        "InvalidNetworkInterfaceID.NotFound",
    )
    unknown_instance, unknown_gateway = (400, "InvalidInstanceID.NotFound"), (
        400,
        "InvalidInternetGatewayID.NotFound",
    )
    gateway = {"InternetGatewayId": f"igw-{NOWHERE}", "VpcId": w.vpc}
    association = {"AssociationId": f"rtbassoc-{NOWHERE}"}
    unknown_association = (400, "InvalidAssociationID.NotFound")
    unknown_group, no_such_group = f"sg-{NOWHERE}", (400, "InvalidGroup.NotFound")
    peering, no_such_peering = f"pcx-{NOWHERE}", (400, "InvalidVpcPeeringConnectionID.NotFound")
    wrong_tags = {"TagSpecifications": tags("vpc", a="b")}
    return {
        "CreateVpc": ({"CidrBlock": "10.0.0.0/8"}, (400, "InvalidVpc.Range")),
        "DescribeVpcs": ({"VpcIds": [vpc]}, unknown_vpc),
        "AssociateVpcCidrBlock": ({"VpcId": vpc, "CidrBlock": "10.7.0.0/16"}, unknown_vpc),
        "DeleteVpc": ({"VpcId": w.vpc}, (400, "DependencyViolation")),
        "CreateSubnet": ({"VpcId": w.vpc, "CidrBlock": "10.0.1.0/25"}, (400, "InvalidSubnet.Conflict")),
        "DescribeSubnets": ({"SubnetIds": [subnet]}, unknown_subnet),
        "DeleteSubnet": ({"SubnetId": subnet}, unknown_subnet),
        "CreateRouteTable": ({"VpcId": vpc}, unknown_vpc),
        "DescribeRouteTables": ({"RouteTableIds": [w.table, table]}, unknown_table),
        "DeleteRouteTable": ({"RouteTableId": w.main_table}, (400, "DependencyViolation")),
        "AssociateRouteTable": (
            {"RouteTableId": w.table, "SubnetId": w.subnet_a},
            (400, "Resource.AlreadyAssociated"),
        ),
        "DisassociateRouteTable": (association, unknown_association),
        "ReplaceRouteTableAssociation": ({**association, "RouteTableId": w.table}, unknown_association),
        "CreateRoute": (
            {**route, "DestinationCidrBlock": "0.0.0.0/0", "NetworkInterfaceId": w.eni},
            (400, "RouteAlreadyExists"),
        ),
        "ReplaceRoute": ({**route, "NetworkInterfaceId": w.eni}, (400, "InvalidParameterValue")),
        "DeleteRoute": (route, (400, "InvalidRoute.NotFound")),
        "CreateInternetGateway": (wrong_tags, (400, "InvalidParameterValue")),
        "AttachInternetGateway": (gateway, unknown_gateway),
        "DetachInternetGateway": (gateway, unknown_gateway),
        "CreateNetworkInterface": ({"SubnetId": subnet}, unknown_subnet),
        "AttachNetworkInterface": (
            {"NetworkInterfaceId": w.eni, "InstanceId": w.instance, "DeviceIndex": 5},
            (400, "InvalidNetworkInterface.InUse"),
        ),
        "DescribeNetworkInterfaces": ({"NetworkInterfaceIds": [eni]}, unknown_eni),
        "DetachNetworkInterface": (
            {"AttachmentId": f"eni-attach-{NOWHERE}"},
            (400, "InvalidAttachmentID.NotFound"),
        ),
        "DeleteNetworkInterface": ({"NetworkInterfaceId": w.eni}, (400, "InvalidParameterValue")),
        "ModifyNetworkInterfaceAttribute": (
            {"NetworkInterfaceId": w.eni},
            (400, "InvalidParameterCombination"),
        ),
        "DescribeNetworkInterfaceAttribute": (
            {"NetworkInterfaceId": eni, "Attribute": "description"},
            unknown_eni,
        ),
        "AssignIpv6Addresses": ({"NetworkInterfaceId": w.eni}, (400, "MissingParameter")),
        "UnassignIpv6Addresses": ({"NetworkInterfaceId": w.eni}, (400, "MissingParameter")),
        "CreateSubnetCidrReservation": (
            {"SubnetId": w.subnet_a, "Cidr": "10.9.0.0/24", "ReservationType": "prefix"},
            (400, "InvalidParameterValue"),
        ),
        "GetSubnetCidrReservations": ({"SubnetId": subnet}, unknown_subnet),
        "DeleteSubnetCidrReservation": (
            {"SubnetCidrReservationId": f"scr-{NOWHERE}"},
            (400, "InvalidSubnetCidrReservationID.NotFound"),
        ),
        "RunInstances": ({"ImageId": IMAGE, "MinCount": 1, "MaxCount": 1}, (400, "VPCIdNotSpecified")),
        "StopInstances": ({"InstanceIds": []}, (400, "InvalidParameterCombination")),
        "StartInstances": ({"InstanceIds": [instance]}, unknown_instance),
        "ModifyInstanceAttribute": (
            {"InstanceId": instance, "SourceDestCheck": {"Value": True}},
            unknown_instance,
        ),
        "TerminateInstances": ({"InstanceIds": [w.instance, instance]}, unknown_instance),
        "DescribeInstances": ({"InstanceIds": ["i-nonsense"]}, (400, "InvalidInstanceID.Malformed")),
        "CreateTags": ({"Resources": [table], "Tags": [{"Key": "a", "Value": "b"}]}, unknown_table),
        "DeleteTags": ({"Resources": [table], "Tags": [{"Key": "a"}]}, unknown_table),
        "DescribeAvailabilityZones": ({"ZoneNames": ["nowhere-1a"]}, (400, "InvalidParameterValue")),
        "CreateSecurityGroup": (
            {"GroupName": "default", "Description": "x", "VpcId": w.vpc},
            (400, "InvalidGroup.Duplicate"),
        ),
        "DeleteSecurityGroup": ({"GroupId": unknown_group}, no_such_group),
        "DescribeSecurityGroups": ({"GroupIds": [unknown_group]}, no_such_group),
        "AuthorizeSecurityGroupIngress": (
            {"GroupId": unknown_group, "IpPermissions": permissions(w.group)},
            no_such_group,
        ),
        "RevokeSecurityGroupIngress": (
            {"GroupId": w.new_group(), "IpPermissions": permissions(w.group)},
            (400, "InvalidPermission.NotFound"),
        ),
        "CreateNetworkAclEntry": (
            w.acl_entry(100, CidrBlock="10.9.0.0/16"),
            (400, "NetworkAclEntryAlreadyExists"),
        ),
        "DeleteNetworkAclEntry": (
            {"NetworkAclId": w.acl, "RuleNumber": 999, "Egress": True},
            (400, "InvalidNetworkAclEntry.NotFound"),
        ),
        "DescribeNetworkAcls": (
            {"NetworkAclIds": [f"acl-{NOWHERE}"]},
            (400, "InvalidNetworkAclID.NotFound"),
        ),
        "CreateVpcPeeringConnection": ({"VpcId": w.vpc, "PeerVpcId": vpc}, unknown_vpc),
        "AcceptVpcPeeringConnection": ({"VpcPeeringConnectionId": peering}, no_such_peering),
        "DeleteVpcPeeringConnection": ({"VpcPeeringConnectionId": peering}, no_such_peering),
        "DescribeVpcPeeringConnections": ({"VpcPeeringConnectionIds": [peering]}, no_such_peering),
    }
