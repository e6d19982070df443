import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { promtool } from '../monitoring/promtool.ts'
import { fakeMachine } from './fake-machine.ts'
import { ensureGoTool, hasGoTool, installName, missingForGoTool, readPins } from './go-tool.ts'

const log = (): void => undefined

/** A Go that answers for its version, and whose build makes a program or fails. */
const fakeGo = (build: string): string => `
case "$1" in
  env) printf 'go1.26.8\\nlinux\\namd64\\n' ;;
  build) while [ "$1" != -o ]; do shift; done; ${build} ;;
esac`

test('without Go, a sentence says so', async () => {
  await using machine = await fakeMachine()
  expect(await missingForGoTool(promtool, machine.environment)).toMatch(/no working go on the PATH\.$/)
  expect(await hasGoTool(promtool, machine.environment)).toBe(false)
})

test('built once', async () => {
  await using machine = await fakeMachine()
  const make = 'echo built >> "$0.log"; printf "#!/bin/sh\\n" > "$2"; /bin/chmod +x "$2"'
  const go = await machine.program('go', fakeGo(make))
  const environment = { ...machine.environment, XDG_CACHE_HOME: machine.cacheDir }
  expect(await missingForGoTool(promtool, environment)).toBeUndefined()
  expect(await hasGoTool(promtool, environment)).toBe(false)
  const first = await ensureGoTool(promtool, { environment, log })
  expect(await ensureGoTool(promtool, { environment, log })).toBe(first)
  expect(await hasGoTool(promtool, environment)).toBe(true)
  expect(first).toMatch(/\/podway\/promtool-v\d+\.\d+\.\d+-[0-9a-f]{12}-go1\.26\.8-linux-amd64\/promtool$/)
  expect(await readFile(`${go}.log`, 'utf8')).toBe('built\n')
})

test('a build that fails says what Go said', async () => {
  await using machine = await fakeMachine()
  await machine.program('go', fakeGo('echo "no such module" >&2; exit 1'))
  const environment = { ...machine.environment, XDG_CACHE_HOME: machine.cacheDir }
  await expect(ensureGoTool(promtool, { environment, log })).rejects.toThrow(
    'promtool could not be built (is the Go module proxy reachable?):\n  no such module',
  )
})

test('other pins and another compiler are another folder', async () => {
  const pins = await readPins(promtool)
  const name = installName(promtool, pins, 'go1.26.8-linux-amd64')
  expect(name).not.toBe(installName(promtool, `${pins}\n`, 'go1.26.8-linux-amd64'))
  expect(name).not.toBe(installName(promtool, pins, 'go1.26.9-linux-amd64'))
  expect(() => installName(promtool, '', 'go1.26.8')).toThrow('go.mod does not require')
})
