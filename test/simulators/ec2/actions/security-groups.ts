import { type Action } from '../action.ts'
import { Ec2Error, dependencyViolation } from '../errors.ts'
import { FILTER_PARAMETERS, type FilterTable, filterRecords } from '../filters.ts'
import { SECURITY_GROUP, VPC, lookUp, lookUpAll } from '../ids.ts'
import { PAGE_PARAMETERS, pageOf } from '../paging.ts'
import { isDefaultGroup } from '../security.ts'
import type { SecurityGroup } from '../state.ts'
import { TAG_SPECIFICATION_PARAMETERS, putTags, readTagSpecifications, tagSet } from '../tagging.ts'
import { groupArn, viewSecurityGroup } from '../views/security.ts'

const createSecurityGroup: Action = {
  name: 'CreateSecurityGroup',
  required: ['GroupName', 'GroupDescription', 'VpcId'],
  optional: TAG_SPECIFICATION_PARAMETERS,
  prepare(parameters, context) {
    const { state } = context
    const { vpcId } = lookUp(VPC, state.vpcs, parameters.required('VpcId'))
    const groupName = parameters.required('GroupName')
    const taken = [...state.securityGroups.values()].some(
      (other) => other.vpcId === vpcId && other.groupName === groupName,
    )
    if (taken)
      throw new Ec2Error(
        'InvalidGroup.Duplicate',
        `The security group '${groupName}' already exists for VPC '${vpcId}'`,
      )
    const description = parameters.required('GroupDescription')
    const tags = readTagSpecifications(parameters, ['security-group']).get('security-group')
    return () => {
      const groupId = state.newId('sg')
      state.securityGroups.set(groupId, { groupId, groupName, description, vpcId, ingress: [] })
      putTags(state, groupId, tags)
      return {
        groupId,
        tagSet: tagSet(state, groupId),
        securityGroupArn: groupArn(groupId, context),
      }
    }
  },
}

const deleteSecurityGroup: Action = {
  name: 'DeleteSecurityGroup',
  required: ['GroupId'],
  optional: [],
  prepare(parameters, { state }) {
    const group = lookUp(SECURITY_GROUP, state.securityGroups, parameters.required('GroupId'))
    const { groupId } = group
    if (isDefaultGroup(group))
      throw new Ec2Error(
        'CannotDelete',
        `the specified group: "${groupId}" name: "default" cannot be deleted by a user`,
      )
    const isNamed = [...state.securityGroups.values()].some(
      (other) =>
        other.groupId !== groupId &&
        other.ingress.some(({ source }) => source.kind === 'group' && source.groupId === groupId),
    )
    if (isNamed || [...state.networkInterfaces.values()].some(({ groupIds }) => groupIds.includes(groupId)))
      throw dependencyViolation('security group', groupId)
    return () => {
      state.securityGroups.delete(groupId)
      state.tags.delete(groupId)
      return { return: true, groupId }
    }
  },
}

const filters: FilterTable<SecurityGroup> = {
  'group-id': ({ groupId }) => [groupId],
  'group-name': ({ groupName }) => [groupName],
  'vpc-id': ({ vpcId }) => [vpcId],
}

const describeSecurityGroups: Action = {
  name: 'DescribeSecurityGroups',
  required: [],
  optional: ['GroupId.#', ...FILTER_PARAMETERS, ...PAGE_PARAMETERS],
  prepare(parameters, context) {
    const { state } = context
    const idOf = (group: SecurityGroup): string => group.groupId
    const ids = parameters.list('GroupId')
    const named =
      ids.length > 0
        ? lookUpAll(SECURITY_GROUP, state.securityGroups, ids)
        : [...state.securityGroups.values()]
    const found = filterRecords(named, parameters, filters, { state, idOf })
    const page = pageOf(found, parameters, idOf, 1000)
    return () => ({
      securityGroupInfo: page.records.map((group) => viewSecurityGroup(group, context)),
      nextToken: page.nextToken,
    })
  },
}

export const SECURITY_GROUP_ACTIONS: readonly Action[] = [
  createSecurityGroup,
  deleteSecurityGroup,
  describeSecurityGroups,
]
