import {
  AccessDenied,
  errorFinding,
  okFinding,
  PluginOutdated,
  Rejected,
  TicketingError,
  Unauthorized,
  warningFinding,
  type ConnectionFinding,
  type ConnectionReport,
} from '@tripline/core'
import type { ExtrahopClient } from './extrahop-client.ts'
import {
  appliancesSchema,
  idsSchema,
  systemSchema,
  ticketingSchema,
  versionSchema,
  type Appliance,
} from './extrahop-payloads.ts'
import type { ExtrahopSettings } from './settings.ts'

/** The first firmware whose detections all have `mod_time`, by which they are polled. */
const OLDEST_FIRMWARE = 9
const TRACKING_PAGE = 'Administration > System Configuration > Detection Tracking'

/** Looks at all that is needed of a sensor or console, without changing anything there. */
export async function checkExtrahop(
  client: ExtrahopClient,
  { baseUrl }: ExtrahopSettings,
): Promise<ConnectionReport> {
  const address = new URL(baseUrl).host
  try {
    const system = await client.get('/extrahop', systemSchema)
    const { version } = await client.get('/extrahop/version', versionSchema)
    const host = system.display_host ?? system.hostname ?? address
    const findings = [
      okFinding('connection', `${host} answers, and takes the credentials.`),
      versionFinding(host, version),
      await ticketingFinding(client, host),
      ...(await accessFindings(client, host)),
      ...(await sensorFindings(client, host)),
    ]
    return {
      product: ['ExtraHop', system.platform ?? '', version].join(' ').replaceAll(/ +/gu, ' '),
      account: null,
      findings,
    }
  } catch (error) {
    if (!(error instanceof TicketingError)) throw error
    return { product: 'ExtraHop', account: null, findings: [connectionFinding(error, address)] }
  }
}

function connectionFinding(error: TicketingError, address: string): ConnectionFinding {
  if (error instanceof Unauthorized) {
    return errorFinding(
      'credentials',
      `${address} does not take the credentials: ${error.message}`,
      'Make an API key there (or REST API credentials, of RevealX 360) and put it into the settings of the source.',
    )
  }
  const remedy =
    error instanceof AccessDenied
      ? 'Accept the licence agreement of the appliance, or give the user of the API key more privileges.'
      : 'See that the address is that of an ExtraHop sensor or console and can be reached from this server, then check again.'
  return errorFinding('connection', error.message, remedy)
}

function versionFinding(host: string, version: string): ConnectionFinding {
  const major = /^\d+/u.exec(version)?.[0]
  if (major === undefined) {
    const message = `${host} says that its firmware is ${version}, which tells nothing.`
    return warningFinding('version', message, 'See that its firmware is 9.0 or later.')
  }
  if (Number(major) >= OLDEST_FIRMWARE) return okFinding('version', `${host} has firmware ${version}.`)
  return errorFinding(
    'version',
    `${host} has firmware ${version}, whose detections do not all tell when they were modified.`,
    'Update it to firmware 9.0 or later.',
  )
}

async function ticketingFinding(client: ExtrahopClient, host: string): Promise<ConnectionFinding> {
  const subject = 'tracking'
  try {
    const modes = await client.get('/extrahop/ticketing', ticketingSchema)
    if (modes.external_ticketing_enabled ?? modes.enabled ?? false) {
      return okFinding(subject, `Ticket tracking is on on ${host}.`)
    }
    const instead = modes.internal_ticketing_enabled === true ? '; only its own users track detections' : ''
    return errorFinding(
      subject,
      `Ticket tracking is off on ${host}${instead}: it takes no ticket ids, and statuses may be refused.`,
      `On ${host}, open ${TRACKING_PAGE} and enable external integrations to track detections.`,
    )
  } catch (error) {
    if (error instanceof AccessDenied) {
      return warningFinding(
        subject,
        `The credentials may not see whether ticket tracking is on on ${host}.`,
        `On ${host}, see under ${TRACKING_PAGE} that external integrations may track detections.`,
      )
    }
    return errorFinding(subject, reasonOf(error), 'Check again; if it stays, see the log of the appliance.')
  }
}

/** Whether detections can be searched for as polls do, and written to. */
async function accessFindings(client: ExtrahopClient, host: string): Promise<readonly ConnectionFinding[]> {
  const sort = [{ field: 'mod_time', direction: 'desc' }]
  try {
    const [newest] = await client.search({ limit: 1, sort, mod_time: 1 }, idsSchema)
    const searched = okFinding('search', `Detections of ${host} can be searched for.`)
    return [searched, newest === undefined ? unknownWrite(host) : await writeFinding(client, host, newest.id)]
  } catch (error) {
    const remedy = 'Give the credentials access to detections (NDR or NPM module access), and check again.'
    return [errorFinding('search', reasonOf(error), remedy)]
  }
}

function unknownWrite(host: string): ConnectionFinding {
  return warningFinding(
    'write',
    `${host} has no detection yet on which to see whether the credentials may write.`,
    'Check again when there is one.',
  )
}

/** A change of nothing is taken or refused as any other is. */
async function writeFinding(client: ExtrahopClient, host: string, id: string): Promise<ConnectionFinding> {
  const allowed = okFinding('write', `The credentials may track detections on ${host}.`)
  try {
    await client.patchDetection(id, {})
    return allowed
  } catch (error) {
    if (error instanceof AccessDenied || error instanceof Unauthorized) {
      return errorFinding(
        'write',
        `The credentials may read detections on ${host} but not track them.`,
        'Give their user limited write privileges or more.',
      )
    }
    // What refuses an empty change for its content would have taken one with content.
    if (error instanceof Rejected) return allowed
    return warningFinding('write', reasonOf(error), 'Check again.')
  }
}

/** A console tells which sensors it has, and of none of them whether ticket tracking is on. */
async function sensorFindings(client: ExtrahopClient, host: string): Promise<readonly ConnectionFinding[]> {
  let sensors: readonly Appliance[]
  try {
    sensors = (await client.get('/appliances', appliancesSchema)).filter(
      ({ managed_by_local: isManaged }) => isManaged === true,
    )
  } catch (error) {
    // Neither every appliance nor every privilege has this list.
    const isMissing = [PluginOutdated, AccessDenied, Rejected].some((type) => error instanceof type)
    return isMissing ? [] : [errorFinding('sensors', reasonOf(error), 'Check again.')]
  }
  return sensors.map((sensor) => {
    const name = sensor.display_name ?? sensor.hostname ?? 'a sensor without a name'
    return warningFinding(
      `sensor:${name}`,
      `${host} is the console of ${name}, and does not tell whether ticket tracking is on there.`,
      `On ${name}, see under ${TRACKING_PAGE} that external integrations may track detections; to have that checked here, add ${name} as a source of its own and leave it paused.`,
    )
  })
}

/** @throws what is no error of the appliance */
function reasonOf(error: unknown): string {
  if (error instanceof TicketingError) return error.message
  throw error
}
