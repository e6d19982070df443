import { expect, test } from 'vitest'
import { processesOfWorld } from '../lab/leftovers.ts'
import { run } from '../lab/run.ts'
import { goodResult, resultOf, startDemo } from './demo.ts'

test.each([
  { cloud: 'simulator', tables: 2 },
  // One table, that of the whole network.
  { cloud: 'gcp', tables: 1 },
  // And that of what it delivers by alias ranges.
  { cloud: 'gcp', tables: 2, gcpMode: 'alias-ip' },
  { cloud: 'azure', tables: 2 },
])(
  'the whole story passes on $cloud $gcpMode and leaves nothing behind',
  async ({ cloud, gcpMode, tables }) => {
    const mode = gcpMode === undefined ? [] : ['--gcp-mode', gcpMode]
    using demo = startDemo(['--json', '--cloud', cloud, ...mode])
    const run = await demo.ended
    expect(run.stderr).toBe('')
    expect(run.code).toBe(0)
    const result = resultOf(run)
    expect(result).toMatchObject({ ...goodResult, cloud, kube: 'simulator', tables })
    expect(result.gcpMode).toBe(gcpMode)
    expect(result.seconds.firstWrite).toBeGreaterThan(0)
  },
)

test('elsewhere than on a terminal it prints a line a step, and no colour', async () => {
  using demo = startDemo([], { env: { ...process.env, NO_COLOR: '1' } })
  const run = await demo.ended
  expect(run.code).toBe(0)
  expect(run.stdout.join('\n')).not.toContain('\u001b')
  expect(run.stdout.filter((line) => line.startsWith('✓ ')).length).toBeGreaterThanOrEqual(9)
})

test.each(['simulator', 'gcp', 'azure'])('a killed demo leaves nothing: %s', async (cloud) => {
  const id = `killed-${cloud}-${process.pid}`
  const routed = Promise.withResolvers<undefined>()
  using demo = startDemo(['--cloud', cloud], {
    env: { ...process.env, PODWAY_DEMO_WORLD: id },
    onLine: (line) => {
      if (line.includes('by podway-cni')) routed.resolve(undefined)
    },
  })
  await Promise.race([routed.promise, demo.ended.then(({ stderr }) => Promise.reject(new Error(stderr)))])
  expect(processesOfWorld(id).length).toBeGreaterThan(5)
  demo.child.kill('SIGKILL')
  await demo.ended
  // The kernel ends the world's processes one after another: each look takes a few milliseconds.
  await expect.poll(() => processesOfWorld(id), { interval: 5, timeout: 10_000 }).toEqual([])
})

test('--keep stays until Ctrl-C, tells how to enter, and then ends well', async () => {
  const up = Promise.withResolvers<string>()
  using demo = startDemo(['--keep', '--json'], {
    onLine: (line) => {
      if (line.includes('nsenter --target')) up.resolve(line.trim())
    },
  })
  const enter = await Promise.race([
    up.promise,
    demo.ended.then(({ stderr }) => Promise.reject(new Error(stderr))),
  ])
  const [file = '', ...args] = enter.split(' ')
  const inside = await run({
    file,
    args: [...args, '-c', 'ip -n fabric -4 route show table all'],
  })
  expect(inside).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('10.244.') as string })
  demo.child.kill('SIGINT')
  const finished = await demo.ended
  expect(finished.code).toBe(0)
  expect(resultOf(finished)).toMatchObject(goodResult)
})

test.each([
  { args: ['--cloud', 'moon'], says: '--cloud=moon: expected one of simulator, localstack, gcp, azure' },
  { args: ['--gcp-mode', 'alias-ip'], says: '--gcp-mode=alias-ip: it is for --cloud gcp' },
  { args: ['--cloud', 'gcp', '--gcp-mode', 'ip'], says: '--gcp-mode=ip: expected one of routes, alias-ip' },
  { args: ['--kube', 'sun'], says: '--kube=sun: expected one of simulator, apiserver' },
  { args: ['--speed'], says: "Unknown option '--speed'" },
])('wrong usage is told, with exit code 64: $args', async ({ args, says }) => {
  using demo = startDemo(args)
  const run = await demo.ended
  expect(run.code).toBe(64)
  expect(run.stderr).toContain(says)
})
