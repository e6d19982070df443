import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type FakeMachine, fakeMachine } from '../install/fake-machine.ts'
import { startControlPlane } from './server.ts'

/** A program that answers where etcd is told to listen, and says who it is. */
const healthyEtcd = `exec '${process.execPath}' -e '
  require("fs").writeFileSync("../etcd.pid", String(process.pid))
  const flag = process.argv.find((text) => text.startsWith("--listen-client-urls="))
  const { hostname, port } = new URL(flag.split("=")[1])
  require("http").createServer((request, response) => response.end("ok")).listen(port, hostname)
' -- "$@"`

const start = async (
  machine: FakeMachine,
  programs: { readonly etcd: string; readonly apiserver: string },
  signal?: AbortSignal,
) => {
  const install = {
    version: '1.36.3',
    etcd: await machine.program('etcd', programs.etcd),
    apiserver: await machine.program('kube-apiserver', programs.apiserver),
  }
  const { dataDir } = machine
  return startControlPlane(install, { dataDir, ...(signal === undefined ? {} : { signal }) })
}

const isGone = async (machine: FakeMachine): Promise<boolean> => {
  const pid = Number(await readFile(join(machine.dataDir, 'etcd.pid'), 'utf8'))
  return readFile(`/proc/${pid}/stat`, 'utf8').then(
    (stat) => /\) [ZX]/.test(stat),
    () => true,
  )
}

test('an etcd that ends at once: the end of its log is shown, and no API server starts', async () => {
  await using machine = await fakeMachine()
  const programs = { etcd: 'echo "address already in use"; exit 1', apiserver: 'exit 0' }
  await expect(start(machine, programs)).rejects.toThrow(
    /^etcd did not start: it ended with 1\nthe end of its log, .*etcd\.log:\n {2}address already in use$/,
  )
  expect(await readdir(machine.dataDir)).toEqual(['etcd.log'])
})

test('an API server that ends at once: the end of its log is shown, and etcd ends too', async () => {
  await using machine = await fakeMachine()
  const programs = { etcd: healthyEtcd, apiserver: 'echo "unknown flag: $1"; exit 3' }
  await expect(start(machine, programs)).rejects.toThrow(
    /^kube-apiserver 1\.36\.3 did not start: it ended with 3\nthe end of its log, .*kube-apiserver\.log:\n {2}unknown flag: --etcd-servers=http:/,
  )
  expect((await readdir(machine.dataDir)).sort()).toEqual(['etcd.log', 'etcd.pid', 'kube-apiserver.log'])
  expect(await isGone(machine)).toBe(true)
})

test('an abort while it starts: the reason, and nothing left', async () => {
  await using machine = await fakeMachine()
  const abort = new AbortController()
  const programs = { etcd: healthyEtcd, apiserver: 'exec sleep 1000' }
  const starting = start(machine, programs, abort.signal)
  starting.catch(() => undefined)
  await expect
    .poll(() => readdir(machine.dataDir), { interval: 5, timeout: 10_000 })
    .toContain('kube-apiserver.log')
  abort.abort(new Error('enough'))
  await expect(starting).rejects.toThrow('enough')
  expect((await readdir(machine.dataDir)).sort()).toEqual(['etcd.log', 'etcd.pid', 'kube-apiserver.log'])
  expect(await isGone(machine)).toBe(true)
})

test('an abort before it starts', async () => {
  await using machine = await fakeMachine()
  const programs = { etcd: 'exit 0', apiserver: 'exit 0' }
  await expect(start(machine, programs, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
})
