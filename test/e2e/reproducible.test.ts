import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const elsewhere = mkdtempSync(join(tmpdir(), 'podway-elsewhere-'))
afterAll(() => rmSync(elsewhere, { recursive: true, force: true }))

/** From nothing but the sources and the crates that cargo has: about a minute, several on a busy machine. */
test('the node binary is the same, byte for byte, wherever it is built', { timeout: 1_200_000 }, () => {
  for (const name of ['cni', 'net', 'tools', 'package.json', 'tsconfig.json']) {
    cpSync(join(root, name), join(elsewhere, name), {
      recursive: true,
      filter: (path) => basename(path) !== 'target',
    })
  }
  symlinkSync(join(root, 'node_modules'), join(elsewhere, 'node_modules'))
  const script = `
    import { buildCni } from './tools/build/cni.ts'
    await buildCni({ outFile: './podway-cni', log: console.error })`
  const built = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: elsewhere,
    encoding: 'utf8',
  })
  expect(built.status, built.stderr).toBe(0)
  const [here, there] = [join(root, 'dist/podway-cni'), join(elsewhere, 'podway-cni')]
  expect(readFileSync(there).equals(readFileSync(here))).toBe(true)
})
