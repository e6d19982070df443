import { expect, test } from 'vitest'
import { CommandWorld, signal, waits } from '../testing/command-world.ts'
import { flannel } from './testing/manifests.ts'
import { collectionOf } from './testing/kubectl.ts'
import type { MigrateConfig } from './migrate-config.ts'
import { runMigrate } from './run-migrate.ts'

const config: MigrateConfig = {
  ...{ from: 'flannel', cloud: undefined, allocates: true, assumed: [], does: 'definitions' },
  ...{ yes: false, kubeconfig: undefined, output: 'table' },
}

/** A cluster with flannel, and a person who answers. */
async function run(answer: boolean) {
  await using world = await CommandWorld.open({ defined: false })
  const { cluster, kube, output } = world
  const questions: string[] = []
  const headers = { 'content-type': 'application/json', 'user-agent': 'test' }
  const post = (target: string, object: object): void => {
    const request = { method: 'POST', target, headers, body: JSON.stringify(object) }
    expect(cluster.simulator.handle(request, 0)).toMatchObject({ status: 201 })
  }
  post('/api/v1/namespaces', { metadata: { name: 'kube-flannel' } })
  for (const manifest of flannel()) post(collectionOf(manifest), manifest)
  const ask = (question: string): Promise<boolean> => {
    questions.push(question)
    return Promise.resolve(answer)
  }
  const paint = (text: string): string => text
  const progress = (): void => undefined
  const parts = { kube, provider: undefined, output, waits, clock: { now: () => 0 }, ask, paint, progress }
  await expect(runMigrate(config, parts, signal)).rejects.toMatchObject({ status: 2 })
  return { questions, notes: output.notes, writes: cluster.writes, text: output.text }
}

const question =
  'Define NodeRoutes and PodNetworks? Not defined: noderoutes.podway.dev, podnetworks.podway.dev.'

test('no is no', async () => {
  const { notes, questions, text, writes } = await run(false)
  expect(questions).toEqual([question])
  expect(writes).toEqual([])
  expect(notes[0]).toBe('Nothing was done.')
  expect(text).toMatch(/^next {5}definitions/m)
})

test('yes does it, and the examination comes after', async () => {
  const { notes, questions, text, writes } = await run(true)
  expect(questions).toEqual([question])
  expect(writes).toHaveLength(2)
  expect(notes.slice(0, 2)).toEqual(['noderoutes.podway.dev defined.', 'podnetworks.podway.dev defined.'])
  expect(text).toMatch(/^done {5}definitions/m)
})
