import { distance } from 'fastest-levenshtein'

/** The known word that is most likely meant; undefined if none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const limit = Math.min(3, Math.max(1, Math.floor(fold(word).length / 3)))
  const [best] = known
    .map((name) => ({ name, far: distance(fold(word), fold(name)) }))
    .filter(({ far }) => far <= limit)
    .toSorted((one, other) => one.far - other.far || (one.name < other.name ? -1 : 1))
  return best?.name
}

/** `cluster-name` and `cluster_name` are `clusterName`, written as elsewhere. */
const fold = (word: string): string => word.toLowerCase().replaceAll(/[-_]/g, '')
