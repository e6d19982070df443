import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import type { Node } from '../../kube/objects.ts'
import { formatAddress } from '../../net/address.ts'
import { type SimulatedAws, createSimulatedAws } from '../../test/conformance/simulated-aws.ts'
import type { WorldNode } from '../../test/conformance/provider-world.ts'
import { CommandWorld } from './command-world.ts'
import { type Ended, runMain } from './run-main.ts'

/**
 * What a person has who types command lines: a cloud (the EC2 simulator), a cluster (the Kubernetes simulator), both behind
 * real sockets, and a folder with a kubeconfig. The surroundings are in this process's environment as long.
 */
export class AwsCommandWorld implements AsyncDisposable {
  readonly aws: SimulatedAws
  readonly world: CommandWorld
  readonly folder: string

  private constructor(aws: SimulatedAws, world: CommandWorld, folder: string) {
    this.aws = aws
    this.world = world
    this.folder = folder
  }

  static async open(): Promise<AwsCommandWorld> {
    const aws = await createSimulatedAws()
    const world = await CommandWorld.open()
    const folder = mkdtempSync(join(tmpdir(), 'podway-cli-'))
    const kubeconfig = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'c', cluster: { server: world.cluster.url } }],
      contexts: [{ name: 'c', context: { cluster: 'c' } }],
      'current-context': 'c',
    }
    writeFileSync(join(folder, 'config'), JSON.stringify(kubeconfig))
    vi.stubEnv('KUBECONFIG', join(folder, 'config'))
    return new AwsCommandWorld(aws, world, folder)
  }

  get cluster(): CommandWorld['cluster'] {
    return this.world.cluster
  }

  /** The flags by which a command finds this cloud. */
  get flags(): readonly string[] {
    return ['--provider', 'aws', '--cluster-name', this.aws.clusterName]
  }

  /** The command with {@link flags}, in this process. */
  run(command: string, ...more: readonly string[]): Promise<Ended> {
    return runMain([command, ...this.flags, ...more])
  }

  /** An instance, and its Node. */
  async join(
    name: string,
    ...podCIDRs: readonly string[]
  ): Promise<{ readonly node: Node; readonly machine: WorldNode }> {
    const machine = await this.aws.addNode(name)
    const { addresses, providerID } = machine.view
    const node = this.cluster.addNode(name, {
      providerID,
      addresses: addresses.map(formatAddress),
      ...(podCIDRs.length === 0 ? {} : { podCIDRs }),
    })
    return { node, machine }
  }

  /** As kubectl does: podway has not done it. */
  async create(path: string, body: object): Promise<void> {
    const headers = { 'content-type': 'application/json', 'user-agent': 'test' }
    const answer = await fetch(`${this.cluster.url}${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers,
    })
    if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${await answer.text()}`)
  }

  /** Writes a file into the folder; returns its path. */
  file(name: string, text: string): string {
    const path = join(this.folder, name)
    writeFileSync(path, text)
    return path
  }

  async [Symbol.asyncDispose](): Promise<void> {
    vi.unstubAllEnvs()
    await this.world[Symbol.asyncDispose]()
    await this.aws.close()
    rmSync(this.folder, { recursive: true })
  }
}
