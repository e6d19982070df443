import { containsCidr, formatCidr, overlaps } from '../../../../net/cidr.ts'
import type { Action, Context } from '../action.ts'
import { readCidr } from '../cidr-parameters.ts'
import { invalidParameter, invalidValue } from '../errors.ts'
import { FILTER_PARAMETERS, type FilterTable, filterRecords } from '../filters.ts'
import { CIDR_RESERVATION, SUBNET, lookUp } from '../ids.ts'
import { PAGE_PARAMETERS, pageOf } from '../paging.ts'
import type { CidrReservation, ReservationType } from '../state.ts'
import { TAG_SPECIFICATION_PARAMETERS, putTags, readTagSpecifications, tagSet } from '../tagging.ts'
import type { XmlFields } from '../xml.ts'
import { reservationsIn } from '../state.ts'
import { subnetRanges } from './subnets.ts'

const createSubnetCidrReservation: Action = {
  name: 'CreateSubnetCidrReservation',
  required: ['SubnetId', 'Cidr', 'ReservationType'],
  optional: ['Description', ...TAG_SPECIFICATION_PARAMETERS],
  prepare(parameters, context) {
    const { state } = context
    const subnet = lookUp(SUBNET, state.subnets, parameters.required('SubnetId'))
    const text = parameters.required('Cidr')
    const cidr = readCidr('Cidr', text, text.includes(':') ? 6 : 4)
    const reservationType = readType(parameters.required('ReservationType'))
    if (!subnetRanges(subnet).some((range) => containsCidr(range, cidr)))
      throw invalidParameter(`CIDR ${text} is not within the subnet's CIDR blocks`)
    if (reservationsIn(state, subnet).some((other) => overlaps(other.cidr, cidr)))
      throw invalidParameter(`CIDR ${text} overlaps with an existing reservation`)
    const tags = readTagSpecifications(parameters, ['subnet-cidr-reservation']).get('subnet-cidr-reservation')
    return () => {
      const reservation: CidrReservation = {
        subnetCidrReservationId: state.newId('scr'),
        subnetId: subnet.subnetId,
        cidr,
        reservationType,
        description: parameters.text('Description'),
      }
      state.cidrReservations.set(reservation.subnetCidrReservationId, reservation)
      putTags(state, reservation.subnetCidrReservationId, tags)
      return { subnetCidrReservation: view(reservation, context) }
    }
  },
}

function readType(text: string): ReservationType {
  if (text === 'prefix' || text === 'explicit') return text
  throw invalidValue('ReservationType', text, 'Expected prefix or explicit.')
}

const deleteSubnetCidrReservation: Action = {
  name: 'DeleteSubnetCidrReservation',
  required: ['SubnetCidrReservationId'],
  optional: [],
  prepare(parameters, context) {
    const { state } = context
    const id = parameters.required('SubnetCidrReservationId')
    const reservation = lookUp(CIDR_RESERVATION, state.cidrReservations, id)
    return () => {
      const deletedSubnetCidrReservation = view(reservation, context)
      state.cidrReservations.delete(id)
      state.tags.delete(id)
      return { deletedSubnetCidrReservation }
    }
  },
}

const RESERVATION_FILTERS: FilterTable<CidrReservation> = {
  reservationType: ({ reservationType }) => [reservationType],
  'subnet-id': ({ subnetId }) => [subnetId],
}

/** Of one subnet; the families come in lists of their own. */
const getSubnetCidrReservations: Action = {
  name: 'GetSubnetCidrReservations',
  required: ['SubnetId'],
  optional: [...FILTER_PARAMETERS, ...PAGE_PARAMETERS],
  prepare(parameters, context) {
    const { state } = context
    const subnet = lookUp(SUBNET, state.subnets, parameters.required('SubnetId'))
    const idOf = (reservation: CidrReservation): string => reservation.subnetCidrReservationId
    const found = filterRecords(reservationsIn(state, subnet), parameters, RESERVATION_FILTERS, {
      state,
      idOf,
    })
    const page = pageOf(found, parameters, idOf, 1000)
    const ofFamily = (family: 4 | 6): readonly XmlFields[] =>
      page.records.filter(({ cidr }) => cidr.family === family).map((one) => view(one, context))
    return () => ({
      subnetIpv4CidrReservationSet: ofFamily(4),
      subnetIpv6CidrReservationSet: ofFamily(6),
      nextToken: page.nextToken,
    })
  },
}

const view = (reservation: CidrReservation, { state, accountId }: Context): XmlFields => ({
  subnetCidrReservationId: reservation.subnetCidrReservationId,
  subnetId: reservation.subnetId,
  cidr: formatCidr(reservation.cidr),
  reservationType: reservation.reservationType,
  ownerId: accountId,
  description: reservation.description,
  tagSet: tagSet(state, reservation.subnetCidrReservationId),
})

export const SUBNET_CIDR_RESERVATION_ACTIONS: readonly Action[] = [
  createSubnetCidrReservation,
  deleteSubnetCidrReservation,
  getSubnetCidrReservations,
]
