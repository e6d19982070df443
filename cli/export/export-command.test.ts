import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { formatAddress } from '../../net/address.ts'
import { type SimulatedAws, createSimulatedAws } from '../../test/conformance/simulated-aws.ts'
import { CommandWorld } from '../testing/command-world.ts'
import { runMain } from '../testing/run-main.ts'

const terraform = ['export', 'terraform', '--provider', 'aws', '--cluster-name', 'prod']

describe('wrong usage', () => {
  test.each<[args: readonly string[], text: string]>([
    [['export'], 'Usage: podway export'],
    [['export', 'terraform', '--provider', 'aws'], "required option '--cluster-name <name>' not specified"],
    [[...terraform, '--only', 'ours'], '--only=ours: expected one of owned, foreign, missing, disputed'],
    [[...terraform, '--only', ','], '--only is empty: expected some of owned'],
    [[...terraform, '--out', ''], '--out is empty: name a folder, or - to print'],
    [[...terraform, '--force'], '--force is for files: name their folder by --out'],
    [[...terraform, '--nodes', ' '], '--nodes is empty: name the file'],
    [[...terraform, '--state', ''], '--state is empty: name the file'],
  ])('%j', async (args, text) => {
    const { code, stdout, stderr } = await runMain(args)
    expect([code, stdout]).toEqual([64, ''])
    expect(stderr).toContain(text)
  })
})

describe('whole command lines, before the EC2 and the Kubernetes simulator', () => {
  let aws: SimulatedAws
  let world: CommandWorld
  let folder = ''

  beforeEach(async () => {
    aws = await createSimulatedAws()
    world = await CommandWorld.open()
    folder = mkdtempSync(join(tmpdir(), 'podway-cli-'))
    vi.stubEnv('KUBECONFIG', join(folder, 'config'))
  })
  afterEach(async () => {
    await world[Symbol.asyncDispose]()
    await aws.close()
    rmSync(folder, { recursive: true })
  })

  const run = (...args: readonly string[]) =>
    runMain(['export', 'terraform', '--provider', 'aws', '--cluster-name', aws.clusterName, ...args])

  function describeCluster(): void {
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server: world.cluster.url } }],
      contexts: [{ name: 'c', context: { cluster: 'c' } }],
      'current-context': 'c',
    }
    writeFileSync(join(folder, 'config'), JSON.stringify(config))
  }

  test('into a folder, which is written again when something is new, and refused when it was changed', async () => {
    describeCluster()
    const table = await aws.addTable('private')
    const node = await aws.addNode('node-1')
    const { addresses, providerID } = node.view
    const draft = { providerID, podCIDRs: ['10.244.1.0/24'], addresses: addresses.map(formatAddress) }
    world.cluster.addNode('node-1', draft)
    world.cluster.addNode('node-2')
    const out = join(folder, 'routes')
    const [versions, routes] = ['versions', 'routes'].map((name) => join(out, `podway-${name}.tf.json`))

    expect(await run('--out', out)).toEqual({
      code: 0,
      stdout: '',
      stderr: [
        `${versions}: new`,
        `${routes}: new`,
        'Node node-2: it has no podCIDR yet: there is nothing to route to it',
        '1 route exported (1 not there yet).',
        '',
      ].join('\n'),
    })
    expect(JSON.parse(readFileSync(routes ?? '', 'utf8'))).toMatchObject({
      resource: {
        aws_route: {
          [`pods_${table.id}_10-244-1-0_24`]: {
            route_table_id: table.id,
            destination_cidr_block: '10.244.1.0/24',
            network_interface_id: node.target.id,
          },
        },
      },
    })
    expect((await run('--out', out)).stderr).toContain(`${routes}: unchanged`)
    expect(aws.writes()).toBe(0)
    expect(world.cluster.writes).toEqual([])

    writeFileSync(routes ?? '', '{}\n')
    expect(await run('--out', out)).toMatchObject({
      code: 1,
      stderr: `podway: ${routes}: not as an export has written it, so what was changed by hand would be lost: name another folder by --out, or replace it with --force\n`,
    })
    expect((await run('--out', out, '--force', '--no-versions')).stderr).toContain(`${routes}: changed`)
    expect(readdirSync(out).sort()).toEqual(['podway-routes.tf.json', 'podway-versions.tf.json'])
  })

  test('before there is a cluster: Nodes of a file, printed', async () => {
    await aws.addTable('private')
    const { view } = await aws.addNode('node-1')
    const nodes = join(folder, 'nodes.yaml')
    writeFileSync(
      nodes,
      `kind: Node\nmetadata: {name: node-1}\nspec: {providerID: '${view.providerID}', podCIDRs: ['fd00:10:244:1::/64']}\n`,
    )
    const { code, stderr, stdout } = await run('--nodes', nodes)
    expect([code, stderr]).toEqual([0, '1 route exported (1 not there yet).\n'])
    expect(Object.keys(JSON.parse(stdout) as object)).toEqual(['//', 'terraform', 'resource'])
  })

  test('prefixes that the VPC delegates are no routes, and that is told', async () => {
    describeCluster()
    await aws.addTable('private')
    const { view } = await aws.addNode('node-1')
    const inside = aws.subnetRange6.replace('::/64', ':0:0:8000::/80')
    world.cluster.addNode('node-1', { providerID: view.providerID, podCIDRs: [inside] })
    const { code, stderr, stdout } = await run('--aws-mode', 'ipv6-prefix')
    expect(code).toBe(0)
    expect(code).toBe(0)
    expect(stderr).toContain(
      '1 podCIDR is not exported: as alias IP ranges or delegated prefixes they are part of the Nodes’ network interfaces, and no routes.\n0 routes exported.\n',
    )
    expect(Object.keys(JSON.parse(stdout) as object)).toEqual(['//', 'terraform'])
  })
})
