import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../../tools/build/build.ts'
import { ownArchitecture } from '../../tools/images/build-images.ts'
import { makeArtifacts } from '../../tools/release/artifacts.ts'
import { versionFiles, withVersion } from '../../tools/release/version-files.ts'
import { ensureKubeTools } from '../chart/kube-tools.ts'
import { ensureImageTools } from '../images/image-tools.ts'

/** What a release has, as those get it who install it. */

const scratch = mkdtempSync(join(tmpdir(), 'podway-release-'))
const folder = join(scratch, 'release')
const log = (line: string): void => void process.stderr.write(`${line}\n`)
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
let files: readonly string[]

const run = (program: string, args: readonly string[], cwd = folder): string =>
  execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

beforeAll(async () => {
  const architecture = ownArchitecture()
  files = await makeArtifacts({
    outFolder: folder,
    architecture,
    imageArchitectures: [architecture],
    log,
  })
})

afterAll(() => rmSync(scratch, { recursive: true, force: true }))

test('there is everything, and sha256sum finds it whole', () => {
  expect(files).toEqual([
    'NOTES.md',
    `bin/podway-cni-linux-${ownArchitecture()}`,
    `chart/podway-${version}.tgz`,
    `images/podway-${version}.tar`,
    `images/podway-cni-${version}.tar`,
    `npm/podway-${version}.tgz`,
    'SHA256SUMS',
  ])
  const checked = run('sha256sum', ['--check', 'SHA256SUMS']).trim().split('\n')
  expect(checked).toEqual(files.slice(0, -1).map((file) => `${file}: OK`))
})

test('the package for npm runs in an empty folder, and publint and attw have nothing to say', () => {
  const archive = join(folder, 'npm', `podway-${version}.tgz`)
  const project = mkdtempSync(join(scratch, 'empty-'))
  writeFileSync(join(project, 'package.json'), '{ "private": true }\n')
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', archive], project)
  expect(run(join(project, 'node_modules/.bin/podway'), ['--version'], project)).toBe(`${version}\n`)
  expect(run(join(project, 'node_modules/.bin/podway'), ['crds'], project)).toContain(
    'kind: CustomResourceDefinition',
  )
  expect(run('npm', ['ls', '--all', '--parseable'], project).trim().split('\n')).toHaveLength(2)
  const bin = (name: string): string => join(root, 'node_modules/.bin', name)
  expect(run(bin('publint'), [archive, '--strict'])).toContain('All good!')
  expect(run(bin('attw'), [archive])).toContain('does not contain types')
})

test('Helm takes the chart as it is packed', async () => {
  const { helm } = await ensureKubeTools({ environment: process.env, log })
  const chart = join(folder, 'chart', `podway-${version}.tgz`)
  expect(run(helm, ['show', 'chart', chart])).toMatch(new RegExp(`^version: ${version}$`, 'm'))
  expect(
    run(helm, ['lint', '--strict', chart, '--values', join(root, 'deploy/chart/values/aws.yaml')]),
  ).toContain('0 chart(s) failed')
})

test('the images are archives that skopeo reads', async () => {
  const { skopeo } = await ensureImageTools({ environment: process.env, log })
  for (const name of ['podway', 'podway-cni']) {
    const archive = `oci-archive:${join(folder, 'images', `${name}-${version}.tar`)}`
    const inspected = JSON.parse(run(skopeo, ['--insecure-policy', 'inspect', archive])) as {
      Labels: Record<string, string>
    }
    expect(inspected.Labels['org.opencontainers.image.version']).toBe(version)
  }
})

test('the executable says its version', () => {
  const file = join(folder, 'bin', `podway-cni-linux-${ownArchitecture()}`)
  const env = { CNI_COMMAND: 'VERSION' }
  expect(JSON.parse(execFileSync(file, { env, encoding: 'utf8' }))).toMatchObject({ cniVersion: '1.1.0' })
})

test('every file that has the version says the same, and takes another', () => {
  for (const file of versionFiles) {
    const text = readFileSync(join(root, file.path), 'utf8')
    expect(withVersion(text, file, version), file.path).toBe(text)
    expect(withVersion(text, file, '99.0.0'), file.path).toContain('99.0.0')
  }
})
