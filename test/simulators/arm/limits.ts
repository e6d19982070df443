import type { Operation } from './operation.ts'

/** What a subscription may have, as far as it concerns route tables. */
export const limitOperations: readonly Operation[] = [
  {
    name: 'Usages_List',
    method: 'GET',
    path: '/subscriptions/{subscription}/providers/Microsoft.Network/locations/{location}/usages',
    action: 'Microsoft.Network/locations/usages/read',
    handle: ({ id, limits }) => ({
      status: 200,
      body: {
        value: [
          {
            id: `${id}/RoutesPerRouteTable`,
            name: { value: 'RoutesPerRouteTable', localizedValue: 'Routes per Route Table' },
            currentValue: 0,
            limit: limits.routesPerTable,
            unit: 'Count',
          },
        ],
      },
    }),
  },
]
