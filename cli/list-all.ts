import type { KubeObject } from '../kube/objects.ts'
import type { Resource } from '../kube/resource.ts'

const pageSize = 500

/** All objects of a type, of one namespace or all of them, page by page. @throws KubeError */
export async function listAll<T extends KubeObject>(
  resource: Resource<T>,
  signal: AbortSignal,
  namespace?: string,
): Promise<readonly T[]> {
  const items: T[] = []
  let next: string | undefined
  do {
    const page = await resource.list(
      { limit: pageSize, ...(next === undefined ? {} : { continue: next }) },
      { signal, ...(namespace === undefined ? {} : { namespace }) },
    )
    items.push(...page.items)
    next = page.continue
  } while (next !== undefined)
  return items
}
