import { readFileSync } from 'node:fs'

interface Body {
  readonly required: readonly string[]
  readonly optional: readonly string[]
  readonly blocks?: Readonly<Record<string, Body>>
}
export interface ResourceSchema extends Body {
  /** What only the provider says. */
  readonly computed: readonly string[]
}

const recorded = JSON.parse(readFileSync(new URL('provider-schemas.json', import.meta.url), 'utf8')) as {
  readonly resources: Readonly<Record<string, ResourceSchema>>
}

/** By type of resource, as the real providers publish them: see the file for the versions. */
export const resourceSchemas = recorded.resources

/** What every resource takes, whatever its provider. */
const meta = new Set(['count', 'depends_on', 'for_each', 'lifecycle', 'provider', '//'])

/** What the provider would not take of a resource's body. Types of values are not looked at. */
export function problemsOf(type: string, body: Readonly<Record<string, unknown>>): readonly string[] {
  const schema = resourceSchemas[type]
  return schema === undefined ? [`there is no resource ${type}`] : bodyProblems(type, schema, body)
}

function bodyProblems(
  path: string,
  schema: Body,
  body: Readonly<Record<string, unknown>>,
): readonly string[] {
  const { blocks = {}, optional, required } = schema
  const missing = required.filter((name) => !(name in body))
  const unknown = Object.keys(body).filter(
    (name) => !required.includes(name) && !optional.includes(name) && !(name in blocks) && !meta.has(name),
  )
  const nested = Object.entries(blocks).flatMap(([name, block]) =>
    ((body[name] ?? []) as readonly Readonly<Record<string, unknown>>[]).flatMap((one) =>
      bodyProblems(`${path}.${name}`, block, one),
    ),
  )
  return [
    ...missing.map((name) => `${path}: ${name} is missing`),
    ...unknown.map((name) => `${path}: there is no ${name}`),
    ...nested,
  ]
}
