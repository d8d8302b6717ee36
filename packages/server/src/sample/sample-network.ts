import type { SeededRandom } from './seeded-random.ts'

/** A machine of the sample network. */
export interface SampleHost {
  readonly deviceId: number
  readonly hostname: string
  readonly address: string
}

const people = ['amara', 'bjorn', 'chen', 'dalia', 'emil', 'farah', 'goran', 'hana', 'ivo', 'jun'] as const
const floors = ['sales', 'finance', 'design', 'support', 'lab'] as const
const innerServers = ['fs1', 'fs2', 'mail', 'wiki', 'build', 'erp', 'print', 'backup', 'hr', 'crm'] as const
const outerNames = [
  'cdn-assets.example.net',
  'update-check.example.org',
  'telemetry.example.net',
  'paste.example.org',
] as const

/** The first device id: beyond 32 bits, as real sensors number. */
const FIRST_DEVICE = 25_769_803_776

/** The laptop of the detection that every run begins with. */
export const accountingLaptop: SampleHost = {
  deviceId: FIRST_DEVICE + 1,
  hostname: 'AccountingLaptop',
  address: '192.168.10.44',
}

/** The file server of the detection that every run begins with. */
export const corporateShare: SampleHost = {
  deviceId: FIRST_DEVICE + 2,
  hostname: 'corpshare.example.com',
  address: '192.168.6.179',
}

/** One of two hundred workstations. */
export function workstation(random: SeededRandom): SampleHost {
  const number = random.integer(10, 209)
  const floor = floors[number % floors.length] ?? floors[0]
  return {
    deviceId: FIRST_DEVICE + 1_000 + number,
    hostname: `ws-${floor}-${number}.example.com`,
    address: `192.168.${20 + (number % 5)}.${number}`,
  }
}

/** One of ten servers. */
export function server(random: SeededRandom): SampleHost {
  const number = random.integer(0, innerServers.length - 1)
  return {
    deviceId: FIRST_DEVICE + 500 + number,
    hostname: `${innerServers[number] ?? innerServers[0]}.example.com`,
    address: `10.10.4.${20 + number}`,
  }
}

/** One of two domain controllers. */
export function domainController(random: SeededRandom): SampleHost {
  const number = random.integer(1, 2)
  return {
    deviceId: FIRST_DEVICE + 10 + number,
    hostname: `dc${number}.example.com`,
    address: `10.10.0.${4 + number}`,
  }
}

/** An address on the internet, of those that are set aside for documentation. */
export function outsideAddress(random: SeededRandom): string {
  return `${random.pick(['192.0.2', '198.51.100', '203.0.113'])}.${random.integer(1, 254)}`
}

/** A name on the internet. */
export function outsideName(random: SeededRandom): string {
  return random.pick(outerNames)
}

/** A user account. */
export function username(random: SeededRandom): string {
  return random.pick(people)
}
