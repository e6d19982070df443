import { expect, test } from 'vitest'
import manifest from '../package.json' with { type: 'json' }
import { runMain } from './testing/run-main.ts'

test('for people, and for programs', async () => {
  const about = {
    version: manifest.version,
    node: process.versions.node,
    platform: `${process.platform}/${process.arch}`,
  }
  expect(await runMain(['version'])).toEqual({
    code: 0,
    stderr: '',
    stdout: `podway ${about.version} (Node.js ${about.node}, ${about.platform})\n`,
  })
  const { stdout } = await runMain(['version', '--output', 'json'])
  expect(JSON.parse(stdout)).toEqual({ apiVersion: 'podway.dev/v1alpha1', kind: 'Version', ...about })
  expect((await runMain(['version', '-o', 'yaml'])).stdout).toContain(`\nversion: ${about.version}\n`)
})
