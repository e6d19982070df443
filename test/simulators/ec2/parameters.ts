import { Ec2Error, invalidValue, missingParameter } from './errors.ts'

/** The parameters of one request, or one structure within them, read by their names on the wire. */
export interface Parameters {
  has(name: string): boolean
  text(name: string): string | undefined
  /** @throws Ec2Error MissingParameter, also for empty text */
  required(name: string): string
  /** @throws Ec2Error InvalidParameterValue for anything but `true` and `false` */
  flag(name: string): boolean | undefined
  /** @throws Ec2Error InvalidParameterValue for anything but a decimal integer */
  integer(name: string): number | undefined
  /** `Name.1`, `Name.2` … in the order of the numbers. */
  list(name: string): readonly string[]
  /** The structures below `Name.1`, `Name.2` … in the order of the numbers. */
  structures(name: string): readonly Parameters[]
}

/** `prefix` is where the structure stands (`Filter.1.`), for the root nothing. */
export function readParameters(values: ReadonlyMap<string, string>, prefix = ''): Parameters {
  const text = (name: string): string | undefined => values.get(prefix + name)
  return {
    has: (name) =>
      values.has(prefix + name) || [...values.keys()].some((key) => key.startsWith(`${prefix}${name}.`)),
    text,
    required(name) {
      const value = text(name)
      if (value === undefined || value === '') throw missingParameter(prefix + name)
      return value
    },
    flag(name) {
      const value = text(name)
      if (value === undefined) return undefined
      if (value !== 'true' && value !== 'false')
        throw invalidValue(prefix + name, value, 'Expecting a boolean.')
      return value === 'true'
    },
    integer(name) {
      const value = text(name)
      if (value === undefined) return undefined
      if (!/^-?\d{1,9}$/.test(value)) throw invalidValue(prefix + name, value, 'Expecting an integer.')
      return Number(value)
    },
    list: (name) =>
      indicesBelow(values, `${prefix}${name}.`).flatMap((index) => text(`${name}.${index}`) ?? []),
    structures: (name) =>
      indicesBelow(values, `${prefix}${name}.`).map((index) =>
        readParameters(values, `${prefix}${name}.${index}.`),
      ),
  }
}

function indicesBelow(values: ReadonlyMap<string, string>, prefix: string): readonly number[] {
  const indices = new Set<number>()
  for (const key of values.keys()) {
    const index = key.startsWith(prefix) ? /^\d+/.exec(key.slice(prefix.length))?.[0] : undefined
    if (index !== undefined) indices.add(Number(index))
  }
  return [...indices].sort((a, b) => a - b)
}

/**
 * Refuses what the action does not have, as EC2 does, and what the simulator does not know: a parameter that is
 * silently ignored would make a test pass that must fail. `#` in a pattern stands for a number.
 *
 * @throws Ec2Error UnknownParameter
 */
export function refuseUnknown(values: ReadonlyMap<string, string>, patterns: readonly string[]): void {
  const known = new Set(patterns)
  for (const name of values.keys()) {
    if (!known.has(name.replaceAll(/\.\d+(?=\.|$)/g, '.#')))
      throw new Ec2Error('UnknownParameter', `The parameter ${name} is not recognized`)
  }
}

/**
 * @throws Ec2Error MissingParameter for a name without a value; of a list (`InstanceId.#`) one value is enough
 */
export function refuseMissing(values: ReadonlyMap<string, string>, required: readonly string[]): void {
  for (const pattern of required) {
    const name = pattern.replace('.#', '')
    const present = pattern.endsWith('.#')
      ? indicesBelow(values, `${name}.`).length > 0
      : (values.get(name) ?? '') !== ''
    if (!present) throw missingParameter(name)
  }
}
