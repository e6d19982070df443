import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { bundleDemo, bundleProgram } from './bundle.ts'
import { buildCni } from './cni.ts'
import { type BuildStep, isStale, markFresh } from './freshness.ts'

export const root = join(import.meta.dirname, '../..')
export const dist = join(root, 'dist')

const nodeBinary = ['cni/**/*.ts', 'cni/host/{build.rs,Cargo.toml,Cargo.lock}', 'cni/host/src/**/*.rs']
const library = ['net/**/*.ts', 'package-lock.json', 'tools/build/*.ts']
const product = [
  'providers/**/*.{ts,js}',
  'kube/**/*.ts',
  'reconciler/**/*.ts',
  'agent/**/*.ts',
  'cli/**/*.ts',
  'deploy/crds/*.yaml',
  'bin/*',
  'package.json',
]

function steps(log: (line: string) => void): readonly BuildStep[] {
  return [
    {
      name: 'dist/podway-cni (the node binary; the first time takes a minute)',
      sources: [...library, ...nodeBinary],
      stamp: '.podway-cni.stamp',
      run: () => buildCni({ outFile: join(dist, 'podway-cni'), log }),
    },
    {
      name: 'dist/podway.js',
      sources: [...library, ...product],
      stamp: '.podway.stamp',
      run: () => bundleProgram(root, dist),
    },
    {
      name: 'dist/demo',
      sources: [
        ...library,
        'test/{control-plane,demo,install,lab,localstack,simulators}/**/*.ts',
        'kube/testing/*.ts',
        'providers/gcp/*.ts',
        'deploy/**/*.yaml',
      ],
      stamp: '.demo.stamp',
      run: () => bundleDemo(root, dist),
    },
  ]
}

/** Builds what is missing or older than its sources, or everything. Says what it does, and nothing if there is nothing to do. */
export async function build(options: {
  readonly all: boolean
  readonly log: (line: string) => void
}): Promise<void> {
  mkdirSync(dist, { recursive: true })
  for (const step of steps(options.log)) {
    if (!options.all && !isStale(step, root, dist)) continue
    const startedAt = Date.now()
    options.log(`building ${step.name}`)
    await step.run()
    markFresh(step, dist, startedAt)
  }
}
