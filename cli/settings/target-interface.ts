import type { TargetInterface } from '../../providers/aws/target-interface.ts'
import { ValueError } from './value-type.ts'

/** `primary`, `device-index=N`, `tag=KEY=VALUE` or `subnet=ID`. @throws ValueError */
export function parseTargetInterface(text: string): TargetInterface {
  const [, kind, value = ''] = /^([a-z-]+)(?:=(.*))?$/s.exec(text) ?? []
  if (text === 'primary') return { by: 'primary' }
  if (kind === 'device-index') {
    const index = Number(value)
    if (!/^\d+$/.test(value) || index > 255)
      throw new ValueError('expected a whole number from 0 to 255 as device-index')
    return { by: 'device-index', index }
  }
  if (kind === 'subnet' && value.startsWith('subnet-')) return { by: 'subnet', id: value }
  const [, key, tagValue] = (kind === 'tag' ? /^([^=]+)=(.*)$/s.exec(value) : null) ?? []
  if (key !== undefined && tagValue !== undefined) return { by: 'tag', key, value: tagValue }
  throw new ValueError('expected primary, device-index=N, tag=KEY=VALUE or subnet=subnet-…')
}
