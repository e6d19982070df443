import { vi } from 'vitest'
import { main } from '../main.ts'

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** A command line in this process, where starting takes no time. */
export async function runMain(args: readonly string[]): Promise<Ended> {
  const written = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text, ...more) => {
      written[name] += String(text)
      // The callback is the last argument, with or without an encoding before it.
      const done = more.at(-1)
      if (typeof done === 'function') done()
      return true
    }),
  )
  try {
    return { code: await main(args), ...written }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}
