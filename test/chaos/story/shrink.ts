/**
 * The least of a list that still fails: parts of it are left out, halves first, then ever smaller ones, until none can be
 * spared (Zeller's delta debugging). `fails` must hold for the whole; it is asked again and again, and may not remember.
 */
export async function shrink<T>(
  all: readonly T[],
  fails: (some: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let left = all
  let size = Math.ceil(left.length / 2)
  while (size >= 1 && left.length > 0) {
    let spared = false
    for (let from = 0; from < left.length;) {
      const some = left.toSpliced(from, size)
      if (await fails(some)) {
        left = some
        spared = true
      } else {
        from += size
      }
    }
    if (!spared && size === 1) break
    if (!spared) size = Math.ceil(size / 2)
    size = Math.min(size, Math.max(1, Math.ceil(left.length / 2)))
  }
  return left
}
