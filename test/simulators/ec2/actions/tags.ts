import { type Action, DONE } from '../action.ts'
import { Ec2Error, missingParameter } from '../errors.ts'
import {
  INSTANCE,
  INTERNET_GATEWAY,
  NETWORK_ACL,
  NETWORK_INTERFACE,
  PEERING,
  type ResourceKind,
  ROUTE_TABLE,
  SECURITY_GROUP,
  SUBNET,
  VPC,
  lookUp,
} from '../ids.ts'
import type { State } from '../state.ts'
import { putTags, readTags, tagLimitExceeded } from '../tagging.ts'

const createTags: Action = {
  name: 'CreateTags',
  required: ['ResourceId.#', 'Tag.#'],
  optional: ['ResourceId.#', 'Tag.#.Key', 'Tag.#.Value'],
  prepare(parameters, { state }) {
    const ids = parameters.list('ResourceId')
    for (const id of ids) checkExists(state, id)
    const tags = readTags(parameters)
    for (const id of ids)
      if (new Set([...(state.tags.get(id)?.keys() ?? []), ...tags.keys()]).size > 50) throw tagLimitExceeded()
    return () => {
      for (const id of ids) putTags(state, id, tags)
      return DONE
    }
  },
}

/** Without tags, all go; a tag with a value goes only if the value is that one. A tag that is not there is no error. */
const deleteTags: Action = {
  name: 'DeleteTags',
  required: ['ResourceId.#'],
  optional: ['Tag.#.Key', 'Tag.#.Value'],
  prepare(parameters, { state }) {
    const ids = parameters.list('ResourceId')
    for (const id of ids) checkExists(state, id)
    const wanted = parameters.structures('Tag').map((tag) => {
      if (!tag.has('Key')) throw missingParameter('Tag.Key')
      return { key: tag.required('Key'), value: tag.text('Value') }
    })
    const goes = (key: string, value: string): boolean =>
      wanted.length === 0 || wanted.some((tag) => tag.key === key && (tag.value ?? value) === value)
    return () => {
      for (const id of ids) {
        const left = [...(state.tags.get(id) ?? [])].filter(([key, value]) => !goes(key, value))
        if (left.length === 0) state.tags.delete(id)
        else state.tags.set(id, new Map(left))
      }
      return DONE
    }
  },
}

function checkExists(state: State, id: string): void {
  const kinds: readonly (readonly [ResourceKind, ReadonlyMap<string, unknown>])[] = [
    [VPC, state.vpcs],
    [SUBNET, state.subnets],
    [ROUTE_TABLE, state.routeTables],
    [INTERNET_GATEWAY, state.internetGateways],
    [NETWORK_INTERFACE, state.networkInterfaces],
    [INSTANCE, state.instances],
    [SECURITY_GROUP, state.securityGroups],
    [NETWORK_ACL, state.networkAcls],
    [PEERING, state.peerings],
  ]
  const found = kinds.find(([{ prefix }]) => id.startsWith(`${prefix}-`))
  if (found === undefined) throw new Ec2Error('InvalidID', `The ID '${id}' is not valid`)
  lookUp(found[0], found[1], id)
}

export const TAG_ACTIONS: readonly Action[] = [createTags, deleteTags]
