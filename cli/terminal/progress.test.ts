import { expect, test } from 'vitest'
import { RecordedOutput } from '../testing/command-world.ts'
import { Progress } from './progress.ts'

function record(isTTY: boolean) {
  const written: string[] = []
  let time = 0
  const stream = { isTTY, columns: 20, write: (text: string) => written.push(text) }
  const output = new RecordedOutput()
  const progress = new Progress(output, { stream, monotonic: () => time })
  return { written, output, progress, pass: (ms: number) => (time += ms) }
}

test('on a terminal: one line that changes, is never broken, and is gone before a result', async () => {
  const { output, progress, written } = record(true)
  progress.reads('the tables')
  progress.counts(1, 300, 'destination')
  expect(written).toEqual(['\r\u001b[2KReading the tables ', '\r\u001b[2K1 of 300 destinatio'])
  await progress.output.result('a table\n')
  await progress.output.note('a note')
  expect(written.slice(2)).toEqual(['\r\u001b[2K'])
  expect([output.text, output.notes]).toEqual(['a table\n', ['a note']])
  progress.reads('more')
  progress[Symbol.dispose]()
  expect(written.at(-1)).toBe('\r\u001b[2K')
})

test('in a log: a line every ten seconds while work is long, and nothing else', () => {
  const { pass, progress, written } = record(false)
  progress.reads('the tables')
  progress.counts(1, 300, 'destination')
  pass(10_000)
  progress.counts(120, 300, 'destination')
  pass(1_000)
  progress.counts(130, 300, 'destination')
  progress[Symbol.dispose]()
  expect(written).toEqual(['120 of 300 destinations done\n'])
})
