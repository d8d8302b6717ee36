import type { DetectionReportInput } from '@tripline/core'
import { isAddress, isPublicAddress } from './address.ts'
import type { Sourced } from './attacks.ts'
import { fieldsOf, listOf, numberOf, textOf, type Fields } from './reading.ts'

/** A participant as core takes it. */
export type ParticipantInput = Partial<NonNullable<DetectionReportInput['participants']>[number]>

type Role = 'offender' | 'victim' | null

const MAX_PARTICIPANTS = 1_000

/** `role_id` of a resource: target, actor, affected, related. Without one it is what the activity was aimed at. */
const resourceRoles: readonly Role[] = ['victim', 'victim', 'offender', 'victim', null]

/** `type_id` of an observable that can be a participant: hostname, address, username. */
const HOSTNAME = 1
const ADDRESS = 2
const USERNAME = 4

/**
 * Who takes part in a finding, each once: the source (offender) and destination (victim) of the event and of every
 * evidence, the actor's user, the devices, the resources, and what the observables name beyond those. At most a
 * thousand; the rest can be read in the properties.
 */
export function participantsOf(record: Fields): readonly Sourced<ParticipantInput>[] {
  const found = new Participants()
  addEvidence(found, record, '')
  for (const [index, evidence] of listOf(record['evidences']).entries()) {
    addEvidence(found, evidence, `evidences.${index}.`)
  }
  for (const name of ['resources', 'resource']) {
    for (const [index, resource] of listOf(record[name]).entries()) {
      const role = resourceRoles[numberOf(resource['role_id']) ?? 0] ?? null
      found.add({ ...hostOf(resource), role }, Array.isArray(record[name]) ? `${name}.${index}` : name)
    }
  }
  for (const [index, observable] of listOf(record['observables']).entries()) {
    addObservable(found, observable, `observables.${index}`)
  }
  return found.list()
}

function addEvidence(found: Participants, evidence: Fields, base: string): void {
  const actor = fieldsOf(fieldsOf(evidence['actor'])['user'])
  const username = textOf(actor['name']) ?? textOf(actor['email_addr']) ?? textOf(actor['uid'])
  const source = hostOf(fieldsOf(evidence['src_endpoint']))
  if (hasName(source)) {
    const external = isPublicAddress(source.objectValue ?? '')
    found.add({ ...source, username, external, role: 'offender', endpoint: 'client' }, `${base}src_endpoint`)
  } else if (username !== null) {
    found.add({ username, role: 'offender' }, `${base}actor.user`)
  }
  const destination = hostOf(fieldsOf(evidence['dst_endpoint']))
  const external = isPublicAddress(destination.objectValue ?? '')
  found.add({ ...destination, external, role: 'victim', endpoint: 'server' }, `${base}dst_endpoint`)
  // Whether the device did something or had something done to it, OCSF does not say.
  found.add({ ...hostOf(fieldsOf(evidence['device'])), role: null }, `${base}device`)
}

function addObservable(found: Participants, observable: Fields, path: string): void {
  const value = textOf(observable['value'])
  if (value === null || found.names(value)) return
  const role = observableRole(textOf(observable['name']) ?? '')
  const type = numberOf(observable['type_id'])
  if (type === HOSTNAME) found.add({ hostname: value, objectType: 'device', role }, path)
  if (type === ADDRESS && isAddress(value)) {
    found.add({ objectValue: value, objectType: 'ipaddr', external: isPublicAddress(value), role }, path)
  }
  if (type === USERNAME) found.add({ username: value, role }, path)
}

/** An observable's name is the path to where in the event it stands. */
function observableRole(name: string): Role {
  if (/\b(src_endpoint|actor)\b/.test(name)) return 'offender'
  return /\b(dst_endpoint|resources?)\b/.test(name) ? 'victim' : null
}

/** What an endpoint, device or resource is called. */
function hostOf(fields: Fields): ParticipantInput {
  const address = textOf(fields['ip'])
  const hostname = textOf(fields['hostname'])
  const name = textOf(fields['name'])
  const uid = textOf(fields['uid']) ?? textOf(fields['instance_uid'])
  return {
    hostname: hostname ?? (address === null ? null : name),
    objectValue: address ?? (hostname === null ? (name ?? uid) : null),
    objectType: hostname !== null ? 'device' : address !== null ? 'ipaddr' : null,
  }
}

function hasName(participant: ParticipantInput): boolean {
  const { hostname, objectValue, username } = participant
  return [hostname, objectValue, username].some((name) => name !== null && name !== undefined)
}

class Participants {
  readonly #byKey = new Map<string, Sourced<ParticipantInput>>()
  readonly #names = new Set<string>()

  add(participant: ParticipantInput, path: string): void {
    if (!hasName(participant)) return
    const { role, hostname, objectValue, username } = participant
    const key = JSON.stringify([role, hostname, objectValue, username])
    if (this.#byKey.has(key)) return
    this.#byKey.set(key, { value: participant, path })
    for (const name of [hostname, objectValue, username]) if (typeof name === 'string') this.#names.add(name)
  }

  names(value: string): boolean {
    return this.#names.has(value)
  }

  list(): readonly Sourced<ParticipantInput>[] {
    return [...this.#byKey.values()].slice(0, MAX_PARTICIPANTS)
  }
}
