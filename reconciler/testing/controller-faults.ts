import { type ErrorClass, ProviderError } from '../../providers/errors.ts'
import type { ControllerWorld } from './controller-world.ts'

/** From now on all creates fail, in one table or everywhere; until the returned function is called. */
export function failCreates({ cloud }: ControllerWorld, cause: ErrorClass, table?: string): () => void {
  const strike = cloud.strike.bind(cloud)
  let broken = true
  cloud.strike = (at, id, ...more) => {
    if (broken && at === 'create' && (table ?? id) === id) {
      cloud.struck.push({ at, class: cause })
      throw new ProviderError(cause, `creates are ${cause}`, { code: 'Broken' })
    }
    return strike(at, id, ...more)
  }
  return () => {
    broken = false
  }
}

/** What podway wrote of conditions, in order: `PATCH nodes/node-1/status`. */
export const statusWrites = ({ cluster }: ControllerWorld): readonly string[] =>
  cluster.writes.filter((write) => /nodes\/.*\/status/.test(write))
