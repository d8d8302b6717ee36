import type { PluginHost } from '@tripline/core'
import type { Log } from '../log.ts'
import { presentTrace } from './call-trace.ts'

/** Makes what plugins see of the world. Each of their calls is logged at level debug, without what could hold a secret. */
export function createPluginHost(fetch: PluginHost['fetch'], log: Log): PluginHost {
  return {
    fetch: logging(fetch, log),
    now: () => new Date(),
    log: (level, message, details = {}) => log[level]({ ...presentTrace(), ...details }, message),
  }
}

function logging(fetch: PluginHost['fetch'], log: Log): PluginHost['fetch'] {
  return async (input, init) => {
    if (!log.isLevelEnabled('debug')) return await fetch(input, init)
    const begun = performance.now()
    const call = {
      ...presentTrace(),
      method: init?.method ?? (input instanceof Request ? input.method : 'GET'),
      url: withoutQuery(input instanceof Request ? input.url : String(input)),
    }
    const ms = (): number => Math.round(performance.now() - begun)
    try {
      const response = await fetch(input, init)
      log.debug({ ...call, status: response.status, ms: ms() }, 'a call was answered')
      return response
    } catch (error) {
      log.debug({ ...call, err: error, ms: ms() }, 'a call was not answered')
      throw error
    }
  }
}

/** Queries may hold tokens. */
function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`
}
