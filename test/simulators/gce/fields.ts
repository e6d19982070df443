import { GceError, invalidField } from './errors.ts'

type Body = Readonly<Record<string, unknown>>

/** What is silently ignored would make a test pass that must fail. @throws GceError invalid */
export function refuseUnknown(body: Body, known: readonly string[], at = 'resource'): void {
  for (const name of Object.keys(body))
    if (!known.includes(name))
      throw new GceError(
        400,
        'invalid',
        `Invalid JSON payload received. Unknown name "${name}" at '${at}': Cannot find field.`,
      )
}

/** @throws GceError invalid */
export function readText(body: Body, name: string, at = 'resource'): string | undefined {
  const value = body[name]
  if (value === undefined || typeof value === 'string') return value
  throw invalidField(`${at}.${name}`, value, 'Must be a string.')
}

/** @throws GceError invalid */
export function readTexts(body: Body, name: string): readonly string[] | undefined {
  const value = body[name]
  if (value === undefined) return undefined
  if (!Array.isArray(value)) throw invalidField(`resource.${name}`, value, 'Must be a list.')
  return value.map((one: unknown) => {
    if (typeof one !== 'string') throw invalidField(`resource.${name}`, one, 'Must be a string.')
    return one
  })
}
