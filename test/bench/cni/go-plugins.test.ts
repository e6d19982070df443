import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fakeMachine } from '../../install/fake-machine.ts'
import { ensureGoPlugins, installName } from './go-plugins.ts'

const log = (): void => undefined

/** A go that makes what it is asked for out of nothing, and says what it was asked. */
const goThatBuilds = `
PATH=/usr/bin:/bin
case "$1" in
  env) printf 'go1.26.8\\nlinux\\namd64\\n' ;;
  install)
    echo "$CGO_ENABLED [$GOFLAGS] [$GOOS] $*" >> "$XDG_CACHE_HOME/asked"
    for name in ptp loopback bridge macvlan ipvlan host-local static portmap bandwidth; do echo built > "$GOBIN/$name"; chmod +x "$GOBIN/$name"; done ;;
esac`

describe('ensureGoPlugins', () => {
  test('builds once, as upstream does, whatever flags the user has', async () => {
    await using machine = await fakeMachine()
    await machine.program('go', goThatBuilds)
    const environment = {
      ...machine.environment,
      XDG_CACHE_HOME: machine.cacheDir,
      GOFLAGS: '-race',
      GOOS: 'plan9',
    }
    const said: string[] = []
    const first = await ensureGoPlugins({ environment, log: (line) => said.push(line) })
    const second = await ensureGoPlugins({ environment, log: (line) => said.push(line) })
    expect(second).toEqual(first)
    expect(first).toMatchObject({ version: 'v1.9.1', compiler: 'go1.26.8' })
    expect(await readdir(first.folder)).toEqual([
      'bandwidth',
      'bridge',
      'host-local',
      'ipvlan',
      'loopback',
      'macvlan',
      'portmap',
      'ptp',
      'static',
    ])
    const asked = (await readFile(join(machine.cacheDir, 'asked'), 'utf8')).trimEnd().split('\n')
    expect(asked).toHaveLength(1)
    expect(asked[0]).toMatch(/^0 \[\] \[\] install -trimpath -ldflags=\S.*\/plugins\/main\/ptp@v1\.9\.1 /)
    expect(said).toEqual([
      'the CNI plugins v1.9.1: building with go1.26.8, once on this machine',
      `the CNI plugins v1.9.1: ready in ${first.folder}`,
    ])
  })

  test('without Go it says so in a sentence', async () => {
    await using machine = await fakeMachine()
    await expect(ensureGoPlugins({ environment: machine.environment, log })).rejects.toThrow(
      'there is no working go on the PATH.',
    )
  })

  test('a build that fails is told with what Go said, and leaves nothing', async () => {
    await using machine = await fakeMachine()
    await machine.program(
      'go',
      'if [ "$1" = env ]; then echo go1.26.8; else echo "no such host" >&2; exit 1; fi',
    )
    const environment = { ...machine.environment, XDG_CACHE_HOME: machine.cacheDir }
    await expect(ensureGoPlugins({ environment, log })).rejects.toThrow(
      /could not be built .*\n.*no such host/,
    )
    expect(await readdir(join(machine.cacheDir, 'podway'))).toEqual([])
  })
})

test('another compiler or machine is another folder', () => {
  const names = [
    { name: 'go1.26.8', target: 'linux-amd64' },
    { name: 'go1.26.9', target: 'linux-amd64' },
    { name: 'go1.26.8', target: 'linux-arm64' },
  ].map(installName)
  expect(new Set(names).size).toBe(3)
})
