import type { CloudFault } from '../chaos-cloud.ts'
import type { Deed, KubeFault, Step, Story, Who } from './step.ts'

/** A story in plain words, a line each. */
export const describeStory = ({ adopts, families, nodes, noiseMs, share, steps, tables }: Story): string =>
  [
    `${nodes} nodes, ${tables} tables, ${families === 'both' ? 'IPv4 and IPv6' : 'IPv4'}, ${share * 100} % of the buckets${adopts ? ', matching routes are adopted' : ''}`,
    ...steps.map(describeStep),
    `after ${seconds(noiseMs)}: the noise stops`,
  ].join('\n')

export const describeStep = (step: Step): string => `at ${seconds(step.atMs)}: ${deedInWords(step)}`

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
const which = (pick: number): string => `(${(pick * 100).toFixed(0)} % down the list)`

const processInWords = (who: Who): string => (who === 'leader' ? 'the leader' : `controller ${who}`)

function deedInWords(deed: Deed): string {
  switch (deed.do) {
    case 'join':
      return `node ${deed.node} joins${deed.idLaterMs === undefined ? '' : `, its provider ID ${seconds(deed.idLaterMs)} later`}`
    case 'join-as':
      return `node ${deed.node} joins with the podCIDRs of ${deed.other}`
    case 'join-into':
      return `node ${deed.node} joins with a podCIDR to which somebody makes a route in table ${deed.table} ${seconds(deed.afterMs)} later, ${deed.matches ? 'as podway would' : 'to something else'} ${which(deed.pick)}`
    case 'rejoin':
      return `node ${deed.node} is deleted, and made again ${seconds(deed.afterMs)} later for the same machine, ${deed.keeps ? 'with its podCIDRs' : 'without podCIDRs'}`
    case 'leave':
      return `node ${deed.node} is deleted; its machine ${deed.machine === 'running' ? 'goes on' : 'is terminated'}`
    case 'leave-many':
      return `${(deed.share * 100).toFixed(0)} % of the nodes are deleted, their machines go on`
    case 'stop':
      return `the machine of ${deed.node} is stopped`
    case 'start':
      return `the machine of ${deed.node} is started`
    case 'terminate':
      return `the machine of ${deed.node} is terminated`
    case 'recreate':
      return `the machine of ${deed.node} is made anew, under its name`
    case 'delete-route':
      return `somebody deletes a route of table ${deed.table} ${which(deed.pick)}`
    case 'change-route':
      return `somebody points a route of table ${deed.table} at another node ${which(deed.pick)}`
    case 'take-route':
      return `somebody deletes a route of table ${deed.table} and makes one of their own ${which(deed.pick)}`
    case 'foreign-route':
      return `somebody makes a route in table ${deed.table}: ${placeInWords[deed.where]} ${which(deed.pick)}`
    case 'rival-route':
      return `somebody makes a second route to a destination of table ${deed.table}, ${rankInWords[deed.rank]} ${which(deed.pick)}`
    case 'edit-table':
      return `somebody edits table ${deed.table}, but none of podway's routes`
    case 'fill-up':
      return `tables take ${deed.room} routes more than the fullest one has, and no others, for ${seconds(deed.forMs)}`
    case 'delete-foreign-routes':
      return 'all foreign routes are deleted by those who made them'
    case 'add-table':
      return 'the cluster gets another table'
    case 'drop-table':
      return `table ${deed.table} is no longer the cluster's`
    case 'cloud-fault':
      return `the next ${deed.calls} ${deed.which === 'all' ? 'calls' : deed.which} of the cloud: ${cloudFaultInWords(deed.fault)}`
    case 'kube-fault':
      return `the next ${deed.calls} requests to the API server${deed.resource === undefined ? '' : ` about ${deed.resource}`}: ${kubeFaultInWords(deed.fault)}`
    case 'cut-watches':
      return `watches${deed.resource === undefined ? '' : ` of ${deed.resource}`}: ${watchesInWords[deed.how]}`
    case 'short-list':
      return 'watches of nodes end with 410, and the list that follows lacks half of the nodes'
    case 'compact':
      return 'the API server forgets its history'
    case 'slow':
      return `${deed.server} takes up to ${seconds(deed.mostMs)} each way, for ${seconds(deed.forMs)}`
    case 'cut-off':
      return `${processInWords(deed.slot)} and ${deed.server} can't reach each other for ${seconds(deed.forMs)}`
    case 'pause':
      return `${processInWords(deed.slot)} stands still for ${seconds(deed.forMs)}`
    case 'kill':
      return `${processInWords(deed.slot)} is killed, and started again after ${seconds(deed.forMs)}`
    case 'replace-process':
      return `${processInWords(deed.slot)} gets SIGTERM, and another one takes its place`
    case 'jump':
      return `the wall clock of ${processInWords(deed.slot)} jumps by ${seconds(deed.ms)}`
    case 'say':
      return `a CNI says of node ${deed.node}: NetworkUnavailable False, ${deed.reason}`
    case 'heartbeat':
      return `the kubelet of ${deed.node} reports`
    case 'delete-record':
      return `somebody deletes a NodeRoute ${which(deed.pick)}`
    case 'release':
      return 'somebody runs podway release --all'
  }
}

const placeInWords = {
  next: 'to a podCIDR that nobody has yet',
  inside: 'to a part of a podCIDR',
  around: 'to a range around the podCIDRs',
} as const

const rankInWords = {
  better: 'which all packets follow',
  same: 'which gets a part of the packets',
  worse: 'which no packet follows as long as the first one is there',
} as const

const watchesInWords = {
  end: 'end in order',
  reset: 'are cut',
  expire: 'end with 410',
  silence: 'bring nothing any more',
} as const

function cloudFaultInWords(fault: CloudFault): string {
  switch (fault.kind) {
    case 'throttled':
      return 'refused, too many requests'
    case 'server-error':
      return 'answered with 500'
    case 'cut-before':
      return 'connection cut before the work'
    case 'cut-after':
      return 'connection cut after the work'
    case 'hang-before':
      return 'no answer, not done'
    case 'hang-after':
      return 'no answer, but done'
    case 'stale':
      return `answered as of ${seconds(fault.ms)} ago`
    case 'busy':
      return 'refused, since something else is under way'
    case 'late-failure':
      return 'taken on, and failed later'
    case 'slow-operation':
      return `taken on, and done after ${seconds(fault.ms)}`
  }
}

function kubeFaultInWords(fault: KubeFault): string {
  switch (fault.kind) {
    case 'status':
      return `answered with ${fault.code}`
    case 'reset':
      return 'connection cut before the work'
    case 'reset-after-handling':
      return 'connection cut after the work'
    case 'hang':
      return 'no answer, not done'
  }
}
