import { spawn } from 'node:child_process'
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../lab/run.ts'
import { collect, dist, goodResult, resultOf, root } from './demo.ts'

/** A world-readable copy of what is shipped, and of Node, far from the checkout. */
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'podway-dist-'))
  chmodSync(folder, 0o755)
  cpSync(dist, join(folder, 'dist'), { recursive: true })
  copyFileSync(process.execPath, join(folder, 'node'))
  // Copies keep the umask's modes: a checkout of root's may be for root alone.
  mkdirSync(join(folder, 'home'))
  chmodSync(join(folder, 'home'), 0o777)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const copy = (...path: string[]): string => join(folder, ...path)

test('the copied program runs, SDK of the cloud and all', async () => {
  const env = { PATH: '/usr/bin:/bin', HOME: copy('home'), AWS_REGION: 'eu-central-1' }
  const version = await run({ file: copy('node'), args: [copy('dist/podway.js'), '--version'] }, { env })
  expect(version).toMatchObject({ code: 0, stderr: '' })
  const args = ['controller', '--provider', 'aws', '--cluster-name', 'x', '--cluster-cidr', '10.244.0.0/16']
  const controller = await run({ file: copy('node'), args: [copy('dist/podway.js'), ...args] }, { env })
  expect(controller.code).toBe(1)
  expect(controller.stderr).toContain('No kubeconfig was given or found')
})

test('the copied program prints the definitions of the checkout, byte for byte', async () => {
  const env = { PATH: '/usr/bin:/bin', HOME: copy('home') }
  const crds = await run({ file: copy('node'), args: [copy('dist/podway.js'), 'crds'] }, { env })
  expect(crds).toMatchObject({ code: 0, stderr: '' })
  const files = ['noderoutes', 'podnetworks'].map((plural) => join(root, `deploy/crds/${plural}.yaml`))
  expect(crds.stdout).toBe(files.map((file) => readFileSync(file, 'utf8')).join('---\n'))
  const json = await run(
    { file: copy('node'), args: [copy('dist/podway.js'), 'crds', '-o', 'json'] },
    { env },
  )
  expect(JSON.parse(json.stdout)).toMatchObject({
    kind: 'List',
    items: ['noderoutes', 'podnetworks'].map((plural) => ({ metadata: { name: `${plural}.podway.dev` } })),
  })
})

test('the node binary is one static file of about 3 MB that names no folder of the machine it was built on', async () => {
  const binary = readFileSync(copy('dist/podway-cni'))
  expect(binary.length).toBeLessThan(4_000_000)
  expect(binary.includes(root)).toBe(false)
  expect(binary.includes('.cargo/registry')).toBe(false)
  // A program that needs a loader has a PT_INTERP segment with its path.
  expect(binary.includes('/ld-linux')).toBe(false)
  const version = await run({ file: copy('dist/podway-cni'), args: [] }, { env: { CNI_COMMAND: 'VERSION' } })
  expect(JSON.parse(version.stdout)).toMatchObject({ cniVersion: '1.1.0' })
})

test('the demo passes as a user without rights, name or files, or says in one sentence what the kernel forbids', async () => {
  const nobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups']
  const demo = [copy('node'), copy('dist/demo/demo.js'), '--json']
  const isRoot = process.getuid?.() === 0
  const { file, args } = isRoot
    ? { file: 'setpriv', args: [...nobody, ...demo] }
    : { file: 'env', args: demo }
  const finished = await collect(
    spawn(file, args, {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: copy('home') },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  )
  if (finished.code !== 0 && finished.stderr.startsWith("The demo can't make its network namespaces.")) {
    expect(finished.stderr.trim().split('\n')).toHaveLength(1)
    return
  }
  expect(finished.stderr).toBe('')
  expect(resultOf(finished)).toMatchObject(goodResult)
  expect(finished.code).toBe(0)
})
