import { type TFExpressionSyntaxTree, getExpressionAst } from '@cdktf/hcl2json'

/** What one export says, with every expression evaluated. */
export interface Configuration {
  readonly resources: readonly Resource[]
  readonly providers: Readonly<Record<string, { readonly source: string; readonly version: string }>>
}

export interface Resource {
  /** `aws_route.pods_…` */
  readonly address: string
  readonly type: string
  readonly arguments: Readonly<Record<string, unknown>>
  readonly ignoredChanges: readonly string[]
  readonly importId?: string
}

interface File {
  readonly terraform?: { readonly required_providers: Configuration['providers'] }
  readonly import?: readonly { readonly to: string; readonly id: string }[]
  readonly resource?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>
}

/**
 * Reads files of Terraform's JSON syntax as a module, by HCL's own parser, and not by the code that wrote them.
 * @throws Error for what Terraform would not take: an expression where there is to be none, an import of nothing, a bad name
 */
export async function readConfiguration(texts: readonly string[]): Promise<Configuration> {
  const files = texts.map((text) => JSON.parse(text) as File)
  const imports = new Map(files.flatMap((file) => (file.import ?? []).map(({ to, id }) => [to, id] as const)))
  const resources: Resource[] = []
  for (const file of files)
    for (const [type, byName] of Object.entries(file.resource ?? {}))
      for (const [name, body] of Object.entries(byName)) {
        // https://developer.hashicorp.com/terraform/language/syntax/configuration#identifiers
        if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(name)) throw new Error(`${name} is no identifier`)
        const address = `${type}.${name}`
        const importId = imports.get(address)
        imports.delete(address)
        resources.push(await readResource(type, address, body, importId))
      }
  if (imports.size > 0) throw new Error(`imports of nothing: ${[...imports.keys()].join(', ')}`)
  return {
    resources,
    providers: Object.assign({}, ...files.map(({ terraform }) => terraform?.required_providers)) as never,
  }
}

async function readResource(
  type: string,
  address: string,
  { '//': _comment, lifecycle, ...body }: Readonly<Record<string, unknown>>,
  importId: string | undefined,
): Promise<Resource> {
  const { ignore_changes = [] } = (lifecycle ?? {}) as { readonly ignore_changes?: readonly string[] }
  return {
    address,
    type,
    arguments: (await evaluate(body)) as Resource['arguments'],
    ignoredChanges: ignore_changes,
    ...(importId === undefined ? {} : { importId: (await evaluate(importId)) as string }),
  }
}

async function evaluate(value: unknown): Promise<unknown> {
  if (typeof value === 'string') return evaluateText(value)
  if (Array.isArray(value)) return Promise.all(value.map(evaluate))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(async ([key, one]) => [key, await evaluate(one)] as const)
  return Object.fromEntries(await Promise.all(entries))
}

/**
 * The text that the template stands for. HCL's parser says whether anything in it is an expression; what is none it gives
 * as it is written, with its signs still doubled.
 * @throws Error if it is more than a text
 */
export async function evaluateText(template: string): Promise<string> {
  const tree = await getExpressionAst('main.tf', JSON.stringify(template))
  if (tree?.type !== 'template' || !tree.children.every(isText))
    throw new Error(`${JSON.stringify(template)} is an expression`)
  return template.replaceAll(/([$%])\1(?=\{)/g, '$1')
}

const isText = ({ type }: TFExpressionSyntaxTree.ExpressionType): boolean => type === 'literalValue'
