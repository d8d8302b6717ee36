import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { parseDestination, type AllowedDestination } from '../../src/plugin-host/allowed-destination.ts'
import { DestinationRefused } from '../../src/plugin-host/destination-refused.ts'
import { createOutboundFetch } from '../../src/plugin-host/outbound-fetch.ts'
import type { ResolveHost } from '../../src/plugin-host/outbound-guard.ts'

async function startTarget() {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(request.url ?? '')
    if (request.url === '/redirect') response.writeHead(302, { location: '/secret' }).end()
    else response.end('reached')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function outbound(allow: readonly string[], resolve?: ResolveHost) {
  const destinations = allow
    .map(parseDestination)
    .filter((each): each is AllowedDestination => each !== undefined)
  const made = createOutboundFetch({ allow: destinations, ...(resolve === undefined ? {} : { resolve }) })
  return { ...made, [Symbol.asyncDispose]: () => made.close() }
}

/** What the guard raised, from below the error of `fetch`. */
async function refusalOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call
  } catch (error) {
    return error instanceof TypeError ? error.cause : error
  }
  return null
}

const loopback = { address: '127.0.0.1', family: 4 }

describe('the outbound fetch', () => {
  test.each(['127.0.0.1', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1', '0.0.0.0', '[::1]', 'localhost'])(
    'does not call %s',
    async (host) => {
      await using target = await startTarget()
      await using guard = outbound([])
      const refusal = await refusalOf(guard.fetch(`http://${host}:${target.port}/`))
      expect(refusal).toBeInstanceOf(DestinationRefused)
      expect(String(refusal)).toContain('TRIPLINE_OUTBOUND_ALLOW')
      expect(target.requests).toEqual([])
    },
  )

  test('does not call a public name that stands for a private address', async () => {
    await using target = await startTarget()
    await using guard = outbound([], () => Promise.resolve([loopback]))
    const refusal = await refusalOf(guard.fetch(`http://jira.example.com:${target.port}/`))
    expect(refusal).toBeInstanceOf(DestinationRefused)
    expect(target.requests).toEqual([])
  })

  test('looks at the address of each connection, so that a name cannot change its mind', async () => {
    await using target = await startTarget()
    const answers = [{ address: '192.0.2.1', family: 4 }]
    let asked = 0
    await using guard = outbound(['192.0.2.1'], () =>
      Promise.resolve([asked++ === 0 ? answers[0] : loopback].flatMap((each) => each ?? [])),
    )
    const first = guard.fetch(`http://rebinding.example:${target.port}/`, {
      signal: AbortSignal.timeout(300),
    })
    // Nobody answers at that address; what matters is that the second call is looked at anew.
    await first.catch(() => undefined)
    const refusal = await refusalOf(guard.fetch(`http://rebinding.example:${target.port}/`))
    expect(refusal).toBeInstanceOf(DestinationRefused)
    expect(target.requests).toEqual([])
  })

  test('connects to those addresses of a name that may be called', async () => {
    await using target = await startTarget()
    const addresses = [{ address: '10.0.0.1', family: 4 }, loopback]
    await using guard = outbound(['127.0.0.0/8'], () => Promise.resolve(addresses))
    const response = await guard.fetch(`http://mixed.example:${target.port}/`)
    expect(await response.text()).toBe('reached')
  })

  test.each([['127.0.0.1'], ['127.0.0.0/8']])('calls an address that %s allows', async (allow) => {
    await using target = await startTarget()
    await using guard = outbound([allow])
    expect((await guard.fetch(`http://127.0.0.1:${target.port}/`)).status).toBe(200)
    expect((await guard.fetch(`http://[::ffff:127.0.0.1]:${target.port}/`)).status).toBe(200)
  })

  test.each([['jira.internal'], ['*.internal'], ['JIRA.internal.']])(
    'calls a host that %s allows, whatever its address',
    async (allow) => {
      await using target = await startTarget()
      await using guard = outbound([allow], () => Promise.resolve([loopback]))
      expect((await guard.fetch(`http://jira.internal:${target.port}/`)).status).toBe(200)
      const refusal = await refusalOf(guard.fetch(`http://internal:${target.port}/`))
      expect(refusal).toBeInstanceOf(DestinationRefused)
    },
  )

  test.each(['file:///etc/passwd', 'ftp://example.com/', 'data:text/plain,x', 'nonsense'])(
    'does not take %s',
    async (address) => {
      await using guard = outbound([])
      expect(await refusalOf(guard.fetch(address))).toBeInstanceOf(DestinationRefused)
    },
  )

  test('returns a redirect as it is', async () => {
    await using target = await startTarget()
    await using guard = outbound(['127.0.0.1'])
    const response = await guard.fetch(`http://127.0.0.1:${target.port}/redirect`)
    expect([response.status, response.headers.get('location')]).toEqual([302, '/secret'])
    expect(target.requests).toEqual(['/redirect'])
  })

  test('takes a Request with its method, headers and body', async () => {
    await using target = await startTarget()
    await using guard = outbound(['127.0.0.1'])
    const request = new Request(`http://127.0.0.1:${target.port}/posted`, { method: 'POST', body: 'x' })
    expect(await (await guard.fetch(request)).text()).toBe('reached')
  })
})
