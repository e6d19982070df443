import { describe, expect, test } from 'vitest'
import { writeAnswer, writeError } from './xml.ts'

describe('an answer', () => {
  test('is the action with its fields in order, lists as items, nothing for undefined', () => {
    const fields = {
      routeTableSet: [{ routeTableId: 'rtb-1', main: true, vpcId: undefined, routeSet: [] }, 'plain'],
      count: 0,
      empty: '',
    }
    expect(writeAnswer('DescribeRouteTables', 'r-1', fields)).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n' +
        '<DescribeRouteTablesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r-1</requestId>' +
        '<routeTableSet><item><routeTableId>rtb-1</routeTableId><main>true</main><routeSet/></item><item>plain</item></routeTableSet>' +
        '<count>0</count><empty/></DescribeRouteTablesResponse>',
    )
  })

  test('text is escaped', () => {
    expect(writeAnswer('A', 'r', { value: `a<b> & "c" 'd' &amp;` })).toContain(
      `<value>a&lt;b&gt; &amp; "c" 'd' &amp;amp;</value>`,
    )
  })
})

test('an error spells RequestID its own way', () => {
  expect(writeError('InvalidRoute.NotFound', 'no route with <x>', 'r-1')).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
      '<Response><Errors><Error><Code>InvalidRoute.NotFound</Code><Message>no route with &lt;x&gt;</Message></Error></Errors><RequestID>r-1</RequestID></Response>',
  )
})
