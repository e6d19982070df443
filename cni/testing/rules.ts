import type { NodeRules } from '../serve/protocol.ts'
import { type TestClient, TestServer } from './server.ts'

/** The node's rules in tests: nothing, but what is given. */
export const nodeRules = (rules: Partial<NodeRules> = {}): NodeRules => ({
  antiSpoofing: false,
  blockMetadata: false,
  ...rules,
})

/** Asks a server of its own for `rules.set`. */
export class RulesServer {
  readonly #server: TestServer
  readonly #client: TestClient

  private constructor(server: TestServer, client: TestClient) {
    this.#server = server
    this.#client = client
  }

  /** @param by - program and arguments to run the server by: in another namespace, say */
  static async start(by: readonly string[] = []): Promise<RulesServer> {
    const server = new TestServer()
    await server.start({ by })
    return new RulesServer(server, await server.connect())
  }

  /** What was changed. */
  async set(rules: NodeRules): Promise<readonly string[]> {
    const { changed } = await this.#client.ask('rules.set', rules)
    return changed
  }

  /** Lays a configuration list with these podCIDRs, as for a node that is in service. */
  async configure(podCidrs: readonly string[]): Promise<void> {
    await this.#client.ask('cni.install', {})
    await this.#client.ask('cni.configure', { podCidrs })
  }

  /** What must not be granted: why it is not. */
  refused(rules: NodeRules): Promise<unknown> {
    return this.#client.refused('rules.set', rules)
  }

  async stop(): Promise<void> {
    this.#client.end()
    await this.#server.remove()
  }
}
