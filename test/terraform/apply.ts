import { isDeepStrictEqual } from 'node:util'
import type { Configuration, Resource } from './configuration.ts'
import { problemsOf } from './provider-schemas.ts'

/** A provider of Terraform, as far as one type of resource goes: by the cloud's own API, as the real one asks it. */
export interface StandIn {
  create(resource: Resource['arguments']): Promise<void>
  /** What can be configured of what has that id, as the provider finds it there; undefined if nothing has it. */
  read(importId: string): Promise<Resource['arguments'] | undefined>
}

export interface Applied {
  readonly imported: readonly string[]
  readonly created: readonly string[]
  /** What Terraform would change of what it imports: `aws_route.x: network_interface_id eni-1 -> eni-2`. */
  readonly differences: readonly string[]
}

/**
 * As `terraform apply` of a module without state: what has an import block is looked up, and held against its arguments; the
 * rest is made. What differs is told and left.
 */
export async function apply({ resources }: Configuration, provider: StandIn): Promise<Applied> {
  const imported: string[] = []
  const created: string[] = []
  const differences: string[] = []
  for (const { address, arguments: wanted, ignoredChanges, importId, type } of resources) {
    const problems = problemsOf(type, wanted)
    if (problems.length > 0) throw new Error(`${address}: ${problems.join(', ')}`)
    if (importId === undefined) {
      await provider.create(wanted)
      created.push(address)
      continue
    }
    const there = await provider.read(importId)
    if (there === undefined)
      throw new Error(`${address}: Cannot import non-existent remote object ${importId}`)
    imported.push(address)
    for (const name of new Set([...Object.keys(there), ...Object.keys(wanted)]))
      if (!ignoredChanges.includes(name) && !isDeepStrictEqual(there[name], wanted[name]))
        differences.push(
          `${address}: ${name} ${JSON.stringify(there[name])} -> ${JSON.stringify(wanted[name])}`,
        )
  }
  return { imported, created, differences }
}
