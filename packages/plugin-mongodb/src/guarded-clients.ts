import { MongoClient } from 'mongodb'
import type { StreamHost } from '@tripline/core'
import type { MongodbSettings } from './settings.ts'

/** The clients of a target: one for each account, because a connection has one. */
export interface GuardedClients {
  /** The client for a database. Throws when its server must not be connected to. */
  clientFor(database: string): Promise<MongoClient>
  close(): Promise<void>
}

const TIMEOUT_MS = 10_000

/**
 * Makes clients that connect to the one server that is named, through the host's guard: the members of a replica set that
 * a server names are not connected to.
 */
export function createGuardedClients(settings: MongodbSettings, host: StreamHost): GuardedClients {
  const clients = new Map<string, MongoClient>()
  return {
    async clientFor(database) {
      // Addresses are connected to without a lookup.
      await host.resolve(settings.host)
      const account = settings.authentication.find((entry) => entry.database === database)
      const key = account?.database ?? ''
      const known = clients.get(key)
      if (known !== undefined) return known
      const client = new MongoClient(addressOf(settings), {
        appName: 'tripline',
        directConnection: true,
        lookup: host.lookup,
        serverSelectionTimeoutMS: TIMEOUT_MS,
        connectTimeoutMS: TIMEOUT_MS,
        socketTimeoutMS: 3 * TIMEOUT_MS,
        maxPoolSize: 4,
        // The queue tries again.
        retryWrites: false,
        ...(account === undefined
          ? {}
          : {
              auth: { username: account.user, password: account.password },
              authSource: account.database,
            }),
        tls: settings.encrypt,
        ...(settings.encrypt
          ? {
              rejectUnauthorized: !settings.skip_cert_verification,
              ...(settings.ca_certs === undefined ? {} : { ca: settings.ca_certs }),
            }
          : {}),
      })
      clients.set(key, client)
      return client
    },
    async close() {
      const all = [...clients.values()]
      clients.clear()
      await Promise.allSettled(all.map((client) => client.close(true)))
    },
  }
}

function addressOf({ host, port }: MongodbSettings): string {
  return `mongodb://${host.includes(':') ? `[${host}]` : host}:${port}/`
}
