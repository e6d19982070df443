import { type Action, availabilityZones } from '../action.ts'
import { invalidValue } from '../errors.ts'

const describeAvailabilityZones: Action = {
  name: 'DescribeAvailabilityZones',
  required: [],
  optional: ['ZoneName.#'],
  prepare(parameters, { region }) {
    const zones = availabilityZones(region)
    const asked = parameters.list('ZoneName')
    for (const zone of asked)
      if (!zones.includes(zone)) throw invalidValue('ZoneName', zone, 'No such availability zone.')
    return () => ({
      availabilityZoneInfo: zones
        .filter((zone) => asked.length === 0 || asked.includes(zone))
        .map((zoneName, index) => ({
          zoneName,
          zoneState: 'available',
          regionName: region,
          zoneId: `sim1-az${index + 1}`,
          zoneType: 'availability-zone',
          groupName: region,
          networkBorderGroup: region,
          optInStatus: 'opt-in-not-required',
        })),
    })
  },
}

export const AVAILABILITY_ZONE_ACTIONS: readonly Action[] = [describeAvailabilityZones]
