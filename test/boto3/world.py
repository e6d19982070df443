"""What the calls are about: a VPC of both families in two zones, made by boto3 as anyone would."""

from ipaddress import ip_network

REGION = "eu-central-1"
IMAGE = "ami-0123456789abcdef0"
NOWHERE = "0ffffffffffffffff"


def tags(kind, **pairs):
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in pairs.items()]}]


class World:
    def __init__(self, ec2):
        self.ec2 = ec2
        self.numbers = iter(range(100, 250))
        vpc = ec2.create_vpc(
            CidrBlock="10.0.0.0/16",
            AmazonProvidedIpv6CidrBlock=True,
            TagSpecifications=tags("vpc", Name="a & b <c>"),
        )
        self.vpc = vpc["Vpc"]["VpcId"]
        ranges = ec2.describe_vpcs(VpcIds=[self.vpc])["Vpcs"][0]["Ipv6CidrBlockAssociationSet"]
        self.ipv6 = list(ip_network(ranges[0]["Ipv6CidrBlock"]).subnets(new_prefix=64))
        self.subnet_a = self.new_subnet(1, Ipv6CidrBlock=str(self.ipv6[1]), AvailabilityZone=f"{REGION}a")
        self.subnet_b = self.new_subnet(2, Ipv6CidrBlock=str(self.ipv6[2]), AvailabilityZone=f"{REGION}b")
        self.main_table = ec2.describe_route_tables(
            Filters=[
                {"Name": "vpc-id", "Values": [self.vpc]},
                {"Name": "association.main", "Values": ["true"]},
            ]
        )["RouteTables"][0]["RouteTableId"]
        self.table = self.new_table()
        ec2.associate_route_table(RouteTableId=self.table, SubnetId=self.subnet_a)
        self.gateway = self.new_gateway()
        ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)
        self.instance, self.eni = self.launch()
        self.other_vpc = self.new_vpc()
        self.group = self.new_group()
        in_vpc = [{"Name": "vpc-id", "Values": [self.vpc]}]
        self.acl = ec2.describe_network_acls(Filters=in_vpc)["NetworkAcls"][0]["NetworkAclId"]

    def new_vpc(self):
        return self.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]

    def new_subnet(self, number=None, **more):
        number = number or next(self.numbers)
        made = self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.0.{number}.0/24", **more)
        return made["Subnet"]["SubnetId"]

    def new_table(self, **more):
        return self.ec2.create_route_table(VpcId=self.vpc, **more)["RouteTable"]["RouteTableId"]

    def new_association(self):
        made = self.ec2.associate_route_table(RouteTableId=self.table, SubnetId=self.new_subnet())
        return made["AssociationId"]

    def new_group(self):
        name = f"group-{next(self.numbers)}"
        return self.ec2.create_security_group(GroupName=name, Description="x", VpcId=self.vpc)["GroupId"]

    def acl_entry(self, number, **more):
        entry = {"NetworkAclId": self.acl, "RuleNumber": number, "Protocol": "-1", "RuleAction": "deny"}
        return {**entry, "Egress": False, **more}

    def new_peering(self):
        made = self.ec2.create_vpc_peering_connection(VpcId=self.vpc, PeerVpcId=self.other_vpc)
        return made["VpcPeeringConnection"]["VpcPeeringConnectionId"]

    def new_gateway(self):
        return self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]

    def new_route(self):
        route = {"RouteTableId": self.table, "DestinationCidrBlock": f"10.244.{next(self.numbers)}.0/24"}
        self.ec2.create_route(**route, NetworkInterfaceId=self.eni)
        return route

    def new_interface(self):
        made = self.ec2.create_network_interface(SubnetId=self.subnet_a)
        return made["NetworkInterface"]["NetworkInterfaceId"]

    def new_prefixed(self):
        """An interface that gets the prefix."""
        self.prefixed = self.new_interface()
        self.prefix = f"{self.ipv6[1][1 << 62]}/80"
        return self.prefixed

    def new_reservation(self):
        made = self.ec2.create_subnet_cidr_reservation(
            SubnetId=self.subnet_a, Cidr=f"{self.ipv6[1][1 << 63]}/66", ReservationType="explicit"
        )
        return made["SubnetCidrReservation"]["SubnetCidrReservationId"]

    def new_attachment(self):
        eni, (instance, _) = self.new_interface(), self.launch()
        return self.ec2.attach_network_interface(NetworkInterfaceId=eni, InstanceId=instance, DeviceIndex=1)[
            "AttachmentId"
        ]

    def launch(self):
        made = self.ec2.run_instances(
            ImageId=IMAGE,
            InstanceType="t3.small",
            MinCount=1,
            MaxCount=1,
            NetworkInterfaces=[
                {
                    "DeviceIndex": 0,
                    "SubnetId": self.subnet_a,
                    "DeleteOnTermination": True,
                    "Ipv6AddressCount": 1,
                }
            ],
            TagSpecifications=tags("instance", Name="node-1"),
        )["Instances"][0]
        return made["InstanceId"], made["NetworkInterfaces"][0]["NetworkInterfaceId"]

    def stopped(self):
        instance, _ = self.launch()
        self.ec2.stop_instances(InstanceIds=[instance])
        return instance
