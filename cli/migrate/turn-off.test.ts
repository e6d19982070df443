import { expect, test } from 'vitest'
import type { Container } from '../doctor/cluster.ts'
import type { Running } from '../doctor/running.ts'
import { platformOf } from './platform.ts'
import { giveFlag } from './turn-off.ts'

const off = { flag: 'configure-cloud-routes', value: 'false' } as const
const running = (container: Partial<Container>, kind = 'Deployment'): Running => ({
  ...{ index: 1, namespace: 'kube-system', name: 'ccm', uid: 'u' },
  object: { kind, name: 'kube-system/ccm' },
  container: { name: 'ccm', ...container },
})
const patchOf = (container: Partial<Container>): unknown => {
  const [line = ''] = giveFlag(running(container), off, undefined)
  const [, patch] = /^kubectl -n kube-system patch deployment ccm --type json -p '(.*)'$/.exec(line) ?? []
  return patch === undefined ? line : JSON.parse(patch)
}
const at = (field: string, place: number | '-') => [
  {
    op: place === '-' ? 'add' : 'replace',
    path: `/spec/template/spec/containers/1/${field}/${place}`,
    value: '--configure-cloud-routes=false',
  },
]

test.each<[what: string, container: Partial<Container>, patch: unknown]>([
  ['among the arguments', { args: ['--v=2', '--configure-cloud-routes=true'] }, at('args', 1)],
  ['given without a value', { args: ['--configure-cloud-routes'] }, at('args', 0)],
  ['with one dash', { args: ['-configure-cloud-routes=true'] }, at('args', 0)],
  [
    'given twice: the last one counts',
    { args: ['--configure-cloud-routes', '--v=2', '--configure-cloud-routes=true'] },
    at('args', 2),
  ],
  ['in the command', { command: ['ccm', '--configure-cloud-routes=true'] }, at('command', 1)],
  ['not given, with arguments', { args: ['--v=2'] }, at('args', '-')],
  ['not given, with a command alone', { command: ['ccm', '--v=2'] }, at('command', '-')],
  ['another flag that begins so', { args: ['--configure-cloud-routes-too=1'] }, at('args', '-')],
  [
    'within a script',
    { command: ['sh', '-c', 'exec ccm --configure-cloud-routes=true'] },
    '# In Deployment kube-system/ccm, in the script that container ccm runs: --configure-cloud-routes=false',
  ],
])('the flag %s', (_what, container, patch) => expect(patchOf(container)).toEqual(patch))

test('of a static pod it is the file', () => {
  const [line] = giveFlag(running({ command: ['kube-controller-manager'] }, 'Pod'), off, undefined)
  expect(line).toMatch(
    /^# On the node of kube-system\/ccm, in the manifest .*: --configure-cloud-routes=false$/,
  )
})

test('where a tool writes it anew, its own field is named', () => {
  const metadata = { name: 'n', uid: 'u', resourceVersion: '1', labels: { 'kops.k8s.io/instancegroup': 'a' } }
  const platform = platformOf([{ metadata, spec: {} }])
  expect(giveFlag(running({ args: [] }), off, platform)[0]).toMatch(
    'as spec.cloudControllerManager.configureCloudRoutes: false.',
  )
})
