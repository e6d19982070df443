import { expect, it } from 'vitest'
import { Undo } from './undo.ts'

it('takes everything back, the latest first, though one step fails', () => {
  const undo = new Undo()
  const done: number[] = []
  undo.add(() => done.push(1))
  undo.add(() => {
    throw new Error('no')
  })
  undo.add(() => done.push(3))
  undo.run()
  expect(done).toEqual([3, 1])
})
