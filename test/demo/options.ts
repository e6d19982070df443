import { parseArgs } from 'node:util'
import { type GcpMode, gcpModes } from '../../providers/gcp/mode.ts'

const clouds = ['simulator', 'localstack', 'gcp', 'azure'] as const
const kubes = ['simulator', 'apiserver'] as const

export interface DemoOptions {
  readonly cloud: (typeof clouds)[number]
  readonly kube: (typeof kubes)[number]
  /** Of Google Cloud: how pods are reached. */
  readonly gcpMode: GcpMode
  /** One JSON object as the last line of standard output. */
  readonly json: boolean
  /** Stay until Ctrl-C once everything is up. */
  readonly keep: boolean
}

export const usage = `Usage: npm run demo -- [options]

Builds a cloud's network out of network namespaces, runs the podway controller and the CNI binary in it, and lets pods on
three nodes talk, over IPv4 and IPv6, through the routes that podway wrote. The router in the middle obeys the cloud's API
by the cloud's own rules, and nothing else.

Options:
  --cloud <name>  whose API, and whose rules:
                    simulator   AWS, by the EC2 simulator (default)
                    localstack  AWS, by LocalStack (needs Python)
                    gcp         Google Cloud, by the Compute Engine simulator
                    azure       Azure, by the Resource Manager simulator
  --gcp-mode <mode>
                  with --cloud gcp, the controller's flag: static routes (routes, the default), or in IPv4 alias IP
                  ranges of the nodes' interfaces (alias-ip)
  --kube <name>   whose Kubernetes API: simulator (default), apiserver (needs Go)
  --json          print one JSON object as the last line
  --keep          stay until Ctrl-C, and tell how to enter the world
  --help          print this

Exit codes: 0 all probes passed and nothing is left, 1 otherwise, 64 wrong usage.`

/** @throws Error for flags that are not there */
export function readOptions(args: readonly string[]): DemoOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      cloud: { type: 'string', default: 'simulator' },
      kube: { type: 'string', default: 'simulator' },
      'gcp-mode': { type: 'string', default: 'routes' },
      json: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return 'help'
  const cloud = oneOf('cloud', values.cloud, clouds)
  const gcpMode = oneOf('gcp-mode', values['gcp-mode'], gcpModes)
  if (gcpMode !== 'routes' && cloud !== 'gcp') throw new Error(`--gcp-mode=${gcpMode}: it is for --cloud gcp`)
  return {
    cloud,
    kube: oneOf('kube', values.kube, kubes),
    gcpMode,
    json: values.json,
    keep: values.keep,
  }
}

function oneOf<const Choice extends string>(flag: string, text: string, choices: readonly Choice[]): Choice {
  const choice = choices.find((name) => name === text)
  if (choice === undefined) throw new Error(`--${flag}=${text}: expected one of ${choices.join(', ')}`)
  return choice
}
