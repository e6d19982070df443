import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from '@cdktf/hcl2json'

export const clouds = ['aws', 'azure', 'gcp'] as const
export type Cloud = (typeof clouds)[number]

export const folderOf = (cloud: Cloud): string =>
  fileURLToPath(new URL(`../../deploy/terraform/${cloud}`, import.meta.url))

type Body = Readonly<Record<string, unknown>>
type Bodies = Readonly<Record<string, readonly Body[]>>

/** A module of deploy/terraform as HCL's own parser reads it. Expressions are texts of the form `${…}`. */
export interface Module {
  readonly variables: Bodies
  readonly outputs: Bodies
  readonly resources: Readonly<Record<string, Bodies>>
  readonly locals: Body
  readonly providers: Readonly<Record<string, { readonly source: string; readonly version: string }>>
  /** All files, one after the other. */
  readonly text: string
}

export async function readModule(cloud: Cloud): Promise<Module> {
  const folder = folderOf(cloud)
  const names = readdirSync(folder).filter((name) => name.endsWith('.tf'))
  const text = names
    .sort()
    .map((name) => readFileSync(`${folder}/${name}`, 'utf8'))
    .join('\n')
  const { locals, output, resource, terraform, variable } = (await parse('module.tf', text)) as {
    readonly locals: readonly Body[]
    readonly output: Bodies
    readonly resource: Module['resources']
    readonly terraform: readonly { readonly required_providers: readonly Module['providers'][] }[]
    readonly variable: Bodies
  }
  return {
    variables: variable,
    outputs: output,
    resources: resource,
    locals: Object.assign({}, ...locals) as Body,
    providers: terraform[0]?.required_providers[0] ?? {},
    text,
  }
}

/** Of HCL's texts, what stands in `${…}`. */
export const expressionOf = (value: unknown): string =>
  typeof value === 'string' ? value.replace(/^\$\{([\s\S]*)\}$/, '$1') : JSON.stringify(value)
