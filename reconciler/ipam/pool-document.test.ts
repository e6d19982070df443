import { describe, expect, test } from 'vitest'
import { formatCidr } from '../../net/cidr.ts'
import { PoolConfigurationError } from './pool.ts'
import { readPools } from './pool-document.ts'

const shown = (text: string): readonly unknown[] =>
  readPools(text).map(({ range, nodePrefixLength, nodeSelector }) => [
    formatCidr(range),
    nodePrefixLength,
    ...(nodeSelector === undefined ? [] : [nodeSelector]),
  ])

test('all that can be said, in the order it is said', () => {
  const text = `
# by team network
pools:
  - cidr: 10.244.0.0/16
    nodePrefixLength: 24
  - cidr: 10.100.0.0/18
    nodePrefixLength: 26
    nodeSelector:
      matchLabels:
        example.com/size: small
      matchExpressions:
        - { key: zone, operator: In, values: [a, b] }
        - { key: gpu, operator: DoesNotExist }
  - { cidr: "fd00:10:244::/48", nodePrefixLength: 64, nodeSelector: }
`
  expect(shown(text)).toEqual([
    ['10.244.0.0/16', 24],
    [
      '10.100.0.0/18',
      26,
      {
        matchLabels: { 'example.com/size': 'small' },
        matchExpressions: [
          { key: 'zone', operator: 'In', values: ['a', 'b'] },
          { key: 'gpu', operator: 'DoesNotExist' },
        ],
      },
    ],
    ['fd00:10:244::/48', 64],
  ])
})

test('JSON is YAML', () => {
  expect(shown('{"pools":[{"cidr":"10.0.0.0/16","nodePrefixLength":24}]}')).toEqual([['10.0.0.0/16', 24]])
})

test('no pools: nobody gets anything', () => {
  expect(shown('pools: []')).toEqual([])
})

const one = (pool: string): string => `pools: [${pool}]`
const selecting = (selector: string): string =>
  one(`{cidr: 10.0.0.0/16, nodePrefixLength: 24, nodeSelector: ${selector}}`)

describe('what is wrong is named, with its value, and what would do', () => {
  test.each([
    ['no YAML', 'pools: [', /^the document is no YAML: /],
    ['empty', '', 'the document is no YAML: '],
    ['nothing but a comment', '# later\n---\n', 'the document is null: expected fields'],
    ['a list', '- cidr: 10.0.0.0/16', 'the document is [{"cidr":"10.0.0.0/16"}]: expected fields'],
    ['another field', 'pool: []', 'the document has a field pool, which does not exist: there are pools'],
    ['no list', 'pools: 10.0.0.0/16', 'pools is "10.0.0.0/16": expected a list'],
    ['nothing', 'pools:', 'pools is missing: expected a list'],
    ['a pool that is text', one('10.0.0.0/16'), 'pools[0] is "10.0.0.0/16": expected fields'],
    [
      'a field that is misspelt',
      one('{cidr: 10.0.0.0/16, nodePrefixLength: 24, nodeselector: {}}'),
      'pools[0] has a field nodeselector, which does not exist: there are cidr, nodePrefixLength, nodeSelector',
    ],
    [
      'no range',
      one('{nodePrefixLength: 24}'),
      'pools[0].cidr is missing: expected a range such as 10.244.0.0/16',
    ],
    [
      'a range that is a number',
      one('{cidr: 10, nodePrefixLength: 24}'),
      'pools[0].cidr is 10: expected a range',
    ],
    [
      'a range with host bits',
      one('{cidr: 10.0.0.1/16, nodePrefixLength: 24}'),
      'pools[0].cidr: invalid address "10.0.0.1/16": has bits set behind the prefix: the range is 10.0.0.0/16',
    ],
    [
      'no prefix length',
      one('{cidr: 10.0.0.0/16}'),
      'pools[0].nodePrefixLength is missing: expected a whole number, from 16 on',
    ],
    [
      'a prefix length that is text',
      one('{cidr: 10.0.0.0/16, nodePrefixLength: "24"}'),
      'pools[0].nodePrefixLength is "24": expected a whole number',
    ],
    [
      'a prefix length that does not fit',
      one('{cidr: 10.0.0.0/16, nodePrefixLength: 15}'),
      'pools[0].nodePrefixLength: a node mask of /15 does not fit into 10.0.0.0/16: use one from /16 to /32',
    ],
    [
      'pools that overlap',
      'pools: [{cidr: 10.0.0.0/16, nodePrefixLength: 24}, {cidr: 10.0.4.0/24, nodePrefixLength: 24}]',
      '10.0.0.0/16 and 10.0.4.0/24 overlap: name each range once',
    ],
    ['a selector that is text', selecting('small'), 'pools[0].nodeSelector is "small": expected fields'],
    ['another field of it', selecting('{labels: {}}'), 'pools[0].nodeSelector has a field labels'],
    [
      'a label that is a boolean',
      selecting('{matchLabels: {gpu: true}}'),
      'pools[0].nodeSelector.matchLabels.gpu is true: expected text: put it in quotes',
    ],
    [
      'the name of a label',
      selecting('{matchLabels: {"a b": x}}'),
      'pools[0].nodeSelector.matchLabels is "a b": expected the name of a label',
    ],
    [
      'the value of a label',
      selecting('{matchLabels: {a: "x y"}}'),
      'pools[0].nodeSelector.matchLabels.a is "x y": expected the value of a label',
    ],
    [
      'an operator',
      selecting('{matchExpressions: [{key: a, operator: Gt, values: ["1"]}]}'),
      'pools[0].nodeSelector.matchExpressions[0].operator is "Gt": expected In, NotIn, Exists or DoesNotExist',
    ],
    [
      'In without values',
      selecting('{matchExpressions: [{key: a, operator: In, values: []}]}'),
      'pools[0].nodeSelector.matchExpressions[0].values is []: expected at least one value for In',
    ],
    [
      'Exists with values',
      selecting('{matchExpressions: [{key: a, operator: Exists, values: [b]}]}'),
      'pools[0].nodeSelector.matchExpressions[0].values is ["b"]: expected no values for Exists',
    ],
    [
      'an expression without a key',
      selecting('{matchExpressions: [{operator: Exists}]}'),
      'pools[0].nodeSelector.matchExpressions[0].key is missing: expected the name of a label',
    ],
  ])('%s', (_name, text, message) => {
    expect(() => readPools(text)).toThrow(PoolConfigurationError)
    expect(() => readPools(text)).toThrow(message)
  })
})
