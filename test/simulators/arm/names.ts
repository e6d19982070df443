import { badRequest } from './errors.ts'

/**
 * Of what the network resource provider holds: 1 to 80 characters.
 * Source: https://learn.microsoft.com/en-us/azure/azure-resource-manager/management/resource-name-rules#microsoftnetwork
 */
export function checkName(name: string): void {
  if (name.length <= 80 && /^[a-z0-9](?:[\w.-]*\w)?$/i.test(name)) return
  throw badRequest(
    'InvalidResourceName',
    `Resource name ${name} is invalid. The name can be up to 80 characters long. It must begin with a word character, and it must end with a word character or with '_'. The name may contain word characters or '.', '-', '_'.`,
  )
}

/** `/subscriptions/…/resourceGroups/…` of an id. */
export const groupOf = (id: string): string => id.split('/').slice(0, 5).join('/')
export const nameOf = (id: string): string => id.split('/').at(-1) ?? ''
export const sameId = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()
