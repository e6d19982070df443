import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { WriteStream } from 'node:tty'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { runMain } from '../testing/run-main.ts'
import { type AwsWorld, openAwsWorld } from './testing/aws-world.ts'
import { poolFlags } from './testing/cluster-world.ts'

const doctor = ['doctor', 'aws', '--cluster-name', 'prod']

/** Makes the stream say that it is a terminal, of as many colours as the environment has; returns what takes it back. */
function asTerminal(stream: WriteStream): () => void {
  const before = Object.getOwnPropertyDescriptor(stream, 'isTTY')
  const getColorDepth = (env?: object): number => WriteStream.prototype.getColorDepth.call(stream, env)
  Object.defineProperty(stream, 'isTTY', { value: true, configurable: true })
  Object.assign(stream, { getColorDepth })
  return () => {
    Reflect.deleteProperty(stream, 'getColorDepth')
    Reflect.deleteProperty(stream, 'isTTY')
    if (before !== undefined) Object.defineProperty(stream, 'isTTY', before)
  }
}

describe('without a cluster', () => {
  test.each<[args: readonly string[], texts: readonly string[]]>([
    [
      ['doctor', '--help'],
      ['aws', 'It changes nothing'],
    ],
    [
      ['doctor', 'aws', '--help'],
      ['--cluster-cidr <cidrs>', '$ podway doctor aws --cluster-name prod', 'Exit codes: 0'],
    ],
  ])('%j', async (args, texts) => {
    const { code, stdout, stderr } = await runMain(args)
    expect([code, stderr]).toEqual([0, ''])
    for (const text of texts) expect(stdout).toContain(text)
  })

  test.each<[args: readonly string[], text: string]>([
    [['doctor'], 'Usage: podway doctor'],
    [['doctor', 'moon'], "unknown command 'moon'"],
    [['doctor', 'aws'], "required option '--cluster-name <name>' not specified"],
    [[...doctor, 'extra'], 'too many arguments'],
    [[...doctor, '--cluster-name', ''], '--cluster-name is empty'],
    [[...doctor, '--output', 'xml'], '--output=xml: expected one of table, json'],
    [[...doctor, '--cluster-cidr', '10.244.0.7/16'], 'the range is 10.244.0.0/16'],
    [[...doctor, '--cluster-cidr', '10.244.0.0/16', '--pools-file', 'x'], 'both name pools'],
    [[...doctor, '--route-tables', 'all'], '--route-tables=all'],
  ])('%j: wrong usage', async (args, text) => {
    const { code, stdout, stderr } = await runMain(args)
    expect([code, stdout]).toEqual([64, ''])
    expect(stderr).toContain(text)
  })

  test('no kubeconfig: exit code 1', async () => {
    const { code, stderr } = await runMain([...doctor, '--kubeconfig', '/nonexistent/config'])
    expect([code, stderr]).toEqual([1, expect.stringContaining('/nonexistent/config')])
  })
})

describe('with one', () => {
  let world: AwsWorld
  beforeEach(async () => {
    world = await openAwsWorld()
    world.manager('--allocate-node-cidrs=true')
  })
  afterEach(() => world.close())

  test('for people: the worst first, each with its fix, without colours where there is no terminal', async () => {
    await world.newTable(true)
    const { code, stdout, stderr } = await world.run(...poolFlags)
    expect(stdout.replaceAll(/(rtb|vpc|subnet)-0+(\w+)/g, '$1-$2')).toMatchInlineSnapshot(`
      "error    AnotherAllocator  Pod/kube-system/kube-controller-manager-node-a
               Pod kube-system/kube-controller-manager-node-a gives Nodes their podCIDRs, and by its pools podway is to do so too.
               Fix: Give Pod kube-system/kube-controller-manager-node-a the flag --allocate-node-cidrs=false (a kubeadm cluster: in kube-controller-manager's static pod), or run podway with --allocate-node-cidrs=false.
      warning  TableWithoutSubnet  route-table/rtb-3
               No subnet follows rtb-3: the routes in it are written for nobody.
               Fix: Associate it with a subnet, or take the cluster’s tag off it.
      ok       PermissionsPresent  cluster/prod
               The controller’s calls to EC2 are allowed to these credentials.
      ok       NodesLocated  cluster/prod
               2 Nodes (node-a, node-b) found on instances of vpc-1.
      ok       SourceDestCheckOff  cluster/prod
               The source/destination check is off at all 2 interfaces of the Nodes.
      ok       RouteRoom  cluster/prod
               Each of 2 tables has room for the routes of 2 Nodes.
      ok       RangesFree  cluster/prod
               2 ranges (10.244.0.0/16, fd00:10:244::/56) for pods overlap nothing that is known.
      ok       PodTrafficAllowed  cluster/prod
               Security groups and network ACLs let pods’ packets in at every Node.
      "
    `)
    expect([code, stderr]).toEqual([1, 'podway: 1 error, 1 warning, 0 unknown, 6 ok\n'])
  })

  test.each([
    ['colours', undefined, '\u001b[31merror    \u001b[39mAnotherAllocator'],
    ['none with NO_COLOR', '1', 'error    AnotherAllocator'],
  ])('on a terminal: %s, and what is read now', async (_, noColour, head) => {
    // Node takes no colours for granted where CI is set.
    vi.stubEnv('CI', undefined)
    vi.stubEnv('FORCE_COLOR', undefined)
    vi.stubEnv('NO_COLOR', noColour)
    vi.stubEnv('TERM', 'xterm-256color')
    const undo = [process.stdout, process.stderr].map(asTerminal)
    const { stdout, stderr } = await world.run(...poolFlags)
    for (const back of undo) back()
    expect(stdout.split('  Pod/')[0]).toBe(head)
    expect(stderr).toContain('Reading route tables …\n')
  })

  test('for programs: the document', async () => {
    const { stdout } = await world.run('--output', 'json', ...poolFlags)
    const document = JSON.parse(stdout) as { readonly findings: readonly unknown[]; readonly counts: unknown }
    expect(Object.keys(document)).toEqual(['apiVersion', 'kind', 'findings', 'counts'])
    expect(document.counts).toEqual({ error: 1, warning: 0, unknown: 0, ok: 7 })
    expect(document.findings.slice(0, 2)).toEqual([
      {
        code: 'AnotherAllocator',
        severity: 'error',
        object: { kind: 'Pod', name: 'kube-system/kube-controller-manager-node-a' },
        message: expect.stringContaining('gives Nodes their podCIDRs') as unknown,
        fix: expect.stringContaining('--allocate-node-cidrs=false') as unknown,
      },
      {
        code: 'PermissionsPresent',
        severity: 'ok',
        object: { kind: 'cluster', name: 'prod' },
        message: expect.stringContaining('allowed') as unknown,
        fix: null,
      },
    ])
  })

  test('without pools, podway does not allocate: somebody else may', async () => {
    expect((await world.examine([])).wrong).toEqual([])
  })

  const pools = 'pools:\n  - cidr: 10.0.128.0/17\n    nodePrefixLength: 24\n'
  test('pools of a file', async () => {
    const path = join(world.folder, 'pools.yaml')
    await writeFile(path, pools)
    const { wrong } = await world.examine(['--pools-file', path])
    expect(wrong).toContain('error RangeOverlapsVpc pool/10.0.128.0/17')
  })

  test('pools of a ConfigMap; one without them', async () => {
    const put = (name: string, data: object): void =>
      world.post('/api/v1/namespaces/default/configmaps', { metadata: { name }, data })
    put('pools', { 'pools.yaml': pools })
    put('other', {})
    const { wrong } = await world.examine(['--pools-config-map', 'default/pools'])
    expect(wrong).toContain('error RangeOverlapsVpc pool/10.0.128.0/17')
    const { code, stderr } = await world.run('--pools-config-map', 'default/other')
    expect([code, stderr]).toEqual([1, 'podway: ConfigMap default/other has no key pools.yaml\n'])
  })

  test('Nodes that may not be listed: nothing can be examined', async () => {
    world.cluster.simulator.faults.add({
      match: { resource: 'nodes' },
      fault: { kind: 'status', code: 403, reason: 'Forbidden', message: 'may not list nodes' },
    })
    const { code, stdout, stderr } = await world.run()
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('may not list nodes')
  })

  test('an API server that fails, for once', async () => {
    world.cluster.simulator.faults.add({
      match: { resource: 'daemonsets' },
      fault: { kind: 'status', code: 503 },
    })
    expect((await world.examine([])).code).toBe(0)
  })

  test('EC2 that fails, for once: it is asked again', async () => {
    const fault = { kind: 'error', code: 'Unavailable', status: 503 } as const
    world.simulator.faults.inject({ action: 'DescribeSubnets', fault })
    expect((await world.examine([])).wrong).toEqual([])
  })

  test('credentials that are none: nothing can be examined, and it says why', async () => {
    const fault = { kind: 'error', code: 'AuthFailure', status: 401 } as const
    world.simulator.faults.inject({ times: 100, fault })
    const { code, stdout, stderr } = await world.run()
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('AuthFailure')
  })

  test('no region: nothing can be examined', async () => {
    vi.stubEnv('AWS_REGION', '')
    vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent')
    const { code, stderr } = await world.run()
    expect([code, stderr]).toEqual([1, expect.stringContaining('set AWS_REGION')])
  })
})
