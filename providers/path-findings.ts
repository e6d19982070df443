import { type FindingFacts, findingsOf, isWell } from './finding.ts'

/** Every code of what a cloud does with a packet, in the order in which the packet meets it. They are stable. */
export const cloudWayFindings = {
  SenderMayForward: isWell(
    'The cloud lets the Node’s interface send packets that are not from its own address.',
  ),
  SenderMayNotForward: {
    severity: 'error',
    meaning:
      'The cloud drops what the Node’s interface sends from another address than its own, as pods’ packets are.',
    remedy:
      'Turn the source/destination check off (AWS), or IP forwarding on (Google Cloud, Azure) at that interface.',
  },
  CloudRouteFound: isWell('The table that the packet follows has a route to where the destination is.'),
  CloudRouteMissing: {
    severity: 'error',
    meaning: 'The table that the packet follows has no route to its destination.',
    remedy:
      'Look at the NodeRoute of the destination and at the controller’s log; if the table is not one of the cluster’s, name it to the controller.',
  },
  CloudRouteBlackhole: {
    severity: 'error',
    meaning: 'The route leads to something that exists no more, or does not run.',
    remedy: 'Start the instance, or let the controller replace the route.',
  },
  CloudRouteDrops: {
    severity: 'error',
    meaning: 'The most specific route is one that drops its packets (on Azure, the next hop type `None`).',
    remedy: 'Remove the route that the message names; podway makes none of the kind.',
  },
  CloudRouteNotInForce: {
    severity: 'error',
    meaning: 'The table has the route, and the cloud does not let packets follow it.',
    remedy:
      'Wait until the last write of the table is done; a route that the cloud has failed to put into force has to be written again, which the controller does.',
  },
  CloudRouteElsewhere: {
    severity: 'error',
    meaning: 'The route leads to something else than where the destination is.',
    remedy:
      'Remove the route that the message names if it is not podway’s; podway does not overwrite others’ routes.',
  },
  ReceiverMayForward: isWell(
    'The cloud hands the destination’s interface packets that are not for its own address.',
  ),
  ReceiverMayNotForward: {
    severity: 'error',
    meaning:
      'The cloud drops what comes to the interface of the destination’s Node for another address than its own.',
    remedy:
      'Turn the source/destination check off (AWS), or IP forwarding on (Google Cloud, Azure) at that interface.',
  },
  CloudPlaceUnknown: {
    severity: 'unknown',
    meaning:
      'It is not known which machine of the cloud a Node is, so not what the cloud does with its packets.',
    remedy: 'Look at the Node’s spec.providerID, and at account, project and region of the credentials.',
  },
  CloudNotRead: {
    severity: 'unknown',
    meaning: 'These credentials may not read what the cloud does with the packet.',
    remedy: 'Allow the action that the message names.',
  },
} as const satisfies Readonly<Record<string, FindingFacts>>

export const foundOnWay = findingsOf<keyof typeof cloudWayFindings>(cloudWayFindings)
