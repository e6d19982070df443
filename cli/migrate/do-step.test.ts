import { expect, test } from 'vitest'
import { CommandWorld, personSaying, signal, waits } from '../testing/command-world.ts'
import { flannel } from './testing/manifests.ts'
import { collectionOf } from './testing/kubectl.ts'
import type { MigrateConfig } from './migrate-config.ts'
import { runMigrate } from './run-migrate.ts'

const config: MigrateConfig = {
  ...{ from: 'flannel', cloud: undefined, allocates: true, assumed: [], does: 'definitions' },
  ...{ yes: false, kubeconfig: undefined, output: 'table' },
}

/** A cluster with flannel, and a person who answers. */
async function run(answer: string) {
  await using world = await CommandWorld.open({ defined: false })
  const { cluster, kube, output } = world
  const headers = { 'content-type': 'application/json', 'user-agent': 'test' }
  const post = (target: string, object: object): void => {
    const request = { method: 'POST', target, headers, body: JSON.stringify(object) }
    expect(cluster.simulator.handle(request, 0)).toMatchObject({ status: 201 })
  }
  post('/api/v1/namespaces', { metadata: { name: 'kube-flannel' } })
  for (const manifest of flannel()) post(collectionOf(manifest), manifest)
  const asker = personSaying(answer)
  const paint = (text: string): string => text
  const progress = (): void => undefined
  const parts = { kube, provider: undefined, output, waits, clock: { now: () => 0 }, asker, paint, progress }
  const error = await runMigrate(config, parts, signal).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return { error, questions: asker.questions, notes: output.notes, writes: cluster.writes, text: output.text }
}

const question =
  'Not defined: noderoutes.podway.dev, podnetworks.podway.dev. Define NodeRoutes and PodNetworks? Only "yes" is taken for it: '

test.each(['no', '', 'y'])('%j is no', async (answer) => {
  const { error, questions, text, writes } = await run(answer)
  expect(error).toMatchObject({ code: 'ERR_NOT_CONFIRMED' })
  expect(questions).toEqual([question])
  expect(writes).toEqual([])
  expect(text).toBe('')
})

test('yes does it, and the examination comes after', async () => {
  const { error, notes, questions, text, writes } = await run('yes')
  expect(error).toMatchObject({ status: 2 })
  expect(questions).toEqual([question])
  expect(writes).toHaveLength(2)
  expect(notes.filter((note) => note.endsWith(' defined.'))).toEqual([
    'noderoutes.podway.dev defined.',
    'podnetworks.podway.dev defined.',
  ])
  expect(text).toMatch(/^done {5}definitions/m)
})
