import { formatCidr } from '../../net/cidr.ts'
import { type ObservedRoute, type SurplusRoute, formatTarget, sameTarget } from '../route.ts'
import type { GceRoute } from './gce-route.ts'

/**
 * A network's routes as the port has them, one static route a destination. Google keeps as many as one likes: the one with
 * the best priority carries the packets, and of several with the best each gets a share. Of these, one with podway's mark
 * is told, else the first by name; the others that share, and all others with podway's mark, are its surplus, and so are
 * foreign ones that share and lead where the marked one does.
 */
export function foldRoutes(routes: readonly GceRoute[]): readonly ObservedRoute[] {
  const statics = Map.groupBy(
    routes.filter(({ origin }) => origin === 'static'),
    ({ destination }) => formatCidr(destination),
  )
  const others = routes.filter(({ origin }) => origin !== 'static')
  return [...[...statics.values()].map(fold), ...others.map(plain)]
}

const plain = ({ destination, target, state, origin }: GceRoute): ObservedRoute => ({
  destination,
  target,
  state,
  origin,
})

/** @param routes at least one */
function fold(routes: readonly GceRoute[]): ObservedRoute {
  const best = Math.min(...routes.map(({ priority }) => priority))
  const ranked = [...routes].sort(
    (a, b) =>
      a.priority - b.priority || Number(b.isMarked) - Number(a.isMarked) || (a.name < b.name ? -1 : 1),
  )
  const [first] = ranked
  if (first === undefined) throw new Error('no routes to fold')
  const twins = ranked.filter(({ target }) => sameTarget(target, first.target))
  const isDead = twins.every(({ priority, state }) => priority > best || state === 'blackhole')
  const isOurs = twins.some(({ isMarked }) => isMarked)
  const surplus = new Map<string, SurplusRoute>()
  for (const { target, priority, isMarked } of ranked) {
    const shares = priority === best
    const isTwin = sameTarget(target, first.target)
    // A foreign one beside ours is no rival now, and one as soon as ours is to lead elsewhere.
    const matters = isTwin ? shares && !isMarked && isOurs : shares || isMarked
    if (!matters) continue
    const known = surplus.get(formatTarget(target))
    surplus.set(formatTarget(target), {
      target,
      shares: shares || known?.shares === true,
      isMarked: isMarked || known?.isMarked === true,
    })
  }
  return {
    ...plain(first),
    state: isDead ? 'blackhole' : 'active',
    ...(isOurs ? {} : { isForeign: true }),
    ...(surplus.size === 0 ? {} : { surplus: [...surplus.values()] }),
  }
}
