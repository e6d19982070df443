import { access, chmod, readFile, readdir, rm } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { type FakeMachine, fakeMachine } from '../install/fake-machine.ts'
import { type FakeGo, fakeGo } from './fake-go.ts'
import {
  ensureControlPlane,
  installName,
  kubernetesVersion,
  missingForControlPlane,
  neededGo,
  readSources,
} from './install.ts'

const silent = () => undefined
const sources = await readSources()
const version = 'go1.26.8'

const machineWith = async (go: Partial<FakeGo> = {}): Promise<FakeMachine> => {
  const machine = await fakeMachine()
  await machine.program('go', fakeGo({ version, ...go }))
  return machine
}

describe('the pins', () => {
  test('name Kubernetes 1.36.3 and etcd 3.6.16', () => {
    expect(kubernetesVersion(sources)).toBe('1.36.3')
    expect(sources.etcd).toMatch(/^require go\.etcd\.io\/etcd\/server\/v3 v3\.6\.16$/m)
  })

  test('replace every part of Kubernetes by the same release of it', () => {
    const replaced = [...sources['kube-apiserver'].matchAll(/^\t(\S+) => (\S+) (\S+)$/gm)]
    expect(replaced.length).toBeGreaterThan(25)
    expect(replaced.filter(([, from, to, release]) => from !== to || release !== 'v0.36.3')).toEqual([])
  })

  test('say which Go they need', () => {
    expect(neededGo(sources)).toEqual({ major: 1, minor: 26 })
    const newer = sources.etcd.replace(/^go 1\.26\.0$/m, 'go 1.27')
    expect(neededGo({ ...sources, etcd: newer })).toEqual({ major: 1, minor: 27 })
  })
})

describe('the name of an installation', () => {
  const name = installName(sources, { tag: 'go1.26.8-linux-amd64' })

  test('tells the version and the Go', () => {
    expect(name).toMatch(/^kubernetes-1\.36\.3-[0-9a-f]{12}-go1\.26\.8-linux-amd64$/)
  })

  test.each([
    ['another pin of etcd', { ...sources, etcd: `${sources.etcd} ` }, 'go1.26.8-linux-amd64'],
    [
      'another pin of the API server',
      { ...sources, 'kube-apiserver': `${sources['kube-apiserver']} ` },
      'go1.26.8-linux-amd64',
    ],
    ['another Go', sources, 'go1.26.9-linux-amd64'],
  ])('changes with %s', (_what, changed, tag) => {
    expect(installName(changed, { tag })).not.toBe(name)
  })
})

describe('what is missing', () => {
  test('is nothing where there is a Go', async () => {
    await using machine = await machineWith()
    expect(await missingForControlPlane(machine.environment)).toBeUndefined()
  })

  test('is told in a sentence, and stops an installation', async () => {
    await using machine = await fakeMachine()
    const sentence =
      'The Kubernetes API server is built with Go 1.26 or newer; there is no working go on the PATH.'
    expect(await missingForControlPlane(machine.environment)).toBe(sentence)
    await expect(ensureControlPlane({ ...machine, log: silent })).rejects.toThrow(sentence)
  })

  test.each<[string, Partial<FakeGo>, RegExp]>([
    [
      'the modules',
      { list: 'echo "dial tcp: no route to host" >&2; exit 1' },
      /^the Go modules of etcd could not be had \(is the Go module proxy reachable\?\):\n {2}dial tcp: no route to host$/,
    ],
    [
      'memory for a build',
      { build: 'echo "compile: signal: killed" >&2; exit 1' },
      /^etcd could not be built:\n {2}compile: signal: killed$/,
    ],
  ])('is shown: %s; nothing is left', async (_what, go, message) => {
    await using machine = await machineWith(go)
    await expect(ensureControlPlane({ ...machine, log: silent })).rejects.toThrow(message)
    expect(await readdir(machine.cacheDir)).toEqual([])
  })
})

describe('an installation', () => {
  test('is made once, and says what it does', async () => {
    await using machine = await machineWith({
      list: 'echo "go: downloading example.dev/one v1.0.0" >&2; echo one; echo two',
    })
    const said: string[] = []
    const first = await ensureControlPlane({ ...machine, log: (line) => said.push(line) })
    expect(said).toEqual([
      'Kubernetes API server: building it and etcd, once on this machine; this takes minutes',
      'Kubernetes API server: downloading Go modules of etcd',
      'Kubernetes API server: compiling etcd, at most 2 packages',
      'Kubernetes API server: downloading Go modules of kube-apiserver',
      'Kubernetes API server: compiling kube-apiserver, at most 2 packages',
      expect.stringMatching(/^Kubernetes API server: ready in .*kubernetes-1\.36\.3-/),
    ])
    await Promise.all([access(first.apiserver), access(first.etcd)])

    await machine.program('go', fakeGo({ version, list: 'exit 1' }))
    const again: string[] = []
    expect(await ensureControlPlane({ ...machine, log: (line) => again.push(line) })).toEqual(first)
    expect(again).toEqual([])
  })

  test('counts what it compiles', async () => {
    await using machine = await machineWith({
      build: 'i=0; while [ $i -lt 250 ]; do echo "package $i" >&2; i=$((i+1)); done',
    })
    const said: string[] = []
    await ensureControlPlane({ ...machine, log: (line) => said.push(line) })
    expect(said.filter((line) => line.includes('compiled'))).toEqual([
      'Kubernetes API server: 100 packages of etcd compiled',
      'Kubernetes API server: 200 packages of etcd compiled',
      'Kubernetes API server: 100 packages of kube-apiserver compiled',
      'Kubernetes API server: 200 packages of kube-apiserver compiled',
    ])
  })

  test.each<[string, (file: string) => Promise<void>]>([
    ['one program is gone', (file) => rm(file)],
    ['one program can not be run', (file) => chmod(file, 0o000)],
  ])('is made anew when %s', async (_what, spoil) => {
    await using machine = await machineWith()
    const { etcd } = await ensureControlPlane({ ...machine, log: silent })
    await spoil(etcd)
    const said: string[] = []
    await ensureControlPlane({ ...machine, log: (line) => said.push(line) })
    await access(etcd)
    expect(said).not.toEqual([])
    expect(await readdir(machine.cacheDir)).toHaveLength(1)
  })

  test('builds for this machine and from these pins, whatever the environment says', async () => {
    await using machine = await machineWith({
      build: 'echo "$GOOS,$GOARCH,$GOWORK,$2,$3,$4,$5" > "$HOME-asked"',
    })
    const environment = { ...machine.environment, GOOS: 'plan9', GOARCH: 'arm', GOWORK: '/somewhere/go.work' }
    await ensureControlPlane({ ...machine, environment, log: silent })
    expect(await readFile(`${String(machine.environment.HOME)}-asked`, 'utf8')).toBe(
      ',,off,-v,-mod=readonly,-buildvcs=false,-ldflags=-s -w\n',
    )
  })
})
