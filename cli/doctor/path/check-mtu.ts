import type { PathLink } from '../../../agent/path/path-facts.ts'
import { found } from './path-findings.ts'
import type { Hop, Leg, NodeReading } from './path-picture.ts'

/** A place that takes packets of that size at most. */
interface Narrow {
  readonly at: string
  readonly name: string
  readonly mtu: number
  /**
   * `told`: who sends larger ones is told so, by ICMP · `lost`: they are lost, since the one who receives them can't tell.
   */
  readonly larger: 'told' | 'lost'
}

/** Where large packets end, or shrink. Undefined where nobody could be asked. */
export function checkMtu(leg: Leg): Omit<Hop, 'way'> | undefined {
  const [first, ...others] = placesOf(leg)
  if (first === undefined) return undefined
  let size = first.mtu
  let narrowest: { readonly from: number; readonly place: Narrow } | undefined
  for (const place of others) {
    if (place.mtu >= size) continue
    if (place.larger === 'lost') {
      const message = `Packets of ${size} bytes come to ${place.name} on Node ${place.at}, which takes ${place.mtu}: larger ones are lost, and nobody is told.`
      const object = { kind: 'interface', name: `${place.at}/${place.name}` }
      return { at: place.at, finding: found('MtuDrops', { object, message }) }
    }
    narrowest = { from: size, place }
    size = place.mtu
  }
  if (narrowest !== undefined) {
    const { from, place } = narrowest
    const object = { kind: 'interface', name: `${place.at}/${place.name}` }
    const message = `${place.name} on Node ${place.at} takes packets of ${place.mtu} bytes, and the sender makes them of up to ${from}.`
    return { at: place.at, finding: found('MtuShrinks', { object, message }) }
  }
  const last = others.at(-1) ?? first
  const object = { kind: 'interface', name: `${last.at}/${last.name}` }
  return {
    at: last.at,
    finding: found('MtuFits', { object, message: `Packets of ${size} bytes pass all the way.` }),
  }
}

/** In the order of the way. */
function placesOf({ arrival, departure, destination, source }: Leg): readonly Narrow[] {
  const at = (party: typeof source): string => party.node?.name ?? ''
  const places: Narrow[] = []
  const left = factsOf(departure)
  const came = factsOf(arrival)
  const add = (node: string, link: PathLink | undefined, larger: Narrow['larger'], mtu = link?.mtu): void => {
    if (link !== undefined && mtu !== undefined) places.push({ at: node, name: link.name, mtu, larger })
  }
  if (left !== undefined) {
    // What the pod sends is bounded by its own end, and what the Node's end takes by that.
    const sender = source.isHost ? undefined : left.source.link
    add(at(source), sender, 'told', sender?.peer?.mtu)
    add(at(source), sender, 'lost')
    const routeMtu = left.way.result === 'found' ? left.way.route.mtu : undefined
    add(at(source), left.exit, 'told', routeMtu)
  }
  if (came !== undefined) {
    add(at(destination), came.entry, 'lost')
    if (!destination.isHost) add(at(destination), came.destination.link, 'told')
  }
  const last = (came ?? left)?.destination.link
  const isPod = !destination.isHost && destination.node !== undefined
  if (isPod && last !== undefined) add(at(destination), last, 'lost', last.peer?.mtu)
  return places
}

const factsOf = (reading: NodeReading | undefined) =>
  reading !== undefined && 'facts' in reading ? reading.facts : undefined
