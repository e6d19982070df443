import { beforeAll, expect, test } from 'vitest'
import { describeWithPython } from '../python/describe-with-python.ts'
import { ensureBoto3, walk } from './run.ts'

await describeWithPython('the walk over an answer', () => {
  const ID = '<requestId>00000000-0000-4000-8000-000000000001</requestId>'
  const NS = 'xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"'
  const answer = (action: string, fields: string): string =>
    `<?xml version="1.0"?>\n<${action}Response ${NS}>${ID}${fields}</${action}Response>`
  const table = (fields: string): string =>
    answer('DescribeRouteTables', `<routeTableSet><item>${fields}</item></routeTableSet>`)
  const instance = (fields: string): string =>
    answer('RunInstances', `<instancesSet><item>${fields}</item></instancesSet>`)
  const refusal = (errors: string, id = 'RequestID'): string =>
    `<Response><Errors>${errors}</Errors><${id}>00000000-0000-4000-8000-000000000001</${id}></Response>`
  const noSuchRoute = '<Error><Code>InvalidRoute.NotFound</Code><Message>no</Message></Error>'
  const inTable = 'routeTableSet/item'

  const cases: readonly (readonly [
    what: string,
    action: string,
    status: number,
    body: string,
    problems: string[],
  ])[] = [
    ['a good answer', 'DescribeRouteTables', 200, table('<routeTableId>rtb-1</routeTableId><tagSet/>'), []],
    ['a good refusal', 'DeleteRoute', 400, refusal(noSuchRoute), []],
    [
      'an answer that only says it is done',
      'CreateRoute',
      200,
      answer('CreateRoute', '<return>true</return>'),
      [],
    ],
    [
      'such a one, which no shape describes',
      'AttachInternetGateway',
      200,
      answer('AttachInternetGateway', '<return>true</return>'),
      [],
    ],
    [
      'an unknown element',
      'DescribeRouteTables',
      200,
      table('<routeTableID>rtb-1</routeTableID>'),
      [`${inTable}/routeTableID: unknown`],
    ],
    [
      'an unknown element at the top',
      'CreateRoute',
      200,
      answer('CreateRoute', '<done/>'),
      ['done: unknown'],
    ],
    [
      'an unknown element where no shape is',
      'AttachInternetGateway',
      200,
      answer('AttachInternetGateway', '<x/>'),
      ['x: unknown'],
    ],
    [
      'a word for a boolean',
      'CreateRoute',
      200,
      answer('CreateRoute', '<return>yes</return>'),
      ["return: 'yes' is no boolean"],
    ],
    [
      'a word for a boolean where no shape is',
      'AttachInternetGateway',
      200,
      answer('AttachInternetGateway', '<return/>'),
      ["return: '' is no boolean"],
    ],
    [
      'a word for a number',
      'RunInstances',
      200,
      instance('<amiLaunchIndex>first</amiLaunchIndex>'),
      ["instancesSet/item/amiLaunchIndex: 'first' is no integer"],
    ],
    [
      'nothing for a number',
      'RunInstances',
      200,
      instance('<amiLaunchIndex/>'),
      ["instancesSet/item/amiLaunchIndex: '' is no integer"],
    ],
    [
      'a number for a time',
      'RunInstances',
      200,
      instance('<launchTime>1767225600</launchTime>'),
      ["instancesSet/item/launchTime: '1767225600' is no timestamp"],
    ],
    [
      'a word outside its list',
      'DescribeRouteTables',
      200,
      table('<routeSet><item><state>dead</state></item></routeSet>'),
      [`${inTable}/routeSet/item/state: 'dead' is no string of RouteState`],
    ],
    [
      'a structure for a text',
      'DescribeRouteTables',
      200,
      table('<vpcId><id>vpc-1</id></vpcId>'),
      [`${inTable}/vpcId: a string has elements in it`],
    ],
    [
      'a text for a structure',
      'RunInstances',
      200,
      instance('<placement>here</placement>'),
      ['instancesSet/item/placement: has text in it'],
    ],
    [
      'a text for a list',
      'DescribeRouteTables',
      200,
      table('<tagSet>none</tagSet>'),
      [`${inTable}/tagSet: has text in it`],
    ],
    [
      'a list without items',
      'DescribeRouteTables',
      200,
      table('<tagSet><key>a</key></tagSet>'),
      [`${inTable}/tagSet/key: not an item`],
    ],
    [
      'an element twice',
      'DescribeRouteTables',
      200,
      table('<vpcId>a</vpcId><vpcId>b</vpcId>'),
      [`${inTable}/vpcId: there twice`],
    ],
    [
      'another root',
      'CreateRoute',
      200,
      answer('ReplaceRoute', ''),
      ['the root is {http://ec2.amazonaws.com/doc/2016-11-15/}ReplaceRouteResponse'],
    ],
    [
      'no namespace',
      'CreateRoute',
      200,
      `<CreateRouteResponse>${ID}</CreateRouteResponse>`,
      ['the root is CreateRouteResponse'],
    ],
    ['no request id', 'CreateRoute', 200, `<CreateRouteResponse ${NS}/>`, ['requestId is []']],
    ['no XML', 'CreateRoute', 200, 'done', ['no XML: syntax error: line 1, column 0']],
    [
      'a refusal with the request id of a success',
      'DeleteRoute',
      400,
      refusal(noSuchRoute, 'requestId'),
      ['RequestID is []', "the parts are ['Errors', 'requestId']"],
    ],
    [
      'a refusal without a code',
      'DeleteRoute',
      400,
      refusal('<Error><Message>no</Message></Error>'),
      ["the errors are [['Error', ['Message']]]", 'Code is empty'],
    ],
    [
      'a refusal in the form of other services',
      'DeleteRoute',
      400,
      '<ErrorResponse><Error><Code>X</Code></Error></ErrorResponse>',
      [
        'the root is ErrorResponse',
        'RequestID is []',
        'the errors are []',
        "the parts are ['Error']",
        'Code is empty',
        'Message is empty',
      ],
    ],
  ]
  let walked: readonly (readonly string[])[]

  beforeAll(async () => {
    walked = await walk(
      await ensureBoto3(),
      cases.map(([, action, status, body]) => ({ action, status, body })),
    )
  })

  test.each(cases.map(([what, , , , problems], index) => ({ what, problems, index })))(
    '$what',
    ({ problems, index }) => {
      expect(walked[index]).toEqual(problems)
    },
  )
})
