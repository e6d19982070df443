import { type Difference, answers, api, guide } from '../difference.ts'

export const machineDifferences: readonly Difference[] = [
  {
    rule: 'a required parameter that is missing is MissingParameter',
    source: api('errors-overview'),
    seen: {
      'CreateRoute without a table': answers('400 MissingParameter', '400 InvalidRouteTableID.NotFound'),
      'CreateVpc without a range': answers('400 MissingParameter', '400 InvalidParameterValue'),
      'CreateSubnet without a range': answers('400 MissingParameter', '500 InternalError'),
      'CreateRouteTable without a VPC': answers('400 MissingParameter', '400 InvalidVpcID.NotFound'),
      'DeleteRouteTable without a table': answers('400 MissingParameter', '400 InvalidRouteTableID.NotFound'),
      'ModifyNetworkInterfaceAttribute without an interface': answers(
        '400 MissingParameter',
        '400 InvalidNetworkInterfaceID.NotFound',
      ),
      'AssignIpv6Addresses of nothing': answers('400 MissingParameter'),
      'UnassignIpv6Addresses of nothing': answers('400 MissingParameter'),
      'RunInstances without an image': answers('400 MissingParameter'),
    },
  },
  {
    rule: 'the IPv6 range of a subnet is a /44 to a /64, by steps of 4',
    source: guide('subnet-sizing'),
    seen: { 'CreateSubnet of an IPv6 range between the sizes': answers('400 InvalidSubnet.Range') },
  },
  {
    rule: 'an interface gets the prefix that is named, a /80 of its subnet',
    source: api('API_AssignIpv6Addresses'),
    seen: {
      'AssignIpv6Addresses of a prefix outside the subnet': answers('400 InvalidParameterValue'),
      'AssignIpv6Addresses of a prefix that is too small': answers('400 InvalidParameterValue'),
      'the interface of One with a prefix': [
        'simulator: <eniOne> ipv6PrefixSet: ipv6Prefix=2001:db8:0:1:77::/80',
      ],
    },
  },
  {
    rule: 'tags are given to what the call makes, and to nothing else',
    source: api('API_TagSpecification'),
    seen: {
      'CreateRouteTable with tags of another resource': answers('400 InvalidParameterValue'),
      'CreateInternetGateway with tags of another resource': answers('400 InvalidParameterValue'),
    },
  },
  {
    rule: 'a subnet has one table',
    source: api('errors-overview'),
    seen: { 'AssociateRouteTable of a subnet that has one': answers('400 Resource.AlreadyAssociated') },
  },
  {
    rule: 'the main table can not be deleted',
    source: guide('VPC_Route_Tables'),
    seen: { 'DeleteRouteTable that is the main one': answers('400 DependencyViolation') },
  },
  {
    rule: 'the check is true or false, and a change changes one attribute',
    source: api('API_ModifyNetworkInterfaceAttribute'),
    seen: {
      'ModifyNetworkInterfaceAttribute to nonsense': answers(
        '400 InvalidParameterValue',
        '500 InternalError',
      ),
      'ModifyNetworkInterfaceAttribute of nothing': answers('400 InvalidParameterCombination'),
    },
  },
  {
    rule: 'an IPv6 address is one, of the range of the subnet',
    source: api('API_AssignIpv6Addresses'),
    seen: {
      'AssignIpv6Addresses outside the subnet': answers('400 InvalidParameterValue'),
      'AssignIpv6Addresses to nonsense': answers('400 InvalidParameterValue'),
      'the instance Other after a dry run': [
        'LocalStack: <eniOther> ipv6AddressesSet: ipv6Address=2001:db8:0:1::c',
        'LocalStack: <eniOther> ipv6AddressesSet: ipv6Address=nonsense',
      ],
    },
  },
  {
    rule: 'the private address of an instance is a free one of the range of its subnet',
    source: api('API_RunInstances'),
    seen: {
      'RunInstances at an address that is taken': answers('400 InvalidIPAddress.InUse', '500 InternalError'),
      'RunInstances outside the subnet': answers('400 InvalidParameterValue', '500 InternalError'),
    },
  },
  {
    rule: 'at least one instance is launched',
    source: api('API_RunInstances'),
    seen: { 'RunInstances less than one': answers('400 InvalidParameterValue') },
  },
  {
    rule: 'an interface that was made with an instance is deleted with it, and a terminated instance has no network',
    source: 'https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html',
    seen: {
      'the interface of Plain after its end': [
        'LocalStack: <eniPlain> ipv6AddressesSet: ipv6Address=<addressOfPlain>',
        'LocalStack: <eniPlain> privateIpAddressesSet: privateIpAddress=10.0.2.30',
        'LocalStack: networkInterfaceSet: attachment/deviceIndex=0 attachment/instanceId=<Plain> attachment/status=attached networkInterfaceId=<eniPlain> privateIpAddress=10.0.2.30 sourceDestCheck=true subnetId=<subnetb>',
        'simulator: networkInterfaceSet: (empty)',
      ],
      'the instance Two after its end': [
        'LocalStack: <Two> networkInterfaceSet: attachment/deviceIndex=0 attachment/networkCardIndex=0 networkInterfaceId=<eniTwo> privateIpAddress=10.0.2.10',
        'LocalStack: <eniTwo> ipv6AddressesSet: ipv6Address=2001:db8:0:2::a',
        'LocalStack: <eniTwo> privateIpAddressesSet: privateIpAddress=10.0.2.10',
        'LocalStack: instancesSet: instanceId=<Two> instanceState/name=terminated placement/availabilityZone=eu-central-1b privateIpAddress=10.0.2.10',
        'simulator: instancesSet: instanceId=<Two> instanceState/name=terminated placement/availabilityZone=eu-central-1b',
      ],
    },
  },
  {
    rule: 'to terminate is idempotent: each call succeeds',
    source: api('API_TerminateInstances'),
    seen: { 'TerminateInstances Two again': answers('200', '400 InvalidNetworkInterfaceID.NotFound') },
  },
]
