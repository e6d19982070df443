import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { type ControlPlaneInstall, ensureControlPlane, missingForControlPlane } from './install.ts'
import { type RunningControlPlane, startControlPlane } from './server.ts'

/** A cold build on a small machine that has other things to do. */
export const buildTimeout = 1_800_000

/** Says in the tests' output what goes on: the first build takes minutes. */
export const installForTests = (): Promise<ControlPlaneInstall> =>
  ensureControlPlane({ log: (line) => process.stderr.write(`${line}\n`) })

/**
 * Declares tests that need the binaries, and no running cluster. Where there is no Go they are skipped, which says what
 * is missing; on a machine that calls itself `CI` that is a failure: there, nothing is left out.
 */
export async function describeWithGo(title: string, declare: () => void): Promise<void> {
  const missing = await missingForControlPlane(process.env)
  if (missing === undefined) {
    describe(title, declare)
  } else if ((process.env.CI ?? '') === '') {
    process.stderr.write(`skipped: ${missing}\n`)
    describe.skip(`${title} (${missing})`, declare)
  } else {
    test(title, () => {
      throw new Error(missing)
    })
  }
}

/** Declares tests that share one new cluster, as {@link describeWithGo} does. */
export function describeControlPlane(
  title: string,
  declare: (cluster: () => RunningControlPlane) => void,
): Promise<void> {
  return describeWithGo(title, () => {
    let dataDir: string
    let cluster: RunningControlPlane | undefined
    beforeAll(async () => {
      const install = await installForTests()
      dataDir = await mkdtemp(join(tmpdir(), 'podway-control-plane-'))
      cluster = await startControlPlane(install, { dataDir })
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
