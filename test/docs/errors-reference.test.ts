import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { MachineErrorCode } from '../../agent/machine/machine-error.ts'
import { markdownTable } from '../../cli/testing/markdown-table.ts'
import { ErrorCode } from '../../cni/spec/error.ts'
import type { ErrorClass } from '../../providers/errors.ts'
import { retryOf } from '../../reconciler/apply/retry.ts'
import { failureReason } from '../../reconciler/report/failure-reason.ts'
import { root } from './pages.ts'

const page = fileURLToPath(new URL('../../docs/reference/errors.md', import.meta.url))

type Facts = readonly [meaning: string, remedy: string]

/** The compiler holds this to the codes that there are, as it does the tables below. */
const cniErrors: Readonly<Record<keyof typeof ErrorCode, Facts>> = {
  incompatibleVersion: [
    'The configuration’s cniVersion is none that the plugin speaks.',
    'Write one from 0.1.0 to 1.1.0 into the configuration.',
  ],
  unsupportedField: [
    'A field of the configuration asks for something that this plugin does not do; the message names it.',
    'Remove the field, or use the plugin that has it.',
  ],
  environment: [
    'A CNI_… variable that the runtime sets is missing or wrong.',
    'It is the runtime’s bug, or the plugin was started by hand without them.',
  ],
  io: [
    'A file could not be read or written: full disk, read-only file system.',
    'Look at the path in the message; make room.',
  ],
  decoding: [
    'The configuration on standard input is no JSON, or a field has the wrong type.',
    'Correct the file in `/etc/cni/net.d`.',
  ],
  config: [
    'The configuration is JSON, and means nothing; the message names the key and the value.',
    'Correct the key.',
  ],
  namespace: [
    'The pod’s network namespace is not there, or is no network namespace.',
    'Mostly the pod’s sandbox has died meanwhile: the runtime makes another one.',
  ],
  tryAgainLater: [
    'The kernel or another call is busy, or the node is short of memory or descriptors.',
    'Nothing: the runtime tries again. If it lasts, look at the node’s load and limits.',
  ],
  notAvailable: [
    'STATUS: no pod can be attached now; with `statusOnExhaustion`, because all addresses are taken.',
    'Free addresses, or give the node a larger podCIDR.',
  ],
  notPermitted: [
    'The process may not do what it has to.',
    'The runtime has to run the plugin as root, with CAP_NET_ADMIN and CAP_SYS_ADMIN.',
  ],
  unsupportedByKernel: [
    'The kernel lacks something: veth, IPv6, nf_tables, network namespaces.',
    'Load the module that the message speaks of, or turn off what needs it.',
  ],
  portTaken: [
    'A port of the node that the pod asks for leads to another pod.',
    'Give one of the two another hostPort, or let them run on different nodes.',
  ],
  internal: ['Anything else; it should not happen.', 'Report it with the message and the configuration.'],
}

const machineErrors: Readonly<Record<MachineErrorCode, Facts>> = {
  invalid: [
    'The request is none of the protocol’s; `field` says where.',
    'Agent and `podway-cni serve` are of different versions: update both.',
  ],
  unsupported: ['This `podway-cni serve` can’t do that.', 'Update it: it is older than the agent.'],
  refused: [
    'It would harm, as things are on this machine; the message says what is in the way.',
    'Do what the message says.',
  ],
  system: [
    'A system call failed; `errno` says how.',
    'Look at the message: rights, a full disk, a missing kernel module.',
  ],
  unavailable: [
    'There is no connection; nothing was asked.',
    'Look whether `podway-cni serve` runs, and at the path of `--socket`.',
  ],
  lost: [
    'The connection ended before the answer.',
    'Nothing: the agent asks again. If it lasts, look at the log of `podway-cni serve`.',
  ],
  timeout: ['No answer in time.', 'Nothing: the agent asks again. If it lasts, look at the node’s load.'],
  protocol: [
    'The answer is none of the protocol’s.',
    'Something else listens at `--socket`, or the versions differ.',
  ],
}

const classes: Readonly<Record<ErrorClass, string>> = {
  throttled: 'The API refuses for a while.',
  quota: 'The table is full.',
  changed: 'Something else is there than the plan saw.',
  'not-found': 'What was to be changed, or what it points at, is not there.',
  unauthorized: 'A permission is missing.',
  invalid: 'The request can’t succeed as it is.',
  transient: 'The API or the way to it fails for the moment; nothing was written.',
  'unknown-outcome': 'The answer was lost: the write may have happened.',
  fatal: 'podway is misconfigured.',
}

/** `ERR_…`: what a program that runs podway’s code can tell errors apart by. People get the message, which has the remedy. */
const coded: Readonly<Record<string, Facts>> = {
  ERR_ADDRESS_SYNTAX: ['A text is no address or range.', 'Correct it; the message has it.'],
  ERR_BIND: [
    'The address of metrics and health can’t be listened at.',
    'Choose another one: `--metrics-bind-address`.',
  ],
  ERR_FILE_IN_THE_WAY: [
    '`podway export` would overwrite a file.',
    'Name another folder, or remove the file.',
  ],
  ERR_KUBECONFIG_CONTEXT: [
    'The kubeconfig has no current context, or it names what is not there.',
    '`kubectl config use-context`, or name another file.',
  ],
  ERR_KUBECONFIG_INVALID: [
    'The kubeconfig is no YAML, or has another shape.',
    'Correct it, or name another one.',
  ],
  ERR_KUBECONFIG_NOT_FOUND: [
    'There is no kubeconfig and no service account.',
    'Give `--kubeconfig`, or run it in a pod.',
  ],
  ERR_KUBECONFIG_UNREADABLE: ['The kubeconfig can’t be read.', 'Check its permissions.'],
  ERR_LEADERSHIP_LOST: [
    'Another replica leads, or the Lease could not be renewed.',
    'Nothing: the process ends and is started anew.',
  ],
  ERR_LEADER_ELECTION_CONFIG: [
    'The three times of leader election do not fit together.',
    'Lease duration > renew deadline > retry period; the message has the numbers.',
  ],
  ERR_NODEROUTES_MISSING: [
    'The cluster does not have the definitions.',
    '`podway crds | kubectl apply -f -`.',
  ],
  ERR_NODE_FILE_INVALID: [
    'The file of `--nodes` is no list of Nodes.',
    'Write it as `kubectl get nodes -o yaml` does; the message has the field.',
  ],
  ERR_NODE_FILE_UNREADABLE: ['The file of `--nodes` can’t be read.', 'Check its path and permissions.'],
  ERR_NODE_UNASKED: [
    '`podway doctor path` could not ask the agent of a node.',
    'Look at that agent; the rest is shown without it.',
  ],
  ERR_NOT_CONFIRMED: ['Nobody has said yes; nothing was done.', 'Run it on a terminal, or with `--yes`.'],
  ERR_NOT_LEADING: [
    'A write was due after the leader’s term; it was not sent.',
    'Nothing: the new leader does it.',
  ],
  ERR_PARTY: [
    '`podway doctor path` does not know what is meant by `--from` or `--to`.',
    'Do what the message says.',
  ],
  ERR_POOL_CONFIGURATION: [
    'Pools overlap, or a prefix length does not fit.',
    'Correct `--cluster-cidr`, the mask sizes or the file of pools.',
  ],
  ERR_RECORD_CHANGED: ['Somebody else has written the same record.', 'Nothing: it is read again.'],
  ERR_STATE_FILE_INVALID: [
    'The state file is not what podway writes.',
    'Take it from a copy; do not edit it.',
  ],
  ERR_STATE_FILE_LOCKED: [
    'Another podway works with the state file.',
    'Wait for it; the message names process and host.',
  ],
  ERR_STATE_FILE_UNREADABLE: [
    'The state file can’t be read.',
    'Check its permissions, and that it is a file.',
  ],
  ERR_STATE_FILE_UNWRITABLE: [
    'The state file can’t be written; it is as it was.',
    'Check its folder, and that there is room.',
  ],
  ERR_STATE_FILE_VERSION: ['The state file is of a newer podway.', 'Use that version.'],
  ERR_USAGE: [
    'The command line, a variable or the configuration file is wrong (exit code 64).',
    'Do what the message says; `--help` has the flags.',
  ],
}

/** Codes of Node.js and of libraries, which we only recognise. */
const others = new Set(['ERR_PROXY_TUNNEL', 'ERR_TLS_CERT_ALTNAME_INVALID'])

function retryText(errorClass: ErrorClass): string {
  const retry = retryOf({ class: errorClass })
  switch (retry.kind) {
    case 'soon':
      return 'soon, waiting longer each time'
    case 'after':
      return retry.ms === 60_000 ? 'after a minute' : `after ${retry.ms / 60_000} minutes`
    case 'reread':
      return 'soon, once the table is read again'
    case 'turn':
      return 'when its turn comes'
    case 'never':
      return 'never: the program ends'
  }
}

const rows = (errors: Readonly<Record<string, Facts>>): string[][] =>
  Object.entries(errors).map(([code, facts]) => [`\`${code}\``, ...facts])

const text = `# Errors

For who has an error and wants to know what to do. Every message names the field, the value and the remedy; this page says what the codes have in common.

## Of the node binary

\`podway-cni\` writes \`{"cniVersion", "code", "msg", "details"}\` to standard output and ends with 1; the kubelet shows \`msg\` in the pod's Events. Codes below 100 are the CNI specification's.

${markdownTable([
  ['code', 'what is so', 'what to do'],
  ...Object.entries(ErrorCode).map(([name, code]) => [
    String(code),
    ...cniErrors[name as keyof typeof ErrorCode],
  ]),
])}

## Between the agent's two halves

In the agent's log and Events, when \`podway-cni serve\` does not do what it is asked.

${markdownTable([['code', 'what is so', 'what to do'], ...rows(machineErrors)])}

## Of a cloud

Each failed call has a class, the cloud's own code and the request id in the log. The class decides when it is tried again, and the reason in conditions, NodeRoutes and [Events](events.md), where the remedies are. A change of the Node or the table is looked at at once, whatever the class.

${markdownTable([
  ['class', 'what is so', 'reason', 'tried again'],
  ...(Object.keys(classes) as ErrorClass[]).map((name) => [
    `\`${name}\``,
    classes[name],
    `\`${failureReason(name)}\``,
    retryText(name),
  ]),
])}

\`throttled\` waits as long as the cloud says, if it does.

## Of the commands

\`podway: \` and a sentence on standard error, and an [exit code](exit-codes.md). Codes are for programs that use podway's code; messages do not show them.

${markdownTable([['code', 'what is so', 'what to do'], ...rows(coded)])}

This page is held to the program: \`npm run test:unit -- test/docs/errors-reference.test.ts -u\` writes it anew.
`

test('docs/reference/errors.md says what there is', async () => {
  await expect(text).toMatchFileSnapshot(page)
})

test('every code in the sources has its line, and every line its code', () => {
  const sources = globSync('{net,kube,providers,reconciler,agent,cli}/**/*.ts', { cwd: root }).filter(
    (file) => !file.endsWith('.test.ts'),
  )
  const found = sources.flatMap(
    (file) => readFileSync(join(root, file), 'utf8').match(/(?<=')ERR_[A-Z_]+(?=')/g) ?? [],
  )
  const ours = [...new Set(found)].filter((code) => !others.has(code)).toSorted()
  expect(Object.keys(coded)).toEqual(ours)
})
