import type { KubeObject } from '../kube/objects.ts'
import type { Resource } from '../kube/resource.ts'

const pageSize = 500

/** All objects of a type, page by page. @throws KubeError */
export async function listAll<T extends KubeObject>(
  resource: Resource<T>,
  signal: AbortSignal,
): Promise<readonly T[]> {
  const items: T[] = []
  let next: string | undefined
  do {
    const page = await resource.list(
      { limit: pageSize, ...(next === undefined ? {} : { continue: next }) },
      { signal },
    )
    items.push(...page.items)
    next = page.continue
  } while (next !== undefined)
  return items
}
