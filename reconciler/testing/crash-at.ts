import type { ControllerWorld } from './controller-world.ts'
import type { Tap } from './traffic.ts'

/** A run that dies at the n-th write to Kubernetes or call of the cloud; false if it made fewer. */
export async function crashAt(world: ControllerWorld, n: number, when: 'before' | 'after'): Promise<boolean> {
  let calls = 0
  let crashed = false
  const crash = (): never => {
    crashed = true
    running.crash()
    throw new Error('crashed')
  }
  const tap: Tap = {
    before: () => {
      calls++
      if (crashed || (calls === n && when === 'before')) crash()
    },
    after: () => {
      if (crashed || (calls >= n && when === 'after')) crash()
    },
  }
  const running = world.start({ tap })
  await running.quiet()
  await running.stop()
  return crashed
}
