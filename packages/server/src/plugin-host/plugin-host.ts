import type { PluginHost } from '@tripline/core'
import type { Log } from '../log.ts'

/** Makes what plugins see of the world. */
export function createPluginHost(fetch: PluginHost['fetch'], log: Log): PluginHost {
  return {
    fetch,
    now: () => new Date(),
    log: (level, message, details = {}) => log[level](details, message),
  }
}
