import type { Request } from '../netlink/connection.ts'
import { isOpError } from '../netlink/error.ts'
import { Errno } from '../sys.ts'
import { askForSet } from './changes.ts'
import { creation, foundation } from './creation.ts'
import { type Difference, difference } from './difference.ts'
import type { Element } from './element.ts'
import { addElements, deleteElements } from './element-changes.ts'
import { type MappedPort, formatHostPort, readMappedPort } from './mapped-port.ts'
import type { Nftables } from './nftables.ts'
import { type PlacedElement, type PortPlan, portRuleset } from './pod-ports.ts'
import { isOfPorts, ownerSet } from './port-names.ts'
import { reconcile } from './reconciliation.ts'
import type { FoundRuleset } from './ruleset.ts'

/**
 * Of what leads a port elsewhere: whether whoever has it is gone, so that all of its mappings go; or whether it loses
 * just that port. It throws if it keeps it, with words for people. `comment`: whose it is; undefined where somebody else
 * has made it.
 */
export type JudgeHolder = (taken: MappedPort, comment: string | undefined) => 'gone' | 'loses'

/**
 * Adds the elements, until {@link removePorts} says otherwise. Where other pods have mappings already, that is one look
 * and one change, and nothing is listed.
 *
 * @throws what `judgeHolder` throws, of a port that leads elsewhere
 */
export function addPorts(nftables: Nftables, plan: PortPlan, judgeHolder: JudgeHolder): void {
  nftables.inTurn(() => {
    try {
      // What all mappings need is made at once, and goes at once: of the first pod with ports nothing is there, and
      // nothing has to be listed.
      nftables.commit(
        nftables.has(askForSet(ownerSet))
          ? additions(plan.elements)
          : [...foundationOf(plan), ...additions(plan.elements)],
      )
      return
    } catch (error) {
      // There is something to replace; or a set is missing: that of other conditions, say.
      if (!isOpError(error, Errno.ENOENT, Errno.EEXIST)) throw error
    }
    reconcile(nftables, (found) => portDifference(found, plan, judgeHolder))
  })
}

/** Most mappings need nothing but what all do. */
const foundationOf = ({ ruleset }: PortPlan): readonly Request[] =>
  ruleset === portRuleset ? foundation(portRuleset) : creation(ruleset)

/** What is missing. Nothing of others is ours to change. */
export function portDifference(
  found: FoundRuleset,
  { ruleset, elements }: PortPlan,
  judgeHolder: JudgeHolder,
): Difference {
  const { changes, words } = difference(ruleset, found, () => false)
  const missing: PlacedElement[] = []
  const deleted: PlacedElement[] = []
  const gone = new Set<string>()
  for (const wanted of elements) {
    const there = elementThere(found, wanted)
    if (there !== undefined && equalElements(there, wanted.element)) continue
    missing.push(wanted)
    if (there === undefined) continue
    deleted.push({ set: wanted.set, element: there })
    const taken = readMappedPort(there)
    if (taken === undefined || there.comment === wanted.element.comment) continue
    if (judgeHolder(taken, there.comment) === 'gone' && there.comment !== undefined) gone.add(there.comment)
  }
  for (const { name, elements: all } of found.sets) {
    if (!isOfPorts(name)) continue
    for (const element of all) {
      const isDeleted = deleted.some((other) => other.element === element)
      if (!isDeleted && gone.has(element.comment ?? '')) deleted.push({ set: name, element })
    }
  }
  return {
    changes: [
      ...changes,
      ...deleted.flatMap(({ set, element: { key, isEnd } }) => deleteElements(set, [{ key, isEnd }])),
      ...additions(missing),
    ],
    words: [...words, ...missing.map(say)],
  }
}

function additions(elements: readonly PlacedElement[]): readonly Request[] {
  const sets = [...new Set(elements.map(({ set }) => set))]
  return sets.flatMap((name) =>
    addElements(
      name,
      elements.filter(({ set }) => set === name).map(({ element }) => element),
    ),
  )
}

function say({ set, element }: PlacedElement): string {
  const port = readMappedPort(element)
  return port === undefined ? `set ${set}: an element added` : `port ${formatHostPort(port)}: added`
}

const equalElements = (a: Element, b: Element): boolean =>
  a.comment === b.comment && a.data?.join() === b.data?.join()

function elementThere({ sets }: FoundRuleset, { set, element }: PlacedElement): Element | undefined {
  const key = element.key.join()
  return sets.find(({ name }) => name === set)?.elements.find((other) => other.key.join() === key)
}
