import { isIP } from 'node:net'
import {
  Producer,
  stringSerializers,
  type Broker,
  type Connection,
  type ConnectionPool,
} from '@platformatic/kafka'
import type { StreamHost } from '@tripline/core'
import type { KafkaSettings } from './settings.ts'

/** A producer of texts. */
export type TextProducer = Producer<string, string, string, string>

const CONNECT_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 30_000

/** Makes a producer whose every connection passes the host's guard: brokers are named by brokers, not only by us. */
export function createGuardedProducer(settings: KafkaSettings, host: StreamHost): TextProducer {
  const { brokers, protocol, authentication, create_topics } = settings
  const producer: TextProducer = new Producer({
    clientId: 'tripline',
    bootstrapBrokers: brokers,
    serializers: stringSerializers,
    autocreateTopics: create_topics,
    connectTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // The queue tries again, with a longer breath.
    retries: 1,
    retryDelay: 250,
    ...(protocol === 'tls' ? tlsOptions(settings, host) : {}),
    ...(authentication === undefined
      ? {}
      : {
          sasl: {
            mechanism:
              authentication.algorithm === 'sha256' ? ('SCRAM-SHA-256' as const) : ('SCRAM-SHA-512' as const),
            username: authentication.username,
            password: authentication.password,
          },
        }),
  })
  guard(producer.connections, host, protocol === 'tls')
  return producer
}

function tlsOptions(settings: KafkaSettings, host: StreamHost): object {
  return {
    tls: {
      lookup: host.lookup,
      rejectUnauthorized: !settings.skip_cert_verification,
      ...(settings.ca_certs === undefined ? {} : { ca: settings.ca_certs }),
      ...(settings.client_cert === undefined ? {} : { cert: settings.client_cert }),
      ...(settings.client_key === undefined ? {} : { key: settings.client_key }),
    },
    // TLS names no addresses.
    tlsServerName: settings.brokers.every((broker) => isIP(broker.host) === 0),
  }
}

/**
 * Checks each broker before it is connected to. Without TLS the connection then goes to the address that was checked;
 * with TLS to the name, which the certificate is for, and the guard's own lookup resolves it.
 */
function guard(pool: ConnectionPool, host: StreamHost, isTls: boolean): void {
  const get = pool.get.bind(pool)
  const getFirstAvailable = pool.getFirstAvailable.bind(pool)
  const checked = async (broker: Broker): Promise<Broker> => {
    const address = await host.resolve(broker.host)
    return isTls ? broker : { ...broker, host: address }
  }
  const guardedGet = (broker: Broker, callback?: OnConnection): unknown => {
    const connection = checked(broker).then((good) => get(good))
    if (callback === undefined) return connection
    void settle(connection, callback)
    return undefined
  }
  const guardedFirst = (brokers: Broker[], callback?: OnConnection): unknown => {
    const connection = allowedOf(brokers).then((good) => getFirstAvailable(good))
    if (callback === undefined) return connection
    void settle(connection, callback)
    return undefined
  }
  const allowedOf = async (brokers: readonly Broker[]): Promise<Broker[]> => {
    const results = await Promise.allSettled(brokers.map(checked))
    const good = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
    const bad = results.find((result) => result.status === 'rejected')
    if (good.length === 0 && bad !== undefined) throw bad.reason
    return good
  }
  Object.assign(pool, { get: guardedGet, getFirstAvailable: guardedFirst })
}

type OnConnection = (error: Error | null, connection?: Connection) => void

async function settle(promise: Promise<Connection>, callback: OnConnection): Promise<void> {
  let connection: Connection
  try {
    connection = await promise
  } catch (error) {
    callback(error instanceof Error ? error : new Error(String(error)))
    return
  }
  callback(null, connection)
}
