import type { RuntimeNode } from './runtime-node.ts'

/** One run of our binary by a runtime. */
export interface PluginCall {
  readonly plugin: string
  readonly verb: string
  readonly netns: string
  /** Of the configuration that came with it. */
  readonly cniVersion: string
}

const file = '/run/plugin-calls'

const script = (plugin: string): string => `#!/bin/sh
input=$(cat)
printf '%s\\t%s\\t%s\\t%s\\n' ${plugin} "$CNI_COMMAND" "$CNI_NETNS" "$input" >> ${file}
printf '%s' "$input" | /opt/cni/recorded/${plugin}
`

/** As long as it is in use, every run of these plugins is written down; they do what they do. */
export class CallRecord implements AsyncDisposable {
  readonly #node: RuntimeNode
  readonly #plugins: readonly string[]

  private constructor(node: RuntimeNode, plugins: readonly string[]) {
    this.#node = node
    this.#plugins = plugins
  }

  static async start(node: RuntimeNode, ...plugins: readonly string[]): Promise<CallRecord> {
    const move =
      'mkdir -p /opt/cni/recorded; chmod 755 "$1.new"; mv "$1" /opt/cni/recorded/; mv "$1.new" "$1"'
    for (const plugin of plugins) {
      const path = `/opt/cni/bin/${plugin}`
      await node.write(`${path}.new`, script(plugin))
      await node.mustExec(['sh', '-e', '-c', move, 'sh', path])
    }
    await node.mustExec(['sh', '-c', `: > ${file}`])
    return new CallRecord(node, plugins)
  }

  async calls(): Promise<readonly PluginCall[]> {
    const lines = (await this.#node.mustExec(['cat', file])).split('\n').filter(Boolean)
    return lines.map((line) => {
      const [plugin = '', verb = '', netns = '', input = ''] = line.split('\t')
      const { cniVersion } = JSON.parse(input) as { readonly cniVersion: string }
      return { plugin, verb, netns, cniVersion }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const plugin of this.#plugins)
      await this.#node.mustExec(['mv', `/opt/cni/recorded/${plugin}`, `/opt/cni/bin/${plugin}`])
  }
}
