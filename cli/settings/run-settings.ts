import { standings } from '../export/exported-route.ts'
import { logLevels } from '../log-levels.ts'
import { listFormats } from '../output.ts'
import { defaultNamespace } from './controller-settings.ts'
import { bindAddress } from './bind-address-type.ts'
import { setting } from './setting.ts'
import { boolean, choice, list, path, someOf, text, wholeNumber } from './value-types.ts'

/** On all addresses, on a port that no component of Kubernetes has: the controller runs in the host's network. */
export const defaultBindAddress = ':10277'
/** The controller's next neighbour: the agent runs there too. */
export const defaultAgentBindAddress = ':10278'

/** How a program runs, whatever it does. */
export const runSettings = {
  metricsBindAddress: setting({
    type: bindAddress,
    description: 'where /healthz, /readyz and /metrics are served, over plain HTTP; 0 for nowhere',
    default: defaultBindAddress,
  }),
  kubeconfig: setting({
    type: path(),
    description: 'how to reach the API server',
    unless: '$KUBECONFIG, the pod’s service account, ~/.kube/config',
  }),
  logLevel: setting({
    type: choice('<level>', logLevels),
    description: logLevels.join(', '),
    default: 'info',
  }),
  agentNamespace: setting({
    type: text('<name>', 'name the namespace, or leave it out'),
    description: 'where the agents run',
    default: defaultNamespace,
  }),
  agentPort: setting({
    type: wholeNumber('<port>', { min: 1, max: 65_535 }),
    description: 'where the agents answer: that of their --metrics-bind-address',
    default: Number(defaultAgentBindAddress.slice(1)),
  }),
  state: setting({
    type: path('<file>'),
    description: 'the file that records which routes are podway’s, instead of NodeRoutes',
  }),
} as const

/** What is said of one run of a command. */
export const flagOnlySettings = {
  output: setting({
    flagOnly: true,
    type: choice('<format>', listFormats),
    description: listFormats.join(', '),
    default: 'table',
    short: 'o',
  }),
  definitionFormat: setting({
    flagOnly: true,
    flag: 'output',
    type: choice('<format>', ['yaml', 'json']),
    description: 'yaml, json',
    default: 'yaml',
    short: 'o',
  }),
  yes: setting({
    flagOnly: true,
    type: boolean,
    description: 'do it; without it, it is only listed',
    default: false,
  }),
  all: setting({
    flagOnly: true,
    type: boolean,
    description: 'release everything that is held now',
    default: false,
  }),
  nodes: setting({
    flagOnly: true,
    type: path('<file>'),
    description:
      'the Nodes, as "kubectl get nodes -o yaml" writes them or by hand (- for standard input), instead of the API server’s; takes --state',
  }),
  watch: setting({
    flagOnly: true,
    type: boolean,
    description: 'follow it: on a terminal drawn anew, elsewhere a line for what has changed',
    default: false,
    short: 'w',
  }),
  stay: setting({
    flagOnly: true,
    type: boolean,
    description: 'run on until SIGTERM when it is done, as a DaemonSet wants it',
    default: false,
  }),
  table: setting({
    flagOnly: true,
    type: list('<tables>'),
    description: 'only these of the route tables, ids or names, comma-separated',
  }),
  out: setting({
    flagOnly: true,
    type: text('<folder>', 'name a folder, or - to print'),
    description: 'where the files are written; - prints them as one',
    default: '-',
  }),
  only: setting({
    flagOnly: true,
    type: someOf('<which>', {
      pattern: new RegExp(`^(?:${standings.join('|')})$`),
      expected: `expected some of ${standings.join(', ')}`,
    }),
    description:
      'which routes, comma-separated: owned (recorded as podway’s), foreign (somebody else made them, and they do the job), missing (not there yet), disputed (somebody else made them, and they lead elsewhere: Terraform would change that)',
    default: ['owned', 'foreign', 'missing'],
  }),
  force: setting({
    flagOnly: true,
    type: boolean,
    description: 'replace files that no export has written, or that were changed since',
    default: false,
  }),
  withoutVersions: setting({
    flagOnly: true,
    type: boolean,
    description: 'leave out which providers are needed, where the module says it already',
    default: false,
  }),
  from: setting({
    flagOnly: true,
    type: text('<namespace/name>', 'name a pod'),
    description: 'the pod that sends (without a namespace: of default)',
  }),
  to: setting({
    flagOnly: true,
    type: text('<namespace/name|address>', 'name a pod, or an address'),
    description: 'the pod, or the address, that it sends to',
  }),
} as const
