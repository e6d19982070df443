import { type Difference, answers, api } from '../difference.ts'

/** All six, where the first five were asked for. */
const notPaged = [
  'LocalStack: another page: false',
  'LocalStack: items: 6',
  'simulator: another page: true',
  'simulator: items: 5',
]
const noPageAfter = (action: string): readonly string[] =>
  answers('200', `not sent: nothing is called <token${action}>`)

export const readDifferences: readonly Difference[] = [
  {
    rule: 'an id that can be none is Malformed, not NotFound',
    source: api('errors-overview'),
    seen: {
      'DescribeRouteTables by a malformed id': answers(
        '400 InvalidRouteTableId.Malformed',
        '400 InvalidRouteTableID.NotFound',
      ),
      'DescribeInstances by a malformed id': answers(
        '400 InvalidInstanceID.Malformed',
        '400 InvalidInstanceID.NotFound',
      ),
      'DescribeNetworkInterfaces by a malformed id': answers(
        '400 InvalidNetworkInterfaceId.Malformed',
        '400 InvalidNetworkInterfaceID.NotFound',
      ),
      'DescribeVpcs by a malformed id': answers('400 InvalidVpcID.Malformed', '400 InvalidVpcID.NotFound'),
      'CreateRoute to a malformed interface': answers(
        '400 InvalidNetworkInterfaceId.Malformed',
        '400 InvalidNetworkInterfaceID.NotFound',
      ),
      'CreateRoute in a malformed table': answers(
        '400 InvalidRouteTableId.Malformed',
        '400 InvalidRouteTableID.NotFound',
      ),
      'ModifyNetworkInterfaceAttribute of a malformed interface': answers(
        '400 InvalidNetworkInterfaceId.Malformed',
        '400 InvalidNetworkInterfaceID.NotFound',
      ),
    },
  },
  {
    rule: 'a filter that the call does not have is an invalid parameter value, and no fault of the server',
    source: api('errors-overview'),
    seen: {
      'DescribeRouteTables by an unknown filter': answers('400 InvalidParameterValue', '501 InternalFailure'),
    },
  },
  {
    rule: 'DescribeInstances has the filter network-interface.ipv6-addresses.ipv6-address',
    source: api('API_DescribeInstances'),
    seen: { 'DescribeInstances by IPv6 address': answers('200', '501 InternalFailure') },
  },
  {
    rule: 'DescribeRouteTables gives pages of 5 to 100 tables, each with the token of the next',
    source: api('API_DescribeRouteTables'),
    seen: {
      'DescribeRouteTables with too small pages': answers('400 InvalidParameterValue'),
      'DescribeRouteTables with too large pages': answers('400 InvalidParameterValue'),
      'DescribeRouteTables with a token that nobody gave': answers('400 InvalidPaginationToken'),
      'DescribeRouteTables, the first page': notPaged,
      'DescribeRouteTables, the last page': noPageAfter('DescribeRouteTables'),
    },
  },
  {
    rule: 'DescribeNetworkInterfaces gives pages, each with the token of the next, but not of ids',
    source: api('API_DescribeNetworkInterfaces'),
    seen: {
      'DescribeNetworkInterfaces by id, with pages': answers('400 InvalidParameterCombination'),
      'DescribeNetworkInterfaces, the first page': notPaged,
      'DescribeNetworkInterfaces, the last page': noPageAfter('DescribeNetworkInterfaces'),
    },
  },
  {
    rule: 'DescribeInstances gives pages of 5 to 1000 instances',
    source: api('API_DescribeInstances'),
    seen: { 'DescribeInstances with too small pages': answers('400 InvalidParameterValue') },
  },
  {
    rule: 'a parameter that the call does not have is refused',
    source: api('errors-overview'),
    seen: { 'DescribeRouteTables with a parameter that is none': answers('400 UnknownParameter') },
  },
  {
    rule: 'a request needs an action, and one that there is',
    source: api('errors-overview'),
    seen: {
      'an unknown action': answers('400 InvalidAction', '500 InternalError'),
      'no action': answers('400 MissingAction', '500 InternalError'),
    },
  },
]
