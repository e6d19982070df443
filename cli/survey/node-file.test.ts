import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dump } from 'js-yaml'
import { expect, test } from 'vitest'
import { routedNode } from '../../reconciler/routed-node.ts'
import { parseNodes, readNodeFile } from './node-file.ts'

const real = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: {
    name: 'node-1',
    uid: '7a9b',
    resourceVersion: '12',
    creationTimestamp: '2026-01-02T03:04:05Z',
    labels: { zone: 'a' },
  },
  spec: { podCIDR: '10.244.1.0/24', podCIDRs: ['10.244.1.0/24'], providerID: 'aws:///z/i-1', taints: [] },
  status: {
    addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
    conditions: [{ type: 'Ready', status: 'True' }],
    images: [{ names: ['a'] }],
  },
}
const list = { apiVersion: 'v1', kind: 'List', items: [real], metadata: { resourceVersion: '' } }
const { kind: _kind, apiVersion: _version, ...bare } = real

test.each([
  ['kubectl get nodes -o yaml', dump(list)],
  ['kubectl get nodes -o json', JSON.stringify(list, undefined, 4)],
  [
    'the API server’s own list, whose items have no kind',
    JSON.stringify({ ...list, kind: 'NodeList', items: [bare] }),
  ],
  ['kubectl get node node-1 -o yaml', dump(real)],
  ['a stream with an empty document', `---\n${dump(real)}---\n`],
])('%s', (_name, text) => {
  const [node, ...others] = parseNodes(text, 'nodes.yaml')
  expect(others).toEqual([])
  expect(node?.metadata).toMatchObject({ name: 'node-1', uid: '7a9b', labels: { zone: 'a' } })
  expect(node && routedNode(node)).toMatchObject({
    uid: '7a9b',
    createdAt: Date.parse('2026-01-02T03:04:05Z'),
    providerID: 'aws:///z/i-1',
    podCIDRs: ['10.244.1.0/24'],
    addresses: [{ family: 4 }],
  })
})

test('by hand, before there is an API server: the same Node whenever the file is read', () => {
  const text = `
kind: Node
metadata: { name: node-1, creationTimestamp: 2026-01-02T03:04:05Z }
spec: { providerID: aws:///z/i-1 }
---
kind: Node
metadata: { name: node-2, creationTimestamp: null }
`
  const nodes = parseNodes(text, 'nodes.yaml')
  expect(nodes.map(({ metadata: { name, uid } }) => [name, uid])).toEqual([
    ['node-1', 'file/node-1'],
    ['node-2', 'file/node-2'],
  ])
  expect(nodes.map(routedNode).map(({ createdAt, podCIDRs }) => [createdAt, podCIDRs])).toEqual([
    [Date.parse('2026-01-02T03:04:05Z'), []],
    [0, []],
  ])
  expect(parseNodes(text, 'nodes.yaml')).toEqual(nodes)
})

test.each([
  ['no YAML', '{', /neither YAML nor JSON/],
  ['nothing', '', /it has no Node/],
  ['an empty list', '{"kind":"List","items":[]}', /it has no Node/],
  ['another kind', 'kind: Pod', /kind is Pod: Node or List is expected/],
  ['no kind', 'metadata: {name: a}', /it has no kind/],
  [
    'another kind in the list',
    '{"kind":"List","items":[{"kind":"Pod","metadata":{"name":"a"}}]}',
    /items\[0\]: Node a: kind: /,
  ],
  ['no name', 'kind: Node\nspec: {}', /metadata: /],
  [
    'podCIDRs as a text',
    'kind: Node\nmetadata: {name: a}\nspec: {podCIDRs: 10.0.0.0/24}',
    /Node a: spec.podCIDRs: .*array/,
  ],
  [
    'a name twice',
    'kind: Node\nmetadata: {name: a}\n---\nkind: Node\nmetadata: {name: a}',
    /the Node a twice/,
  ],
  ['the second document', 'kind: Node\nmetadata: {name: a}\n---\nkind: Foo', /document 2: kind is Foo/],
])('%s is refused, with file and remedy', (_name, text, why) => {
  expect(() => parseNodes(text, 'my.yaml')).toThrow(why)
  expect(() => parseNodes(text, 'my.yaml')).toThrow(
    /my\.yaml\. It is to be what "kubectl get nodes -o yaml" writes/,
  )
})

test('from a file, and if that can’t be read, why', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'podway-nodes-'))
  try {
    const path = join(folder, 'nodes.yaml')
    await expect(readNodeFile(path)).rejects.toMatchObject({
      code: 'ERR_NODE_FILE_UNREADABLE',
      message: expect.stringContaining('ENOENT') as string,
    })
    writeFileSync(path, dump(list))
    expect(await readNodeFile(path)).toHaveLength(1)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
