import { type Difference, answers, api, guide, routeLine } from '../difference.ts'

const v4 = '10.244.0.0/24'
const v6 = 'fd00:10:244::/64'

/** The same route on both sides, with its instance where EC2 names it. */
const withInstance = (table: string, to: string, by = 'One'): readonly string[] => [
  routeLine('LocalStack', table, { to, by }),
  routeLine('simulator', table, { to, by, instance: true }),
]
/** LocalStack made it, and the simulator did not. */
const only = (table: string, to: string, by = 'One'): readonly string[] => [
  routeLine('LocalStack', table, { to, by }),
]

export const routeDifferences: readonly Difference[] = [
  {
    rule: 'a route is listed with its network interface, and with the instance that has it',
    source: api('API_Route'),
    seen: {
      'lifev4 with a route': withInstance('lifev4', v4),
      'lifev4 with a replaced route': withInstance('lifev4', v4, 'Two'),
      'lifev6 with a route': withInstance('lifev6', v6),
      'lifev6 with a replaced route': withInstance('lifev6', v6, 'Two'),
      'subnet afterwards': withInstance('subnet', '10.0.2.0/24'),
      'dead after its repair': withInstance('dead', v4),
      'instance afterwards': [
        `LocalStack: <instance> routeSet: destinationCidrBlock=${v4} instanceId=<One> origin=CreateRoute state=active`,
        routeLine('simulator', 'instance', { to: v4, by: 'One', instance: true }),
      ],
    },
  },
  {
    rule: 'a table has one route of a destination: a second one is refused, whatever its target',
    source: api('errors-overview'),
    seen: {
      'CreateRoute a second time, elsewhere': answers('400 RouteAlreadyExists'),
      'twice afterwards': [
        routeLine('LocalStack', 'twice', { to: v4, by: 'Two' }),
        routeLine('simulator', 'twice', { to: v4, by: 'One', instance: true }),
      ],
      'CreateRoute again': answers('400 RouteAlreadyExists'),
      'same afterwards': withInstance('same', v4),
      'CreateRoute to the VPC itself': answers('400 RouteAlreadyExists'),
      'local afterwards': [
        ...only('local', '10.0.0.0/16'),
        'simulator: <local> routeSet: destinationCidrBlock=10.0.0.0/16 gatewayId=local origin=CreateRouteTable state=active',
      ],
    },
  },
  {
    rule: 'DryRun does nothing, and answers DryRunOperation if all else is well',
    source: api('API_CreateRoute'),
    seen: {
      'DescribeRouteTables as a dry run': answers('412 DryRunOperation'),
      'CreateRoute as a dry run': answers('412 DryRunOperation'),
      'DeleteRoute as a dry run': answers('412 DryRunOperation'),
      'dry afterwards': [
        ...only('dry', v4),
        routeLine('simulator', 'dry', { to: v6, by: 'One', instance: true }),
      ],
      'DeleteRouteTable as a dry run': answers('412 DryRunOperation'),
      'DeleteRouteTable that is free': answers('200', '400 InvalidRouteTableID.NotFound'),
    },
  },
  {
    rule: 'a destination is kept and found in its canonical form: 100.68.0.18/18 is 100.68.0.0/18',
    source: api('API_CreateRoute'),
    seen: {
      'hostBits afterwards': [
        routeLine('LocalStack', 'hostBits', { to: '100.68.0.18/18', by: 'One' }),
        routeLine('LocalStack', 'hostBits', { to: 'fd00:10:244::1/64', by: 'One' }),
        routeLine('simulator', 'hostBits', { to: '100.68.0.0/18', by: 'One', instance: true }),
        routeLine('simulator', 'hostBits', { to: v6, by: 'One', instance: true }),
      ],
      'DeleteRoute of IPv6, spelt briefly': answers('200', '400 InvalidRoute.NotFound'),
      'spelling afterwards': only('spelling', 'FD00:0010:0244:0000::/64'),
      'DeleteRoute with host bits': answers('200', '400 InvalidRoute.NotFound'),
    },
  },
  {
    rule: 'a destination is a CIDR block, of IPv4 or of IPv6 as its parameter says',
    source: api('API_CreateRoute'),
    seen: {
      'CreateRoute with two octets': answers('400 InvalidParameterValue'),
      'short afterwards': only('short', '10.244/24'),
      'CreateRoute to nonsense': answers('400 InvalidParameterValue'),
      'nonsense afterwards': only('nonsense', 'nonsense'),
      'CreateRoute of IPv6 as IPv4': answers('400 InvalidParameterValue'),
      'swapped afterwards': only('swapped', v6),
    },
  },
  {
    rule: 'a route has exactly one destination and exactly one target',
    source: api('API_CreateRoute'),
    seen: {
      'CreateRoute of both families': answers('400 InvalidParameterCombination'),
      'both afterwards': [
        `LocalStack: <both> routeSet: destinationCidrBlock=${v4} destinationIpv6CidrBlock=${v6} networkInterfaceId=<eniOne> origin=CreateRoute state=active`,
      ],
      'CreateRoute to nowhere': answers('400 MissingParameter'),
      'noDestination afterwards': [
        'LocalStack: <noDestination> routeSet: networkInterfaceId=<eniOne> origin=CreateRoute state=active',
      ],
      'CreateRoute without a target': answers('400 MissingParameter'),
      'noTarget afterwards': [`LocalStack: <noTarget> routeSet: destinationCidrBlock=${v4}`],
      'CreateRoute with two targets': answers('400 InvalidParameterCombination'),
      'twoTargets afterwards': only('twoTargets', v4),
      'ReplaceRoute without a target': answers('400 MissingParameter'),
      'moved afterwards': [`LocalStack: <moved> routeSet: destinationCidrBlock=${v4}`],
      'DeleteRoute without a destination': answers('400 MissingParameter', '400 InvalidRoute.NotFound'),
    },
  },
  {
    rule: 'inside the VPC, a route can only lead a whole subnet to an interface; its services are out of bounds; its local route stays',
    source: guide('subnet-route-tables'),
    seen: {
      'CreateRoute inside a subnet of the VPC': answers('400 InvalidParameterValue'),
      'inside afterwards': only('inside', '10.0.1.0/28'),
      'CreateRoute to the services of the VPC': answers('400 InvalidParameterValue'),
      'services afterwards': only('services', '169.254.169.0/24'),
      'DeleteRoute of the VPC itself': answers('400 InvalidParameterValue'),
      'kept afterwards': [
        'simulator: <kept> routeSet: destinationCidrBlock=10.0.0.0/16 gatewayId=local origin=CreateRouteTable state=active',
      ],
    },
  },
  {
    rule: 'a gateway that a route names and that is not there is InvalidGatewayID.NotFound',
    source: api('errors-overview'),
    seen: {
      'CreateRoute to an unknown gateway': answers(
        '400 InvalidGatewayID.NotFound',
        '400 InvalidInternetGatewayID.NotFound',
      ),
    },
  },
  {
    rule: 'the target of a route is in the VPC of its table',
    source: guide('VPC_Route_Tables'),
    seen: {
      'CreateRoute to an interface of another VPC': answers('400 InvalidParameterValue'),
      'foreign afterwards': only('foreign', v4, 'Other'),
    },
  },
  {
    rule: 'a route whose target is gone is a blackhole',
    source: api('API_Route'),
    seen: {
      'dead after the end of what it leads to': [
        routeLine('LocalStack', 'dead', { to: v4, by: 'Two' }),
        routeLine('LocalStack', 'dead', { to: v6, by: 'Two' }),
        routeLine('simulator', 'dead', { to: v4, by: 'Two', state: 'blackhole' }),
        routeLine('simulator', 'dead', { to: v6, by: 'Two', state: 'blackhole' }),
      ],
    },
  },
]
