import { type Cidr, compareCidrs, formatCidr } from '../../net/cidr.ts'

/** Who had a range before. */
export interface PreviousHolder {
  /** The Node, as the allocator names it. */
  readonly owner?: string | undefined
  /** Its machine, which may come back as another Node. */
  readonly providerID?: string | undefined
}

/** The ranges that may still have routes, and whose they were. */
export class Quarantine {
  readonly #entries = new Map<string, { readonly cidr: Cidr; readonly marks: readonly string[] }>()
  readonly #byMark = new Map<string, Map<string, Cidr>>()

  /** Whether it was not there before. */
  add(cidr: Cidr, holder: PreviousHolder): boolean {
    const key = formatCidr(cidr)
    const known = this.delete(cidr)
    const marks = marksOf(holder)
    this.#entries.set(key, { cidr, marks })
    for (const mark of marks)
      this.#byMark.set(mark, (this.#byMark.get(mark) ?? new Map<string, Cidr>()).set(key, cidr))
    return !known
  }

  /** Whether it was there. */
  delete(cidr: Cidr): boolean {
    const key = formatCidr(cidr)
    for (const mark of this.#entries.get(key)?.marks ?? []) {
      const ranges = this.#byMark.get(mark)
      ranges?.delete(key)
      if (ranges?.size === 0) this.#byMark.delete(mark)
    }
    return this.#entries.delete(key)
  }

  /** What was the holder's, in the order of {@link compareCidrs}. */
  of(holder: PreviousHolder): readonly Cidr[] {
    const found = new Map(marksOf(holder).flatMap((mark) => [...(this.#byMark.get(mark) ?? [])]))
    return [...found.values()].sort(compareCidrs)
  }

  all(): readonly Cidr[] {
    return [...this.#entries.values()].map(({ cidr }) => cidr)
  }
}

const marksOf = ({ owner, providerID }: PreviousHolder): readonly string[] => [
  ...(owner === undefined ? [] : [`owner ${owner}`]),
  ...(providerID === undefined ? [] : [`machine ${providerID}`]),
]
