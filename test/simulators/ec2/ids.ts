import { Ec2Error } from './errors.ts'

/** How EC2 names a kind of resource in ids, error codes and messages. The casing differs by kind, as it does on AWS. */
export interface ResourceKind {
  readonly prefix: string
  readonly noun: string
  readonly notFound: string
  readonly malformed: string
}

export const VPC: ResourceKind = {
  prefix: 'vpc',
  noun: 'vpc',
  notFound: 'InvalidVpcID.NotFound',
  malformed: 'InvalidVpcID.Malformed',
}
export const SUBNET: ResourceKind = {
  prefix: 'subnet',
  noun: 'subnet',
  notFound: 'InvalidSubnetID.NotFound',
  malformed: 'InvalidSubnetID.Malformed',
}
/** Its codes are a guess: the published list has none. */
export const CIDR_RESERVATION: ResourceKind = {
  prefix: 'scr',
  noun: 'subnetCidrReservation',
  notFound: 'InvalidSubnetCidrReservationID.NotFound',
  malformed: 'InvalidSubnetCidrReservationID.Malformed',
}
export const ROUTE_TABLE: ResourceKind = {
  prefix: 'rtb',
  noun: 'routeTable',
  notFound: 'InvalidRouteTableID.NotFound',
  malformed: 'InvalidRouteTableId.Malformed',
}
export const ASSOCIATION: ResourceKind = {
  prefix: 'rtbassoc',
  noun: 'association',
  notFound: 'InvalidAssociationID.NotFound',
  malformed: 'InvalidAssociationID.Malformed',
}
export const INTERNET_GATEWAY: ResourceKind = {
  prefix: 'igw',
  noun: 'internetGateway',
  notFound: 'InvalidInternetGatewayID.NotFound',
  malformed: 'InvalidInternetGatewayId.Malformed',
}
/** An internet gateway where a route names it. */
export const GATEWAY: ResourceKind = {
  prefix: 'igw',
  noun: 'gateway',
  notFound: 'InvalidGatewayID.NotFound',
  malformed: 'InvalidGatewayID.NotFound',
}
export const NETWORK_INTERFACE: ResourceKind = {
  prefix: 'eni',
  noun: 'networkInterface',
  notFound: 'InvalidNetworkInterfaceID.NotFound',
  malformed: 'InvalidNetworkInterfaceId.Malformed',
}
export const ATTACHMENT: ResourceKind = {
  prefix: 'eni-attach',
  noun: 'attachment',
  notFound: 'InvalidAttachmentID.NotFound',
  malformed: 'InvalidAttachmentID.Malformed',
}
export const INSTANCE: ResourceKind = {
  prefix: 'i',
  noun: 'instance',
  notFound: 'InvalidInstanceID.NotFound',
  malformed: 'InvalidInstanceID.Malformed',
}

export const SECURITY_GROUP: ResourceKind = {
  prefix: 'sg',
  noun: 'securityGroup',
  notFound: 'InvalidGroup.NotFound',
  malformed: 'InvalidGroupId.Malformed',
}
export const NETWORK_ACL: ResourceKind = {
  prefix: 'acl',
  noun: 'networkAcl',
  notFound: 'InvalidNetworkAclID.NotFound',
  malformed: 'InvalidNetworkAclId.Malformed',
}
export const PEERING: ResourceKind = {
  prefix: 'pcx',
  noun: 'vpcPeeringConnection',
  notFound: 'InvalidVpcPeeringConnectionID.NotFound',
  malformed: 'InvalidVpcPeeringConnectionId.Malformed',
}

/** 8 digits are the old form, 17 the one of today. */
export function isWellFormed(prefix: string, id: string): boolean {
  return id.startsWith(`${prefix}-`) && /^([0-9a-f]{8}|[0-9a-f]{17})$/.test(id.slice(prefix.length + 1))
}

/** @throws Ec2Error …Malformed */
export function checkForm(kind: ResourceKind, id: string): void {
  if (!isWellFormed(kind.prefix, id))
    throw new Ec2Error(kind.malformed, `Invalid id: "${id}" (expecting "${kind.prefix}-...")`)
}

/** @throws Ec2Error …Malformed before …NotFound */
export function lookUp<T>(kind: ResourceKind, records: ReadonlyMap<string, T>, id: string): T {
  checkForm(kind, id)
  const record = records.get(id)
  if (record === undefined) throw notFound(kind, [id])
  return record
}

/**
 * All of the records named, in the order named; one that is missing refuses them all
 * (https://github.com/kubernetes/cloud-provider-aws/issues/1351 is what comes of forgetting that).
 *
 * @throws Ec2Error …Malformed before …NotFound
 */
export function lookUpAll<T>(
  kind: ResourceKind,
  records: ReadonlyMap<string, T>,
  ids: readonly string[],
): readonly T[] {
  for (const id of ids) checkForm(kind, id)
  const missing = ids.filter((id) => !records.has(id))
  if (missing.length > 0) throw notFound(kind, missing)
  return [...new Set(ids)].flatMap((id) => records.get(id) ?? [])
}

function notFound(kind: ResourceKind, ids: readonly string[]): Ec2Error {
  const message =
    ids.length === 1
      ? `The ${kind.noun} ID '${ids.join()}' does not exist`
      : `The ${kind.noun} IDs '${ids.join(', ')}' do not exist`
  return new Ec2Error(kind.notFound, message)
}
