import { formatAddress } from '../../../net/address.ts'
import type { Finding } from '../../finding.ts'
import { foundOnWay } from '../../path-findings.ts'
import { type GcpWay, type WayInstance, type WayReceiver, gcloudInstance, owns } from './gcp-way.ts'

/** Google drops what an instance sends from another's address, unless it may forward. */
export function judgeSender({ sender: { instance, nic, node }, source }: GcpWay): Finding {
  const object = objectOf(instance)
  if (owns(nic, source))
    return foundOnWay('SenderMayForward', {
      object,
      message: `${nic.name} of ${instance.path}, of Node ${node}, sends from an address or alias range of its own.`,
    })
  if (!instance.canIpForward)
    return foundOnWay('SenderMayNotForward', {
      object,
      message: `${instance.path}, of Node ${node}, may not forward (canIpForward is false): Google drops what it sends from ${formatAddress(source)}.`,
      fix: letForward(instance),
    })
  return foundOnWay('SenderMayForward', {
    object,
    message: `${instance.path}, of Node ${node}, may forward (canIpForward is true).`,
  })
}

/** What a route leads to an instance for, and is not its own, it takes only if it may forward. */
export function judgeReceiver({ instance, node }: WayReceiver, { destination }: GcpWay): Finding {
  const object = objectOf(instance)
  if (!instance.canIpForward)
    return foundOnWay('ReceiverMayNotForward', {
      object,
      message: `${instance.path}, of Node ${node}, may not forward (canIpForward is false): Google drops what is for ${formatAddress(destination)}.`,
      fix: letForward(instance),
    })
  return foundOnWay('ReceiverMayForward', {
    object,
    message: `${instance.path}, of Node ${node}, may forward (canIpForward is true).`,
  })
}

const objectOf = ({ path }: WayInstance) => ({ kind: 'instance', name: path })

function letForward({ path }: WayInstance): string {
  const where = gcloudInstance(path)
  return `gcloud compute instances export ${where} --destination i.yaml, set "canIpForward: true" in it, and gcloud compute instances update-from-file ${where} --source i.yaml --most-disruptive-allowed-action=REFRESH; and in the instance template.`
}
