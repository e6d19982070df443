import { YAMLException, load } from 'js-yaml'
import { AddressSyntaxError } from '../../net/address.ts'
import { type Cidr, parseCidr } from '../../net/cidr.ts'
import { type LabelRequirement, type LabelSelector, isLabelKey, isLabelValue } from './label-selector.ts'
import { Pool, PoolConfigurationError, refuseOverlaps } from './pool.ts'

/**
 * Reads pools as they stand in a file or a ConfigMap, YAML or JSON:
 *
 * ```yaml
 * pools:
 *   - cidr: 10.244.0.0/16
 *     nodePrefixLength: 24
 *   - cidr: 10.100.0.0/18
 *     nodePrefixLength: 26
 *     nodeSelector:
 *       matchLabels: { pool: small }
 * ```
 *
 * Strict: a field that is not known is refused, since a misspelt nodeSelector would be a pool for every node.
 *
 * @throws PoolConfigurationError that names the field, its value, and what would do
 */
export function readPools(text: string): readonly Pool[] {
  const root = fields(parse(text), 'the document', ['pools'])
  const pools = list(root.pools, 'pools').map((value, index) => readPool(value, `pools[${index}]`))
  refuseOverlaps(pools)
  return pools
}

function parse(text: string): unknown {
  try {
    return load(text)
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error
    throw new PoolConfigurationError(`the document is no YAML: ${error.message}`, { cause: error })
  }
}

function readPool(value: unknown, at: string): Pool {
  const pool = fields(value, at, ['cidr', 'nodePrefixLength', 'nodeSelector'])
  const range = readRange(pool.cidr, `${at}.cidr`)
  const { nodePrefixLength } = pool
  if (typeof nodePrefixLength !== 'number' || !Number.isInteger(nodePrefixLength)) {
    fail(`${at}.nodePrefixLength`, nodePrefixLength, `a whole number, from ${range.prefixLength} on`)
  }
  const selector =
    pool.nodeSelector === undefined ? undefined : readSelector(pool.nodeSelector, `${at}.nodeSelector`)
  try {
    return new Pool(range, nodePrefixLength, selector)
  } catch (error) {
    if (!(error instanceof PoolConfigurationError)) throw error
    throw new PoolConfigurationError(`${at}.nodePrefixLength: ${error.message}`, { cause: error })
  }
}

function readRange(value: unknown, at: string): Cidr {
  if (typeof value !== 'string') fail(at, value, 'a range such as 10.244.0.0/16')
  try {
    return parseCidr(value)
  } catch (error) {
    if (!(error instanceof AddressSyntaxError)) throw error
    throw new PoolConfigurationError(`${at}: ${error.message}`, { cause: error })
  }
}

function readSelector(value: unknown, at: string): LabelSelector {
  const { matchLabels, matchExpressions } = fields(value, at, ['matchLabels', 'matchExpressions'])
  return {
    ...(matchLabels === undefined ? {} : { matchLabels: readLabels(matchLabels, `${at}.matchLabels`) }),
    ...(matchExpressions === undefined
      ? {}
      : {
          matchExpressions: list(matchExpressions, `${at}.matchExpressions`).map((one, index) =>
            readRequirement(one, `${at}.matchExpressions[${index}]`),
          ),
        }),
  }
}

function readLabels(value: unknown, at: string): Readonly<Record<string, string>> {
  const labels = object(value, at)
  return Object.fromEntries(
    Object.entries(labels).map(([key, one]) => [readKey(key, at), readValue(one, `${at}.${key}`)]),
  )
}

function readRequirement(value: unknown, at: string): LabelRequirement {
  const { key, operator, values } = fields(value, at, ['key', 'operator', 'values'])
  const label = readKey(key, `${at}.key`)
  switch (operator) {
    case 'In':
    case 'NotIn': {
      const all = list(values, `${at}.values`).map((one, index) => readValue(one, `${at}.values[${index}]`))
      if (all.length === 0) fail(`${at}.values`, values, `at least one value for ${operator}`)
      return { key: label, operator, values: all }
    }
    case 'Exists':
    case 'DoesNotExist':
      if (values !== undefined && list(values, `${at}.values`).length > 0)
        fail(`${at}.values`, values, `no values for ${operator}`)
      return { key: label, operator }
    default:
      return fail(`${at}.operator`, operator, 'In, NotIn, Exists or DoesNotExist')
  }
}

const readKey = (value: unknown, at: string): string =>
  typeof value === 'string' && isLabelKey(value) ? value : fail(at, value, 'the name of a label')

const readValue = (value: unknown, at: string): string =>
  typeof value === 'string' && isLabelValue(value)
    ? value
    : fail(at, value, typeof value === 'string' ? 'the value of a label' : 'text: put it in quotes')

function object(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(at, value, 'fields')
  return value as Readonly<Record<string, unknown>>
}

function fields<const F extends string>(
  value: unknown,
  at: string,
  known: readonly F[],
): Readonly<Partial<Record<F, unknown>>> {
  const all = object(value, at)
  const unknown = Object.keys(all).find((name) => !known.some((one) => one === name))
  if (unknown !== undefined)
    throw new PoolConfigurationError(
      `${at} has a field ${unknown}, which does not exist: there are ${known.join(', ')}`,
    )
  // What is written `field:` has no value, as if it were not there.
  return Object.fromEntries(Object.entries(all).filter(([, one]) => one !== null)) as Partial<
    Record<F, unknown>
  >
}

const list = (value: unknown, at: string): readonly unknown[] =>
  Array.isArray(value) ? (value as readonly unknown[]) : fail(at, value, 'a list')

function fail(at: string, value: unknown, expected: string): never {
  throw new PoolConfigurationError(
    value === undefined
      ? `${at} is missing: expected ${expected}`
      : `${at} is ${JSON.stringify(value)}: expected ${expected}`,
  )
}
