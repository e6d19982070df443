import { describe, expect, test } from 'vitest'
import { compare } from './compare.ts'
import { countItems, readFields } from './fields.ts'
import { parseXml } from './xml-tree.ts'

const fields = (xml: string): readonly string[] => readFields(parseXml(xml), (value) => `«${value}»`)

describe('the fields that someone reads', () => {
  test('of a route table: a line for each item, by the id of its owner', () => {
    const table = `
      <DescribeRouteTablesResponse>
        <requestId>not read</requestId>
        <routeTableSet><item>
          <routeTableId>rtb-1</routeTableId><ownerId>not read</ownerId>
          <routeSet>
            <item><destinationCidrBlock>10.0.0.0/8</destinationCidrBlock><state>active</state></item>
            <item><destinationCidrBlock>11.0.0.0/8</destinationCidrBlock><state/></item>
          </routeSet>
          <tagSet/>
        </item></routeTableSet>
        <nextToken>abc</nextToken>
      </DescribeRouteTablesResponse>`
    expect(fields(table)).toEqual([
      'nextToken=(a token)',
      'routeTableSet: routeTableId=«rtb-1»',
      '«rtb-1» routeSet: destinationCidrBlock=«10.0.0.0/8» state=«active»',
      '«rtb-1» routeSet: destinationCidrBlock=«11.0.0.0/8»',
    ])
  })

  test('of an instance: a structure belongs to its item, an interface to its instance', () => {
    const instance = `
      <DescribeInstancesResponse><reservationSet><item><instancesSet><item>
        <instanceId>i-1</instanceId><instanceState><code>16</code><name>running</name></instanceState>
        <networkInterfaceSet><item>
          <networkInterfaceId>eni-1</networkInterfaceId><attachment><deviceIndex>0</deviceIndex></attachment>
          <ipv6AddressesSet><item><ipv6Address>::1</ipv6Address></item></ipv6AddressesSet>
        </item></networkInterfaceSet>
      </item></instancesSet></item></reservationSet></DescribeInstancesResponse>`
    expect(fields(instance)).toEqual([
      'instancesSet: instanceId=«i-1» instanceState/name=«running»',
      '«eni-1» ipv6AddressesSet: ipv6Address=«::1»',
      '«i-1» networkInterfaceSet: attachment/deviceIndex=«0» networkInterfaceId=«eni-1»',
    ])
  })

  test('an empty list is another answer than none', () => {
    expect(fields('<R><routeTableSet/></R>')).toEqual(['routeTableSet: (empty)'])
    expect(fields('<R><requestId>1</requestId></R>')).toEqual([])
  })

  test('the items of a page are counted', () => {
    expect(countItems(parseXml('<R><vpcSet><item/><item/></vpcSet><nextToken>a</nextToken></R>'))).toBe(2)
  })
})

describe('two answers', () => {
  const answer = (verdict: string, ...lines: readonly string[]) => ({ verdict, fields: lines })

  test.each([
    ['the same', answer('200', 'a'), answer('200', 'a'), []],
    ['another field', answer('200', 'a'), answer('200', 'b'), ['LocalStack: b', 'simulator: a']],
    ['a field twice', answer('200', 'a', 'a'), answer('200', 'a'), ['simulator: a']],
    ['a refusal', answer('400 X'), answer('200', 'a'), ['LocalStack: 200', 'simulator: 400 X']],
    ['another refusal', answer('400 X'), answer('400 Y'), ['LocalStack: 400 Y', 'simulator: 400 X']],
  ])('%s', (_what, simulator, localStack, expected) => {
    expect(compare(simulator, localStack)).toEqual(expected)
  })
})

describe('XML', () => {
  test('entities and attributes', () => {
    const read = parseXml(
      '<?xml version="1.0"?>\n<a x="1" y=\'<\'><b>1 &lt; 2 &amp;amp; &#65;&#x42;</b><c/></a>\n',
    )
    expect(read).toMatchObject({
      name: 'a',
      children: [{ name: 'b', text: '1 < 2 &amp; AB' }, { name: 'c' }],
    })
  })

  test.each([
    ['no document', ''],
    ['a text', 'Internal Server Error'],
    ['not closed', '<a><b></a>'],
    ['two', '<a/><b/>'],
    ['cut short', '<a><b>'],
    ['cut in a tag', '<a><b'],
  ])('%s is refused', (_what, document) => {
    expect(() => parseXml(document)).toThrow(SyntaxError)
  })
})
