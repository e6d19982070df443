import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AwsCommandWorld } from '../testing/aws-command-world.ts'
import { runMain } from '../testing/run-main.ts'

const terraform = ['export', 'terraform', '--provider', 'aws', '--cluster-name', 'prod']

describe('wrong usage', () => {
  test.each<[args: readonly string[], text: string]>([
    [['export'], 'Usage: podway export'],
    [['export', 'terraform', '--provider', 'aws'], "required option '--cluster-name <name>' not specified"],
    [[...terraform, '--only', 'ours'], '--only=ours: expected some of owned, foreign, missing, disputed'],
    [[...terraform, '--only', ','], '--only=,: expected some of owned'],
    [[...terraform, '--out', ''], '--out is empty: name a folder, or - to print'],
    [[...terraform, '--force'], '--force is for files: name their folder by --out'],
    [[...terraform, '--nodes', 'a'], '--nodes=a takes --state'],
    [[...terraform, '--state', ''], '--state is empty: name a file'],
  ])('%j', async (args, text) => {
    const { code, stdout, stderr } = await runMain(args)
    expect([code, stdout]).toEqual([64, ''])
    expect(stderr).toContain(text)
  })
})

describe('whole command lines', () => {
  let world: AwsCommandWorld
  beforeEach(async () => {
    world = await AwsCommandWorld.open()
  })
  afterEach(() => world[Symbol.asyncDispose]())

  const run = (...args: readonly string[]) => runMain(['export', 'terraform', ...world.flags, ...args])

  test('into a folder, which is written again when something is new, and refused when it was changed', async () => {
    const table = await world.aws.addTable('private')
    const { machine } = await world.join('node-1', '10.244.1.0/24')
    await world.join('node-2')
    const out = join(world.folder, 'routes')
    const versions = join(out, 'podway-versions.tf.json')
    const routes = join(out, 'podway-routes.tf.json')
    world.cluster.forgetCalls()

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
    expect(JSON.parse(readFileSync(routes, 'utf8'))).toMatchObject({
      resource: {
        aws_route: {
          [`pods_${table.id}_10-244-1-0_24`]: {
            route_table_id: table.id,
            destination_cidr_block: '10.244.1.0/24',
            network_interface_id: machine.target.id,
          },
        },
      },
    })
    expect((await run('--out', out)).stderr).toContain(`${routes}: unchanged`)
    expect(world.aws.writes()).toBe(0)
    expect(world.cluster.writes).toEqual([])

    writeFileSync(routes, '{}\n')
    expect(await run('--out', out)).toMatchObject({
      code: 1,
      stderr: `podway: ${routes}: not as an export has written it, so what was changed by hand would be lost: name another folder by --out, or replace it with --force\n`,
    })
    expect((await run('--out', out, '--force', '--without-versions')).stderr).toContain(`${routes}: changed`)
    expect(readdirSync(out).sort()).toEqual(['podway-routes.tf.json', 'podway-versions.tf.json'])
  })

  test('before there is a cluster: Nodes of a file, with podCIDRs from a pool, printed', async () => {
    const table = await world.aws.addTable('private')
    const { view } = await world.aws.addNode('node-1')
    const nodes = world.file(
      'nodes.yaml',
      `kind: Node\nmetadata: {name: node-1}\nspec: {providerID: '${view.providerID}'}\n`,
    )
    const files = ['--nodes', nodes, '--state', join(world.folder, 'none.json')]
    const { code, stderr, stdout } = await run(...files, '--cluster-cidr', '10.244.0.0/16')
    expect([code, stderr]).toEqual([0, '1 route exported (1 not there yet).\n'])
    expect(JSON.parse(stdout)).toMatchObject({
      terraform: { required_version: '>= 1.5' },
      resource: { aws_route: { [`pods_${table.id}_10-244-0-0_24`]: {} } },
    })
    expect(readdirSync(world.folder).sort()).toEqual(['config', 'nodes.yaml'])
  })

  test('prefixes that the VPC delegates are no routes, and that is told', async () => {
    await world.aws.addTable('private')
    await world.join('node-1', world.aws.subnetRange6.replace('::/64', ':0:0:8000::/80'))
    const { code, stderr, stdout } = await run('--aws-mode', 'ipv6-prefix')
    expect(code).toBe(0)
    expect(stderr).toContain(
      '1 podCIDR is not exported: as alias IP ranges or delegated prefixes they are part of the Nodes’ network interfaces, and no routes.\n0 routes exported.\n',
    )
    expect(Object.keys(JSON.parse(stdout) as object)).toEqual(['//', 'terraform'])
  })
})
