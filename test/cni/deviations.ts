import type { Difference } from './facts.ts'
import type { Round } from './contest.ts'

/** Something that our plugins do otherwise than the reference, on purpose. */
export interface Deviation {
  readonly name: string
  readonly reason: string
  /** Whether the difference is a part of it. */
  readonly explains: (difference: Difference, round: RoundFacts) => boolean
}

/** What both answered in a round, as far as there was a difference. */
export interface RoundFacts {
  readonly verb: string
  readonly value: (fact: string) => Difference | undefined
  /** Neither did what it was asked for. */
  readonly bothFail: boolean
  readonly onlyTheyFail: boolean
  readonly onlyWeFail: boolean
  /** The message of the reference's error; ours. Empty if it is the same or there is none. */
  readonly theirMessage: string
  readonly ourMessage: string
  readonly ourCode: string
}

function factsOf({ call, differences }: Round): RoundFacts {
  const byName = new Map(differences.map((difference) => [difference.fact, difference]))
  const exit = byName.get('exit')
  const message = byName.get('error.msg')
  return {
    verb: call.verb,
    value: (fact) => byName.get(fact),
    // An error of ours says its version, an error of theirs never does.
    bothFail: exit === undefined && byName.has('error.cniVersion'),
    onlyTheyFail: exit?.ours === '0',
    onlyWeFail: exit?.theirs === '0',
    theirMessage: message?.theirs ?? '',
    ourMessage: message?.ours ?? '',
    ourCode: byName.get('error.code')?.ours ?? '',
  }
}

/** What Go's decoder and its parsers say of a configuration that they can't read: texts of the language, not of CNI. */
const isGoSyntax = (text: string): boolean =>
  /json: cannot unmarshal|invalid character|unexpected end of JSON|^invalid (CIDR|IP) address|^an IP|^error parsing|cannot parse/.test(
    text,
  )

/** What host-local, static and ptp say of a configuration that can be read and is wrong. */
const isAboutConfig = (text: string): boolean =>
  isGoSyntax(text) ||
  /^(failed to (load|parse) (netconf|network config|prevResult)|invalid range set|range set \d|no IP ranges|no plugin name|IPAM config missing|CNI version \S+ does not support|ARGS: |cannot understand ip|invalid gateway|the 'ip' field|an entry in the 'ips' field|CIDR address)/.test(
    text,
  )

const isFile = ({ fact }: Difference): boolean => fact.startsWith('file ')
const isNetwork = ({ fact }: Difference): boolean => /^(host|pod \d) /.test(fact)
const isError = ({ fact }: Difference): boolean => /^(error\.|exit$)/.test(fact)
const onlyTheirs = ({ ours }: Difference): boolean => ours === undefined

/** All that is allowed to differ. The order matters: a difference belongs to the first that explains it. */
export const deviations: readonly Deviation[] = [
  {
    name: 'errors say the version',
    reason:
      'The specification lists cniVersion among the fields of an error (section 5); the reference leaves it out.',
    explains: ({ fact, theirs }) => fact === 'error.cniVersion' && theirs === undefined,
  },
  {
    name: 'DEL needs no valid configuration',
    reason:
      'What was reserved under a configuration is released although it has become invalid since. host-local refuses, and the runtime can never remove the pod.',
    explains: (difference, { verb, onlyTheyFail, theirMessage }) =>
      verb === 'DEL' &&
      onlyTheyFail &&
      isAboutConfig(theirMessage) &&
      (isError(difference) || isFile(difference) || isNetwork(difference)),
  },
  {
    name: 'CHECK looks at what ADD has made',
    reason:
      'Like DEL it needs to know where reservations are, and not whether a new ADD could succeed: a wrong range is no word about this pod. So another of several errors is told.',
    explains: (difference, { verb, bothFail, onlyTheyFail, theirMessage }) =>
      verb === 'CHECK' && (bothFail || onlyTheyFail) && isAboutConfig(theirMessage) && isError(difference),
  },
  {
    name: 'STATUS reads the configuration',
    reason: 'host-local has no STATUS, so ptp answers that all is well whatever is wrong.',
    explains: (difference, { verb, onlyWeFail, ourCode }) =>
      verb === 'STATUS' && onlyWeFail && ['2', '7', '50'].includes(ourCode) && isError(difference),
  },
  {
    name: 'no folder for nothing',
    reason:
      'host-local makes the folder of a network and its lock before it looks whether there is something to do. Where there is none, nothing is reserved.',
    explains: (difference, { verb, bothFail }) =>
      (verb !== 'ADD' || bothFail) &&
      onlyTheirs(difference) &&
      /^file data\/(\w+\/(lock)?)?$/.test(difference.fact),
  },
  {
    name: 'an ADD that fails takes all of it back',
    reason:
      'The reference leaves the interface, forwarding that it turned on, and after some errors the address (plugins/main/ptp/ptp.go), and relies on the DEL that follows.',
    explains: (difference, { verb, bothFail }) =>
      verb === 'ADD' &&
      bothFail &&
      ((isNetwork(difference) && onlyTheirs(difference)) ||
        (isFile(difference) && onlyTheirs(difference)) ||
        difference.fact === 'forwarding'),
  },
  {
    name: 'a wrong configuration is error 7, with the key',
    reason:
      'The reference answers most of them with 999 and the words of its JSON decoder; the specification has a code for them, and the key helps.',
    explains: ({ fact, ours }, { bothFail, theirMessage, ourCode }) =>
      bothFail &&
      ((fact === 'error.code' && ['2', '6', '7'].includes(ours ?? '')) ||
        (fact === 'error.msg' &&
          isAboutConfig(theirMessage) &&
          (ourCode !== '' || isGoSyntax(theirMessage)))),
  },
  {
    name: 'errors of the kernel in our words',
    reason: 'The reference prints Go structures; the number that the kernel gave is the same.',
    explains: ({ fact, ours, theirs }, { bothFail }) =>
      bothFail && fact === 'error.msg' && lastWords(ours) === lastWords(theirs),
  },
  {
    name: 'ends of a veth with one queue',
    reason:
      'The kernel makes one for each processor otherwise, and takes all but one away again. The reference gives the host’s end a queue without length, which would drop what a queueing discipline holds back.',
    explains: ({ fact }) => / link \S.* (queues|length of queue)$/.test(fact),
  },
  {
    name: 'the host’s end says whose it is',
    reason: 'DEL finds it by its alias without the pod’s namespace, and so do people.',
    explains: ({ fact, theirs }) => /^host link .* alias$/.test(fact) && theirs === undefined,
  },
  {
    name: 'no route for a prefix, no duplicate-address detection',
    reason:
      'The reference has the kernel make a route, and deletes it (in the pod) or leaves it (on the host, beside the local one). Nobody else on the wire could have the address: the reference waits for that.',
    explains: ({ fact, ours, theirs }) =>
      (/ address \S+ (noprefixroute|nodad)$/.test(fact) && theirs === undefined) ||
      (/^host route \S+ dev=<other end .* metric=256 .*protocol=2 .*table=254/.test(fact) &&
        ours === undefined),
  },
]

/** What stands behind the last colon: the text of the error's number. */
const lastWords = (text = ''): string => text.slice(text.lastIndexOf(': ') + 1)

/** Who explains each difference of a round, and what is left. */
export function explain(round: Round): {
  readonly used: ReadonlySet<string>
  readonly unexplained: readonly Difference[]
  /** The hosts are not in the same state any more: what follows can't be compared. */
  readonly diverged: boolean
} {
  const facts = factsOf(round)
  const used = new Set<string>()
  const unexplained = round.differences.filter((difference) => {
    const found = deviations.find(({ explains }) => explains(difference, facts))
    if (found !== undefined) used.add(found.name)
    return found === undefined
  })
  const apart = round.differences.some(
    (difference) =>
      difference.fact === 'exit' || (facts.bothFail && (isNetwork(difference) || isFile(difference))),
  )
  return { used, unexplained, diverged: apart }
}
