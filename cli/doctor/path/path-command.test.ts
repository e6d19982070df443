import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createEc2Simulator } from '../../../test/simulators/ec2/ec2-simulator.ts'
import { serve } from '../../../test/simulators/http-server.ts'
import { coming, uplink } from './testing/made-facts.ts'
import { openPathApi } from './testing/path-api.ts'

let api: Awaited<ReturnType<typeof openPathApi>>

beforeEach(async () => {
  api = await openPathApi()
})
afterEach(() => api.close())

const pods = ['--from', 'web', '--to', 'default/db']

interface Told {
  readonly paths: readonly {
    readonly family: number
    readonly source: { readonly name: string; readonly address: string }
    readonly hops: readonly { readonly way: string; readonly at: string; readonly code: string }[]
    readonly broken: { readonly at: string; readonly code: string } | null
  }[]
  readonly counts: Readonly<Record<string, number>>
}
const told = (text: string): Told => JSON.parse(text) as Told

test('a way that is whole, for people', async () => {
  const { code, stderr, stdout } = await api.run(...pods)
  expect(stdout).toMatchInlineSnapshot(`
    "IPv4: pod default/web (10.244.1.2) to pod default/db (10.244.3.2)
    there  node-a  ok       PodInterfaceUp
                            veth1 of pod default/web is up, and takes packets of 9001 bytes.
                   ok       ForwardingOn
                            Node node-a forwards what comes in by veth1.
                   ok       RouteFound
                            Node node-a sends packets for 10.244.3.2 by eth0, gateway 10.0.1.1 (the route to 0.0.0.0/0 of table main).
                   ok       FirewallPasses
                            No chain of nf_tables sees the packet on Node node-a.
                   ok       AddressKept
                            Node node-a lets the packet keep its source address.
           cloud   unknown  CloudNotAsked
                            What the cloud does with the packet was not asked: no --provider is given.
                            Fix: Name it with \`--provider\`, and give credentials that may read it.
           node-b  ok       UplinkUp
                            eth0 takes packets of 9001 bytes.
                   ok       ForwardingOn
                            Node node-b forwards what comes in by eth0.
                   ok       RouteFound
                            Node node-b hands packets for 10.244.3.2 to veth1.
                   ok       FirewallPasses
                            No chain of nf_tables sees the packet on Node node-b.
                   ok       PodInterfaceUp
                            veth1 of pod default/db is up, and takes packets of 9001 bytes.
                   ok       MtuFits
                            Packets of 9001 bytes pass all the way.
    back   node-b  ok       PodInterfaceUp
                            veth1 of pod default/db is up, and takes packets of 9001 bytes.
                   ok       ForwardingOn
                            Node node-b forwards what comes in by veth1.
                   ok       RouteFound
                            Node node-b sends packets for 10.244.1.2 by eth0, gateway 10.0.1.1 (the route to 0.0.0.0/0 of table main).
                   ok       FirewallPasses
                            No chain of nf_tables sees the packet on Node node-b.
           cloud   unknown  CloudNotAsked
                            What the cloud does with the packet was not asked: no --provider is given.
                            Fix: Name it with \`--provider\`, and give credentials that may read it.
           node-a  ok       UplinkUp
                            eth0 takes packets of 9001 bytes.
                   ok       ForwardingOn
                            Node node-a forwards what comes in by eth0.
                   ok       RouteFound
                            Node node-a hands packets for 10.244.1.2 to veth1.
                   ok       FirewallPasses
                            No chain of nf_tables sees the packet on Node node-a.
                   ok       PodInterfaceUp
                            veth1 of pod default/web is up, and takes packets of 9001 bytes.
                   ok       MtuFits
                            Packets of 9001 bytes pass all the way.
    "
  `)
  expect([code, stderr]).toEqual([0, '0 errors, 0 warnings, 2 unknown, 21 ok.\n'])
})

test('a way that is broken, for programs: the first hop is named, and in the exit code', async () => {
  api.world.said['node-b'] = ({ destination }) =>
    coming(destination, { forwards: false, entry: { ...uplink, forwards: false } })
  const { code, stderr, stdout } = await api.run(...pods, '--output', 'json')
  expect([code, stderr]).toEqual([1, 'podway: IPv4: broken at node-b, on the way there: ForwardingOff\n'])
  const [path] = told(stdout).paths
  expect(path).toMatchObject({
    family: 4,
    source: { name: 'pod default/web', address: '10.244.1.2' },
    broken: { at: 'node-b', code: 'ForwardingOff', fix: expect.stringContaining('sysctl') as string },
  })
  expect(path?.hops.map(({ at, way }) => `${way} ${at}`)).toContain('back node-a')
})

test('each Node is asked for both directions, and told where packets from elsewhere arrive', async () => {
  await api.run(...pods)
  expect(
    api.world.asked.map(({ arrival, isReply, node, source }) => [node, source, arrival, isReply]),
  ).toEqual(
    expect.arrayContaining([
      ['node-a', '10.244.1.2', undefined, false],
      ['node-b', '10.244.1.2', '10.0.2.10', false],
      ['node-b', '10.244.3.2', undefined, true],
      ['node-a', '10.244.3.2', '10.0.1.10', true],
    ]),
  )
})

describe('who is meant', () => {
  test.each([
    ['a pod by its address', '10.244.3.2', 'IPv4: pod default/web (10.244.1.2) to 10.244.3.2\n'],
    ['a Node by its address', '10.0.2.10', 'IPv4: pod default/web (10.244.1.2) to Node node-b (10.0.2.10)\n'],
    ['an address that is on no Node', '192.0.2.1', 'IPv4: pod default/web (10.244.1.2) to 192.0.2.1\n'],
  ])('%s', async (_, to, heading) => {
    const { stdout } = await api.run('--from', 'web', '--to', to)
    expect(stdout.slice(0, heading.length)).toBe(heading)
  })

  test('a pod in its Node’s network has the Node’s address', async () => {
    api.world.pods.push(api.pod('proxy', 'node-b', '10.0.2.10', { hostNetwork: true }))
    const { stdout } = await api.run('--from', 'web', '--to', 'proxy', '--output', 'json')
    // What the made-up machine says is about a pod's address.
    expect(told(stdout).paths[0]?.broken).toMatchObject({ at: 'node-b', code: 'AddressNotHere' })
  })

  test('a pod of both families has two ways to another one', async () => {
    const both = [{ ip: '10.244.1.3' }, { ip: 'fd00:10:244:1::3' }]
    api.world.pods.push({
      ...api.pod('two', 'node-a', '10.244.1.3'),
      status: { phase: 'Running', podIPs: both },
    })
    const { stdout } = await api.run('--from', 'two', '--to', 'two', '--output', 'json')
    expect(told(stdout).paths.map(({ family }) => family)).toEqual([4, 6])
  })
})

const role = 'arn:aws:iam::123456789012:role/x'

describe('refused, each with what would do:', () => {
  test.each<[what: string, flags: readonly string[], code: number, says: RegExp]>([
    [
      'a pod that is not there',
      ['--from', 'web', '--to', 'nobody'],
      1,
      /--to default\/nobody: there is no such pod/,
    ],
    [
      'an address for the sender',
      ['--from', '10.244.1.2', '--to', 'db'],
      1,
      /--from default\/10\.244\.1\.2: there is no such pod/,
    ],
    ['no name', ['--from', 'a/b/c', '--to', 'db'], 64, /--from=a\/b\/c: expected a pod as namespace\/name/],
    ['half an address', ['--from', 'web', '--to', 'fd00:::1'], 64, /--to: invalid address/],
    [
      'another cloud',
      [...pods, '--provider', 'moon'],
      64,
      /--provider=moon: expected one of aws, azure, gcp/,
    ],
    ['a role for no cloud', [...pods, '--aws-role-arn', role], 64, /--provider aws/],
    ['no role', [...pods, '--aws-role-arn', 'x'], 64, /--aws-role-arn=x: expected the ARN/],
    [
      'a role of AWS for Google',
      [...pods, '--provider', 'gcp', '--aws-role-arn', role],
      64,
      /--provider aws/,
    ],
    ['a project for no cloud', [...pods, '--gcp-project', 'p'], 64, /--gcp-project .* --provider gcp/],
    [
      'a network for another cloud',
      [...pods, '--provider', 'aws', '--gcp-network', 'n'],
      64,
      /--gcp-network .* --provider gcp/,
    ],
    [
      'a network that is none',
      [...pods, '--provider', 'gcp', '--gcp-network', 'A/b'],
      64,
      /--gcp-network=A\/b: expected/,
    ],
    ['no family in common', ['--from', 'web', '--to', 'fd00:10:244:3::2'], 1, /no family in common/],
  ])('%s', async (_, flags, code, says) => {
    const ended = await api.run(...flags)
    expect([ended.code, ended.stdout]).toEqual([code, ''])
    expect(ended.stderr).toMatch(says)
  })

  test('the ClusterIP of a Service', async () => {
    api.world.services.push({
      metadata: { name: 'shop', namespace: 'default' },
      spec: { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'] },
    })
    const { code, stderr } = await api.run('--from', 'web', '--to', '10.96.0.7')
    expect(code).toBe(1)
    expect(stderr).toMatch(/is the ClusterIP of Service default\/shop.*kubernetes\.io\/service-name=shop/)
  })

  test('a pod that has ended', async () => {
    api.world.pods.push({ ...api.pod('job', 'node-b', '10.244.3.9'), status: { phase: 'Succeeded' } })
    const { stderr } = await api.run('--from', 'web', '--to', 'job')
    expect(stderr).toMatch(/--to default\/job: the pod has no address now \(Succeeded\)/)
  })
})

describe('a Node that can’t be asked leaves the other to be asked:', () => {
  const unasked = async (): Promise<readonly string[]> => {
    const { code, stdout } = await api.run(...pods, '--output', 'json')
    expect(code).toBe(0)
    const hops = told(stdout).paths.flatMap((path) => path.hops)
    expect(hops.some(({ at, code }) => at === 'node-a' && code === 'ForwardingOn')).toBe(true)
    return hops.flatMap((hop) =>
      'message' in hop && hop.code === 'NodeNotAsked' ? [String(hop.message)] : [],
    )
  }

  test('who may not', async () => {
    api.world.forbidden = /agent-b/
    expect((await unasked())[0]).toMatch(/Node node-b could not be asked: .*may not get/)
  })

  test('no agent is there', async () => {
    api.world.agents.pop()
    expect((await unasked())[0]).toMatch(
      /no pod with the label app.kubernetes.io\/name=podway-agent runs there in namespace podway-system/,
    )
  })

  test('an agent of another version', async () => {
    api.world.said['node-b'] = () => ({ way: { result: 'guessed' } }) as never
    expect((await unasked())[0]).toMatch(/its agent is of another version: the answer\.source is no object/)
  })

  test('a machine that does not answer', async () => {
    api.world.said['node-b'] = () => {
      throw new Error('podway-cni serve does not answer')
    }
    expect((await unasked())[0]).toMatch(/Node node-b could not be asked/)
  })
})

test('AWS is asked with the credentials of the surroundings', async () => {
  const cloud = await serve(createEc2Simulator({ buckets: 'off' }))
  vi.stubEnv('AWS_ENDPOINT_URL_EC2', cloud.url)
  vi.stubEnv('AWS_REGION', 'us-east-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
  try {
    const { code, stdout } = await api.run(...pods, '--provider', 'aws', '--output', 'json')
    expect(code).toBe(0)
    // The Nodes of this cluster have no provider ID.
    const ofCloud = told(stdout).paths[0]?.hops.filter(({ at }) => at === 'cloud')
    expect(ofCloud?.map((hop) => `${hop.way} ${hop.code}`)).toEqual([
      'there CloudPlaceUnknown',
      'back CloudPlaceUnknown',
    ])
  } finally {
    vi.unstubAllEnvs()
    await cloud.close()
  }
})
