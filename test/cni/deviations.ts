import { type Difference, isState } from './facts.ts'
import type { Round } from './contest.ts'
import type { PlannedCall } from './scenario.ts'

/** Something that our plugins do otherwise than the reference, on purpose. */
export interface Deviation {
  readonly name: string
  readonly reason: string
  /** Whether the difference is a part of it. */
  readonly explains: (difference: Difference, round: RoundFacts) => boolean
}

/** What both answered in a round, as far as there was a difference. */
export interface RoundFacts {
  readonly plugin: string
  readonly call: PlannedCall
  readonly verb: string
  /** Neither did what it was asked for. */
  readonly bothFail: boolean
  readonly onlyTheyFail: boolean
  readonly onlyWeFail: boolean
  /** The message of the reference's error; ours. Empty if it is the same or there is none. */
  readonly theirMessage: string
  readonly ourMessage: string
  readonly ourCode: string
}

function factsOf({ plugin, call, differences }: Round): RoundFacts {
  const byName = new Map(differences.map((difference) => [difference.fact, difference]))
  const exit = byName.get('exit')
  const message = byName.get('error.msg')
  return {
    plugin,
    call,
    verb: call.verb,
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
  /^(failed to (load|parse) (netconf|network config|prevResult)|invalid range set|range set \d|no IP ranges|no plugin name|IPAM config missing|CNI version \S* does not support|ARGS: |cannot understand ip|invalid gateway|the 'ip' field|an entry in the 'ips' field|CIDR address)/.test(
    text,
  )

const isFile = ({ fact }: Difference): boolean => fact.startsWith('file ')
const isNetwork = ({ fact }: Difference): boolean => /^(host|pod \d) /.test(fact)
const isReservation = ({ fact }: Difference): boolean => /^file data\/\w+\/[\d:a-f.]+$/.test(fact)
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
    explains: (difference, { verb, onlyTheyFail, bothFail, theirMessage }) =>
      verb === 'DEL' &&
      isAboutConfig(theirMessage) &&
      (onlyTheyFail || (bothFail && isError(difference))) &&
      (isError(difference) || isFile(difference) || isNetwork(difference)),
  },
  {
    name: 'DEL of a pod whose namespace can’t be there',
    reason: 'A path through something that is no folder leads nowhere, as a path that is gone does.',
    explains: (difference, { verb, onlyTheyFail, theirMessage }) =>
      verb === 'DEL' && onlyTheyFail && isError(difference) && theirMessage.endsWith(': not a directory'),
  },
  {
    name: 'the plugin’s own namespace is refused before anything is done in it',
    reason:
      'The reference looks at the end whether CNI_NETNS was its own: it has configured the host then, and an error follows the result on standard output. Plugins that touch no namespace don’t look at all.',
    explains: (difference, { call }) =>
      call.environment.CNI_NETNS?.endsWith('-host') === true && !isFile(difference),
  },
  {
    name: 'CHECK looks at what ADD has made',
    reason:
      'It looks for the address first, and says that it is missing; the reference looks at other things before. Like DEL it needs to know where reservations are, and not whether a new ADD could succeed.',
    explains: (difference, { verb, bothFail, onlyTheyFail, theirMessage, ourMessage }) =>
      verb === 'CHECK' &&
      isError(difference) &&
      ((onlyTheyFail && isAboutConfig(theirMessage)) ||
        (bothFail &&
          [theirMessage, ourMessage].some(
            (text) => isAboutConfig(text) || /prevResult|Failed to find address/.test(text),
          ))),
  },
  {
    name: 'STATUS says whether an ADD could succeed',
    reason:
      'host-local has no STATUS, so ptp answers that all is well whatever is wrong. Ours reads the configuration, and makes the folder: one that can’t be made is an error.',
    explains: (difference, { verb, onlyWeFail, ourCode, ourMessage }) =>
      verb === 'STATUS' &&
      ((onlyWeFail &&
        (['2', '7', '50'].includes(ourCode) || isAboutConfig(ourMessage)) &&
        isError(difference)) ||
        (/^file data\/(\w+\/)?$/.test(difference.fact) && difference.theirs === undefined)),
  },
  {
    name: 'GC gives back what is not valid any more',
    reason:
      'The reference has no GC (https://github.com/containernetworking/plugins/issues/1047): what a runtime forgets stays for ever.',
    explains: (difference, { verb }) =>
      verb === 'GC' && (isFile(difference) || isNetwork(difference)) && difference.ours === undefined,
  },
  {
    name: 'no folder for nothing',
    reason:
      'host-local makes the folder of a network and its lock before it looks whether there is something to do. Where there is none, nothing is reserved. Who fails early, or has no GC, makes no lock.',
    explains: (difference, { verb, bothFail }) =>
      ((verb !== 'ADD' || bothFail) &&
        onlyTheirs(difference) &&
        /^file data\/(\w+\/)?$/.test(difference.fact)) ||
      /^file data\/\w+\/lock$/.test(difference.fact),
  },
  {
    name: 'records of our own',
    reason:
      'The boot that reservations are of, and what was released a moment ago: host-local finds no id in them.',
    explains: ({ fact, theirs }) => /^file data\/\w+\/podway\.\w+$/.test(fact) && theirs === undefined,
  },
  {
    name: 'an id alone counts only where no file has the interface too',
    reason:
      'host-local looks again for each range set, and finds files of old versions at the second, after it has removed the others.',
    explains: ({ fact, ours, theirs }, { verb }) =>
      verb === 'DEL' &&
      /^file data\/\w+\//.test(fact) &&
      /^600 pod-\d$/.test(ours ?? '') &&
      theirs === undefined,
  },
  {
    name: 'an ADD that fails takes all of it back',
    reason:
      'The reference leaves the interface, forwarding that it turned on, and after some errors the address (plugins/main/ptp/ptp.go), and relies on the DEL that follows.',
    explains: (difference, { verb, bothFail }) =>
      verb === 'ADD' &&
      bothFail &&
      ((isNetwork(difference) && onlyTheirs(difference)) ||
        (isFile(difference) && (onlyTheirs(difference) || difference.fact.includes('last_reserved_ip'))) ||
        difference.fact === 'forwarding'),
  },
  {
    name: 'an ADD that fails keeps what its pod had before',
    reason:
      'It takes back what it has reserved itself; host-local releases all that is of the same id and interface, and with it the address of a pod that lives.',
    explains: ({ fact, ours, theirs }, { verb, bothFail }) =>
      verb === 'ADD' &&
      bothFail &&
      fact.startsWith('file data/') &&
      /^600 pod-\d/.test(ours ?? '') &&
      theirs === undefined,
  },
  {
    name: 'values without a meaning are refused',
    reason:
      'A number out of its range, a broadcast address as the first of a range, host bits behind a prefix, an IPv4 address in IPv6’s clothes, a type of IPAM that is not built in: the reference takes them for something else, or for nothing.',
    explains: (_difference, { onlyWeFail, ourCode, ourMessage }) =>
      onlyWeFail && ['2', '7'].includes(ourCode) && isStrict(ourMessage),
  },
  {
    name: 'masquerading needs no program',
    reason:
      'With ipMasq: true the reference runs iptables or nft, whatever ipMasqBackend prefers, and fails where there is none. Ours gives the kernel nf_tables rules itself, with either back end, in a table of its own (inet podway), which DEL and GC clear without the pod’s namespace, and of which nothing stays behind the last pod. An ADD that asks for iptables by name says so on standard error.',
    explains: ({ fact, ours }, { verb, onlyTheyFail, theirMessage }) =>
      (verb === 'ADD' && onlyTheyFail && /iptables|nft/.test(theirMessage)) ||
      (fact === 'stderr' && ours?.includes('is answered with rules of nf_tables') === true),
  },
  {
    name: 'a wrong configuration is error 7, with the key',
    reason:
      'The reference answers most of them with 999 and the words of its JSON decoder; the specification has a code for them, and the key helps. Of several errors another one may be told.',
    explains: ({ fact, ours }, { bothFail, theirMessage, ourMessage, ourCode }) =>
      bothFail &&
      ((fact === 'error.code' && ['2', '6', '7'].includes(ours ?? '')) ||
        (fact === 'error.details' && ours === undefined && ourMessage.startsWith('invalid version')) ||
        (fact === 'error.msg' &&
          ((isAboutConfig(theirMessage) && (ourCode !== '' || isGoSyntax(theirMessage))) ||
            isStrict(ourMessage) ||
            ourMessage.endsWith(': expected an object')))),
  },
  {
    name: 'errors of the system in our words',
    reason: 'The reference prints Go structures and calls of its own; what the kernel said is the same.',
    explains: ({ fact, ours, theirs }, { bothFail }) =>
      bothFail &&
      fact === 'error.msg' &&
      (lastWords(ours) === lastWords(theirs) ||
        theirs?.endsWith('are not the same IP family') === true ||
        (theirs?.includes('FS magic') === true && ours?.includes('setns') === true)),
  },
  {
    name: 'a gateway outside of the subnet, an address without a subnet',
    reason:
      'The way to the gateway is there before the routes that lead over it, and no route is made that has to be deleted; so both work. The reference has an error of the kernel. Where the gateway is the pod itself, ours has one too, of another route.',
    explains: ({ fact }, { verb, onlyTheyFail, bothFail, theirMessage }) =>
      verb === 'ADD' &&
      (onlyTheyFail || (bothFail && fact === 'error.msg')) &&
      /^failed to (add|delete) route .*: /.test(theirMessage),
  },
  {
    name: 'a key that a plugin has no use for may be anything',
    reason: 'Loopback gives no addresses, so it does not look at ipam.',
    explains: (_difference, { plugin, onlyTheyFail, theirMessage }) =>
      plugin === 'loopback' &&
      onlyTheyFail &&
      isGoSyntax(theirMessage.replace(/^failed to parse network config: /, '')),
  },
  {
    name: 'loopback passes a previous result on whatever version it says',
    reason:
      'A runtime hands it over in the version of the configuration. The reference fails where it says another one.',
    explains: (_difference, { plugin, onlyTheyFail, theirMessage }) =>
      plugin === 'loopback' &&
      onlyTheyFail &&
      theirMessage.includes('could not parse prevResult: result type'),
  },
  {
    name: 'loopback prints results of the configuration’s version',
    reason:
      'The reference says that version, but prints the fields of 1.0.0 (plugins/main/loopback/loopback.go).',
    explains: ({ fact }, { plugin, verb, bothFail }) =>
      plugin === 'loopback' &&
      verb === 'ADD' &&
      !bothFail &&
      /^result\.(ips|ip4|ip6|interfaces|dns)/.test(fact),
  },
  {
    name: 'ends of a veth with one queue',
    reason:
      'The kernel makes one for each processor otherwise, and takes all but one away again. The reference gives the host’s end a queue without length, which would drop what a queueing discipline holds back.',
    explains: ({ fact }) => / link .* (queues|length of queue)$/.test(fact),
  },
  {
    name: 'the host’s end says whose it is',
    reason: 'DEL and GC find it by its alias without the pod’s namespace, and so do people.',
    explains: ({ fact, theirs }) => /^host link .* alias$/.test(fact) && theirs === undefined,
  },
  {
    name: 'the gateway is a permanent neighbour of the pod',
    reason:
      'So the pod asks nobody for it, and no setting of the host keeps the answer back (https://github.com/containernetworking/plugins/issues/134, https://github.com/kubernetes-sigs/kind/pull/3881).',
    explains: ({ fact, theirs }) => /^pod \d neighbour /.test(fact) && theirs === undefined,
  },
  {
    name: 'no route for a prefix, no duplicate-address detection',
    reason:
      'The reference has the kernel make a route, and deletes it (in the pod) or leaves it (on the host, beside the local one). Nobody else on the wire could have the address: the reference waits for that.',
    explains: ({ fact, ours, theirs }) =>
      (/ address \S+ (noprefixroute|nodad)$/.test(fact) && theirs === undefined) ||
      (/^host route \S+ dev=<.* metric=256 .*protocol=2 .*table=254/.test(fact) && ours === undefined),
  },
]

/** Our words for values that the reference takes. */
const isStrict = (text: string): boolean =>
  /must be |lies behind the last address|IPv4-mapped|has bits set behind|is no prefix length|invalid address|is not supported: those|ipam.type is missing|(not |gateway )of (the|its) family|missing IP config/.test(
    text,
  )

/** The text of the error's number: behind the last colon, and before what else the kernel says. */
const lastWords = (text = ''): string => {
  const said = text.replace(/ \([^()]*\)$/, '')
  return said.slice(said.lastIndexOf(': ') + 1)
}

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
      difference.fact === 'exit' ||
      ((facts.bothFail || facts.verb === 'GC') && isState(difference)) ||
      isReservation(difference),
  )
  return { used, unexplained, diverged: apart }
}
