import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const program = fileURLToPath(new URL('../bin/podway.js', import.meta.url))

/** The program with a pipe of which nobody reads the other end, as that of `head` that has seen enough. */
async function unread(stream: 'stdout' | 'stderr', args: readonly string[]) {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  // Long before Node has started.
  child[stream].destroy()
  const other = text(stream === 'stdout' ? child.stderr : child.stdout)
  const [code] = (await once(child, 'exit')) as [number | null]
  return { code, other: await other }
}

test.each<[name: string, args: readonly string[]]>([
  ['help of a command', ['plan', '--help']],
  ['the version', ['--version']],
  ['a result', ['crds']],
])('a reader that goes away is no failure: %s', async (_, args) => {
  expect(await unread('stdout', args)).toEqual({ code: 0, other: '' })
})

test.each<[name: string, args: readonly string[]]>([
  ['of the parser', ['plan', '--nonsense']],
  ['of the settings', ['plan', '--provider', 'nonsense']],
])('nor is it one of its own where a complaint is not read: %s', async (_, args) => {
  expect(await unread('stderr', args)).toEqual({ code: 64, other: '' })
})
