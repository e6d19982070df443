import type { RuntimeNode } from './runtime-node.ts'

/** One run of our binary by a runtime. */
export interface PluginCall {
  readonly plugin: string
  readonly verb: string
  readonly netns: string
  /** Of the configuration that came with it;  */
  readonly cniVersion: string
  readonly config: Readonly<Record<string, unknown>>
}

const file = '/run/plugin-calls'

const script = (plugin: string): string => `#!/bin/sh
input=$(cat)
printf '%s\\t%s\\t%s\\t%s\\n' ${plugin} "$CNI_COMMAND" "$CNI_NETNS" "$input" >> ${file}
printf '%s' "$input" | /opt/cni/recorded/${plugin}
`

/** From now on every run of the plugin is written down; it does what it does. */
export async function recordCalls(node: RuntimeNode, plugin: string): Promise<void> {
  const move =
    'mkdir -p /opt/cni/recorded; cd /opt/cni/bin; chmod 755 "$1.new"; mv "$1" ../recorded/; mv "$1.new" "$1"'
  await node.write(`/opt/cni/bin/${plugin}.new`, script(plugin))
  await node.mustExec(['sh', '-e', '-c', move, 'sh', plugin])
}

export async function recordedCalls(node: RuntimeNode): Promise<readonly PluginCall[]> {
  const lines = (await node.mustExec(['cat', file])).split('\n').filter(Boolean)
  return lines.map((line) => {
    const [plugin = '', verb = '', netns = '', input = ''] = line.split('\t')
    const config = JSON.parse(input) as Readonly<Record<string, unknown>>
    return { plugin, verb, netns, cniVersion: String(config.cniVersion), config }
  })
}
