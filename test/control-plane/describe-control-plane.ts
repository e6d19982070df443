import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { describeUnless } from '../install/describe-unless.ts'
import { type ControlPlaneInstall, ensureControlPlane, missingForControlPlane } from './install.ts'
import { type ControlPlaneOptions, type RunningControlPlane, startControlPlane } from './server.ts'

/** A cold build on a small machine that has other things to do. */
export const buildTimeout = 1_800_000

/** Says in the tests' output what goes on: the first build takes minutes. */
export const installForTests = (): Promise<ControlPlaneInstall> =>
  ensureControlPlane({ log: (line) => process.stderr.write(`${line}\n`) })

/** Declares tests that need the binaries, and no running cluster: see {@link describeUnless}. */
export async function describeWithGo(title: string, declare: () => void): Promise<void> {
  describeUnless(await missingForControlPlane(process.env), title, declare)
}

/** Declares tests that share one new cluster, as {@link describeWithGo} does. */
export function describeControlPlane(
  title: string,
  declare: (cluster: () => RunningControlPlane) => void,
  options: Pick<ControlPlaneOptions, 'audited'> = {},
): Promise<void> {
  return describeWithGo(title, () => {
    let dataDir: string
    let cluster: RunningControlPlane | undefined
    beforeAll(async () => {
      const install = await installForTests()
      dataDir = await mkdtemp(join(tmpdir(), 'podway-control-plane-'))
      cluster = await startControlPlane(install, { ...options, dataDir })
    }, buildTimeout)
    afterAll(async () => {
      await cluster?.stop()
      await rm(dataDir, { recursive: true })
    })
    declare(() => {
      if (cluster === undefined) throw new Error('the cluster is not started')
      return cluster
    })
  })
}
