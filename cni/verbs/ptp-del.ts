import type { Call } from '../call.ts'
import { del } from '../plugins/ptp-del.ts'

export async function run(call: Call): Promise<void> {
  if (del(call) === 'has mappings') (await import('./ptp-del-whole.ts')).run(call)
}
