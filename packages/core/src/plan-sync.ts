import type { TrackedStatus } from './detection-status.ts'
import type { TrackingState } from './detection.ts'
import {
  accountFor,
  isAt,
  outcomeFor,
  statusAgrees,
  statusFromTicket,
  statusTarget,
  usernameFor,
  type StatusTarget,
  type SyncMappings,
} from './sync-mappings.ts'
import { plainText, type RichText } from './rich-text.ts'
import {
  contentFields,
  syncFields,
  type ContentField,
  type StatusChange,
  type SyncField,
  type Ticket,
  type TicketChange,
  type TicketUpdate,
  type UpdateOutcome,
} from './ticket.ts'
import type { TicketText } from './ticket-template.ts'
import type { TrackingChange } from './tracking-change.ts'

/** The values of one field at the last agreement: ours in our words, theirs in theirs. */
export interface FieldBase {
  readonly ours: string | null
  readonly theirs: string | null
  /** What we have begun to write since, as long as it is not known whether it arrived. */
  readonly sent?: SentValue
}

/** A value of ours on its way to a ticket, and how the ticket shows that it has arrived. */
export interface SentValue {
  readonly ours: string | null
  /** Of every field but the status; of texts, the words without their markup. */
  readonly theirs?: string | null
  /** Of the status. */
  readonly status?: Pick<StatusChange, 'target' | 'via' | 'resolutionId'>
}

/**
 * What both sides held when they last agreed, per field. A side has changed a field if and only if its value differs
 * from its own half of the base; who wrote it last, and when, plays no part. An absent field never was agreed on.
 */
export type SyncBase = Readonly<Partial<Record<SyncField, FieldBase>>>

/** Our side of a link. */
export interface OurSide {
  readonly tracking: Pick<TrackingState, 'status' | 'resolution' | 'assignee'>
  readonly text: TicketText
}

/** A field that both sides changed, or that the side which does not own it changed. */
export interface SyncConflict {
  readonly field: SyncField
  readonly ours: string | null
  readonly theirs: string | null
  /** Whose value goes on; `null`: nobody's until a person chooses. */
  readonly winner: 'ours' | 'theirs' | null
  readonly reason: 'both_changed' | 'not_owner'
}

/** A value that one side has no word for; the field stays as it is on both sides. */
export interface UnmappedValue {
  readonly field: SyncField
  readonly value: string
}

/** What to do to bring a detection and its ticket together. */
export interface SyncPlan {
  /** To apply to the detection; empty: nothing. */
  readonly inbound: TrackingChange
  /** To write to the ticket; empty: nothing. */
  readonly outbound: TicketChange
  readonly conflicts: readonly SyncConflict[]
  readonly unmapped: readonly UnmappedValue[]
  /** The base once `inbound` is applied, and before anything of `outbound` is: what it writes keeps its old base. */
  readonly base: SyncBase
  /** Our values of the fields that `outbound` writes. */
  readonly written: Readonly<Partial<Record<SyncField, string | null>>>
  /** The ticket that the plan was made from. */
  readonly ticket: Ticket
}

/** What {@link planSync} looks at. */
export interface SyncInput {
  readonly base: SyncBase
  readonly ours: OurSide
  readonly ticket: Ticket
  /** The ticket as it was read before that; absent or `null`: never. */
  readonly seen?: Ticket | null
  readonly mappings: SyncMappings
  /** The conflicts that stood after the plan before this one. */
  readonly conflicts?: readonly SyncConflict[]
  /** What a person decided about open conflicts. */
  readonly decisions?: Readonly<Partial<Record<SyncField, 'ours' | 'theirs'>>>
}

/**
 * Merges a detection and its ticket three ways, field by field. Pure: the same input gives the same plan, and once a
 * plan is carried out and its base stored, planning again gives an empty plan.
 */
export function planSync(given: SyncInput): SyncPlan {
  const input = { ...given, base: settleSent(given.base, given) }
  const merge: Merge = {
    inbound: {},
    outbound: {},
    conflicts: [],
    unmapped: [],
    base: { ...input.base },
    written: {},
  }
  for (const field of syncFields) {
    const values = fieldValues(field, input)
    if (values !== null) mergeField(field, values, input, merge)
  }
  return { ...merge, ticket: input.ticket }
}

/**
 * The base to store before `outbound` is written. When nobody is told how the write ended, it is what the next plan
 * recognises our own value in the ticket by, whatever ours has become by then. Of theirs it holds what is about to be
 * replaced, which is decided on: only another value than that is a change of theirs, be it the one agreed on before. Where
 * that was a change of theirs, ours has to go out whatever it is until it arrives, be it the one agreed on before.
 */
export function baseWhileWriting(plan: SyncPlan): SyncBase {
  const base: Partial<Record<SyncField, FieldBase>> = { ...plan.base }
  for (const field of syncFields) {
    const ours = plan.written[field]
    if (ours === undefined) continue
    const before = base[field]
    const replaced = theirValue(field, plan.ticket)
    const theirs = replaced === undefined ? (before?.theirs ?? null) : replaced
    base[field] = {
      ours: before === undefined || theirs !== before.theirs ? NEVER : before.ours,
      theirs,
      sent: sentValue(field, ours, plan),
    }
  }
  return base
}

function sentValue(field: SyncField, ours: string | null, { outbound }: SyncPlan): SentValue {
  if (field === 'assignee') return { ours, theirs: outbound.assignee?.accountId ?? null }
  if (isContent(field)) {
    const value = outbound[field] ?? ''
    const text = typeof value === 'string' ? value : isRichText(value) ? plainText(value) : value.join(' ')
    return { ours, theirs: wordsOf(text) }
  }
  if (outbound.status === undefined) return { ours, theirs: ours }
  const { target, via, resolutionId } = outbound.status
  return { ours, status: { target, via, resolutionId } }
}

function isRichText(value: RichText | readonly string[]): value is RichText {
  return value.every((part) => typeof part === 'object')
}

/**
 * What is left of a text whatever a system does to its markup: no answer told what it made of it. Addresses are markup,
 * where they belong to a link.
 */
function wordsOf(text: string): string {
  return comparable(text.replaceAll(/https?:\/\/[^\s<>()[\]|]+/gu, '').replaceAll(/[^\p{L}\p{N}]+/gu, ''))
}

/** The fields of which it is not known whether what was begun to be written arrived. */
export function unsettledFields(base: SyncBase): readonly SyncField[] {
  return syncFields.filter((field) => base[field]?.sent !== undefined)
}

/**
 * The base once a ticket was read: what was on its way has arrived by now, or it will not. The ticket's history decides,
 * and only where it tells nothing the value that the ticket shows.
 */
export function settleSent(base: SyncBase, outcome: Omit<UpdateOutcome, 'overwritten'>): SyncBase {
  const settled: Partial<Record<SyncField, FieldBase>> = {}
  for (const field of syncFields) {
    const known = base[field]
    if (known === undefined) continue
    const { sent, ...agreed } = known
    settled[field] = sent === undefined ? known : (arrival(field, agreed, sent, outcome) ?? agreed)
  }
  return settled
}

/** What both sides held once what was sent had arrived; `null`: it did not. */
function arrival(
  field: SyncField,
  before: FieldBase,
  sent: SentValue,
  outcome: Omit<UpdateOutcome, 'overwritten'>,
): FieldBase | null {
  const { assignee, status, ticket } = outcome
  if (field === 'status' && status !== undefined) {
    return status === null || sent.status === undefined
      ? null
      : statusArrival(before, { ...sent, status: sent.status }, status, ticket)
  }
  if (field === 'assignee' && assignee !== undefined) {
    const isSent = assignee !== null && assignee.accountId === sent.theirs
    return isSent ? { ours: sent.ours, theirs: assignee.accountId } : null
  }
  return shownArrival(field, before, sent, ticket)
}

/**
 * How far a change of the status came that the history shows as ours. A resolution that was not asked for came with it. A
 * status that was not asked for either is of somebody who has our account, another link to the same ticket perhaps.
 */
function statusArrival(
  before: FieldBase,
  { ours, status: { target, via, resolutionId } }: SentValue & Required<Pick<SentValue, 'status'>>,
  led: NonNullable<UpdateOutcome['status']>,
  { status }: Ticket,
): FieldBase | null {
  const theirs = led.resolutionId === null ? led.id : `${led.id}/${led.resolutionId}`
  if (theirs === before.theirs) return null
  const isOnTheWay = via.includes(led.id)
  // Of what category a status is that the ticket has left, nobody tells.
  const isOfCategory = led.id === status.id ? isAt(status, target) : !isOnTheWay
  const isThere = 'id' in target ? led.id === target.id : isOfCategory
  if (!isThere) return isOnTheWay ? { ours: NEVER, theirs } : null
  const isWhole = resolutionId === null || led.resolutionId === resolutionId
  return { ours: isWhole ? ours : NEVER, theirs }
}

/** What both sides hold if a ticket shows what was sent; `null`: it does not, or showed it before. */
function shownArrival(
  field: SyncField,
  before: FieldBase,
  sent: SentValue,
  ticket: Ticket,
): FieldBase | null {
  const theirs = theirValue(field, ticket)
  if (theirs === undefined || theirs === before.theirs) return null
  if (sent.status === undefined) {
    const shown = isContent(field) ? wordsOf(ticket.content[field] ?? '') : theirs
    return shown === sent.theirs ? { ours: sent.ours, theirs } : null
  }
  const { target, via, resolutionId } = sent.status
  if (isAt(ticket.status, target)) {
    return (ticket.resolution?.id ?? null) === resolutionId ? { ours: sent.ours, theirs } : null
  }
  // Part of the way is no change of theirs either.
  return via.includes(ticket.status.id) ? { ours: NEVER, theirs } : null
}

/**
 * The base after `outbound` was written: a field counts as agreed only if the ticket shows what was written. Where it
 * shows something else, the field keeps the base it had, so that the next plan sees the difference. A ticket that was
 * brought only part of the way to a status, or there without its resolution, is no change of theirs either.
 */
export function settleBase(plan: SyncPlan, update: TicketUpdate): SyncBase {
  const settled: Partial<Record<SyncField, FieldBase>> = { ...plan.base }
  if (plan.written.status !== undefined && update.ticket.status.id === update.statusId) {
    settled.status = { ours: NEVER, theirs: ticketStatusText(update.ticket) }
  }
  for (const field of writtenFields(plan, update)) {
    if (!shows(field, plan, update)) continue
    settled[field] = { ours: plan.written[field] ?? null, theirs: theirValue(field, update.ticket) ?? null }
  }
  return settled
}

/** A part of a plan that was not refused and yet is not there. */
export interface UnappliedField {
  readonly field: SyncField
  /** `true`: the system dropped it in silence; `false`: somebody changed it in the same moment, so plan again. */
  readonly unchanged: boolean
}

/** What the ticket does not show after a write although nothing was refused. */
export function unappliedFields(plan: SyncPlan, update: TicketUpdate): readonly UnappliedField[] {
  return writtenFields(plan, update)
    .filter((field) => !shows(field, plan, update))
    .map((field) => ({
      field,
      unchanged: theirValue(field, update.ticket) === theirValue(field, plan.ticket),
    }))
}

function writtenFields(plan: SyncPlan, { refused }: TicketUpdate): readonly SyncField[] {
  return syncFields.filter(
    (field) => plan.written[field] !== undefined && !refused.some((refusal) => refusal.field === field),
  )
}

/**
 * The base of a ticket that was just created from a detection. Its content is agreed on as it reads back. Status and
 * assignee begin from what the ticket was born with: where the detection already has its own, that goes out.
 */
export function baseAfterCreate(ours: OurSide, ticket: Ticket): SyncBase {
  const base: Partial<Record<SyncField, FieldBase>> = {}
  for (const field of contentFields) {
    const theirs = theirValue(field, ticket)
    if (theirs !== undefined) base[field] = { ours: ourContent(field, ours.text), theirs }
  }
  if (ours.tracking.status !== 'open') base.status = { ours: NEVER, theirs: ticketStatusText(ticket) }
  if (ours.tracking.assignee !== null) base.assignee = { ours: NEVER, theirs: ticket.assignee?.id ?? null }
  return base
}

/** Whether a plan writes or changes anything anywhere. */
export function isEmptyPlan(plan: SyncPlan): boolean {
  return Object.keys(plan.inbound).length === 0 && Object.keys(plan.outbound).length === 0
}

interface Merge {
  inbound: Mutable<TrackingChange>
  outbound: Mutable<TicketChange>
  conflicts: SyncConflict[]
  unmapped: UnmappedValue[]
  base: Partial<Record<SyncField, FieldBase>>
  written: Partial<Record<SyncField, string | null>>
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

interface FieldValues {
  readonly ours: string | null
  readonly theirs: string | null
  readonly agrees: boolean
}

/** No value of ours: where the base holds it, our side counts as changed. */
const NEVER = ''

function fieldValues(field: SyncField, { ours, ticket, mappings }: SyncInput): FieldValues | null {
  const theirs = theirValue(field, ticket)
  if (theirs === undefined) return null
  switch (field) {
    case 'status':
      return {
        ours: statusText(ours.tracking),
        theirs,
        agrees: statusAgrees(mappings, ours.tracking, ticket),
      }
    case 'assignee': {
      const { assignee } = ours.tracking
      const agrees =
        assignee === null
          ? ticket.assignee === null
          : ticket.assignee !== null &&
            (accountFor(mappings, assignee) === ticket.assignee.id ||
              usernameFor(mappings, ticket.assignee) === assignee)
      return { ours: assignee, theirs, agrees }
    }
    case 'summary':
    case 'description':
    case 'priority':
    case 'labels': {
      const value = ourContent(field, ours.text)
      return { ours: value, theirs, agrees: value === theirs }
    }
  }
}

function mergeField(field: SyncField, values: FieldValues, input: SyncInput, merge: Merge): void {
  const { ours, theirs, agrees } = values
  const base = input.base[field]
  const ownership = input.mappings.ownership[field]
  const settle = (): void => {
    merge.base[field] = { ours, theirs }
  }
  const write = (): void => writeOut(field, input, merge)
  const take = (): void => {
    if (!isContent(field)) takeIn(field, input, merge)
    // A text that a person reworded stays theirs: their half of the base goes on saying what we last wrote.
    else merge.base[field] = { ours, theirs: base?.theirs ?? null }
  }
  const conflict = (winner: SyncConflict['winner'], reason: SyncConflict['reason']): void => {
    merge.conflicts.push({ field, ours: shown(field, ours, input), theirs, winner, reason })
    if (winner === 'ours') write()
    else if (winner === 'theirs') take()
  }

  const leftAlone = ownership === 'create-only' || (ownership === 'theirs' && isContent(field))
  if (leftAlone) return settle()
  if (base === undefined) return firstContact(field, values, input, { settle, write, take, conflict })
  if (agrees) return settle()

  const oursChanged = ours !== base.ours
  const theirsChanged = theirs !== base.theirs
  if (!oursChanged && !theirsChanged) return
  switch (ownership) {
    case 'ours':
      return theirsChanged ? conflict('ours', oursChanged ? 'both_changed' : 'not_owner') : write()
    case 'theirs':
      return oursChanged ? conflict('theirs', theirsChanged ? 'both_changed' : 'not_owner') : take()
    case 'both':
      if (!theirsChanged) return write()
      if (!oursChanged) return take()
      return conflict(decide(field, input), 'both_changed')
  }
}

interface Moves {
  readonly settle: () => void
  readonly write: () => void
  readonly take: () => void
  readonly conflict: (winner: SyncConflict['winner'], reason: SyncConflict['reason']) => void
}

/**
 * Both sides meet for the first time on this field. A side that nobody has touched takes the other's value; two values
 * that differ go to the owner, or are for the policy to decide.
 */
function firstContact(
  field: SyncField,
  { theirs, agrees }: FieldValues,
  input: SyncInput,
  moves: Moves,
): void {
  const ownership = input.mappings.ownership[field]
  if (isContent(field)) {
    if (agrees) return moves.settle()
    // What stands in somebody's ticket before we meet it is theirs to word.
    if (ownership !== 'ours') return moves.take()
    return theirs === null || theirs === '' ? moves.write() : moves.conflict('ours', 'not_owner')
  }
  const [oursUntouched, theirsUntouched] = untouchedSides(field, input)
  if (ownership !== 'ours' && oursUntouched) return moves.take()
  if (agrees) return moves.settle()
  if (ownership !== 'theirs' && theirsUntouched) return moves.write()
  if (ownership !== 'both') return moves.conflict(ownership === 'ours' ? 'ours' : 'theirs', 'not_owner')
  moves.conflict(decide(field, input), 'both_changed')
}

/** What somebody brought back to nothing since the ticket was read before is touched, and so is what there is a conflict on. */
function untouchedSides(
  field: 'status' | 'assignee',
  { ours: { tracking }, ticket, seen, mappings, conflicts = [] }: SyncInput,
): readonly [ours: boolean, theirs: boolean] {
  if (conflicts.some((conflict) => conflict.field === field)) return [false, false]
  const tickets = seen === undefined || seen === null ? [ticket] : [seen, ticket]
  if (field === 'assignee')
    return [tracking.assignee === null, tickets.every(({ assignee }) => assignee === null)]
  const isUntouched = ({ status }: TrackedStatus): boolean => status === 'open' || status === 'new'
  return [isUntouched(tracking), tickets.every((read) => isUntouched(statusFromTicket(mappings, read)))]
}

function decide(field: SyncField, { mappings, decisions }: SyncInput): SyncConflict['winner'] {
  const decision = decisions?.[field]
  if (decision !== undefined) return decision
  switch (mappings.conflicts) {
    case 'prefer-ticket':
      return 'theirs'
    case 'prefer-tripline':
      return 'ours'
    case 'ask':
      return null
  }
}

function writeOut(field: SyncField, input: SyncInput, merge: Merge): void {
  const { ours, ticket, mappings } = input
  switch (field) {
    case 'status': {
      const target = statusTarget(mappings, ours.tracking.status)
      const value = statusText(ours.tracking)
      if (target === null) {
        merge.base.status = { ours: value, theirs: ticketStatusText(ticket) }
        return
      }
      merge.outbound.status = statusChange(target, ours.tracking, input)
      merge.written.status = value
      return
    }
    case 'assignee': {
      const { assignee } = ours.tracking
      const accountId = assignee === null ? null : accountFor(mappings, assignee)
      if (accountId === undefined) {
        merge.unmapped.push({ field, value: assignee ?? '' })
        return
      }
      merge.outbound.assignee = { accountId }
      merge.written.assignee = assignee
      return
    }
    case 'summary':
      merge.outbound.summary = ours.text.summary
      break
    case 'description':
      merge.outbound.description = ours.text.description
      break
    case 'priority':
      merge.outbound.priority = ours.text.priority
      break
    case 'labels':
      merge.outbound.labels = ours.text.labels
      break
  }
  merge.written[field] = ourContent(field, ours.text)
}

function statusChange(
  { via, ...target }: StatusTarget,
  { status, resolution }: TrackedStatus,
  { mappings }: SyncInput,
): StatusChange {
  const outcome = status === 'closed' ? outcomeFor(mappings, resolution) : { resolutionId: null, fields: {} }
  return {
    target: 'id' in target ? { id: target.id } : { category: target.category },
    via,
    resolution: status === 'closed' ? resolution : null,
    ...outcome,
  }
}

function takeIn(
  field: 'status' | 'assignee',
  { ours: { tracking }, mappings, ticket }: SyncInput,
  merge: Merge,
): void {
  if (field === 'status') {
    const meaning = statusFromTicket(mappings, ticket)
    if (statusText(meaning) !== statusText(tracking)) {
      merge.inbound.status = meaning.status
      if (meaning.status === 'closed') merge.inbound.resolution = meaning.resolution
    }
    merge.base.status = { ours: statusText(meaning), theirs: ticketStatusText(ticket) }
  } else {
    const assignee = ticket.assignee === null ? null : usernameFor(mappings, ticket.assignee)
    if (assignee !== tracking.assignee) merge.inbound.assignee = assignee
    merge.base.assignee = { ours: assignee, theirs: ticket.assignee?.id ?? null }
  }
}

/** Whether a ticket shows what a plan wrote to one of its fields. */
function shows(field: SyncField, plan: SyncPlan, { ticket, statusId }: TicketUpdate): boolean {
  switch (field) {
    case 'status': {
      const change = plan.outbound.status
      if (change === undefined) return false
      // Not "a status of that category": somebody may have gone on to another one since our transition.
      const there = statusId ?? (isAt(plan.ticket.status, change.target) ? plan.ticket.status.id : null)
      // Nor any resolution where none was asked for, unless our transition may have brought it along.
      const resolutionId = change.resolutionId ?? plan.ticket.resolution?.id
      const mayDiffer = change.resolutionId === null && statusId !== null
      return ticket.status.id === there && (mayDiffer || ticket.resolution?.id === resolutionId)
    }
    case 'assignee':
      return (ticket.assignee?.id ?? null) === plan.outbound.assignee?.accountId
    case 'summary':
    case 'description':
    case 'priority':
    case 'labels': {
      // The system may normalise a text: it took it when the ticket no longer shows what it showed before.
      const value = theirValue(field, ticket)
      return value === plan.written[field] || value !== theirValue(field, plan.ticket)
    }
  }
}

function theirValue(field: SyncField, ticket: Ticket): string | null | undefined {
  switch (field) {
    case 'status':
      return ticketStatusText(ticket)
    case 'assignee':
      return ticket.assignee?.id ?? null
    case 'summary':
    case 'description':
    case 'priority':
    case 'labels': {
      const value = ticket.content[field]
      // Where a text is concerned, none and an empty one are the same.
      if (value === null) return field === 'priority' ? null : ''
      return value === undefined ? undefined : comparable(value)
    }
  }
}

function ourContent(field: ContentField, text: TicketText): string | null {
  switch (field) {
    case 'summary':
      return comparable(text.summary)
    case 'description':
      return comparable(plainText(text.description))
    case 'priority':
      return text.priority
    case 'labels':
      return comparable([...text.labels].sort().join(' '))
  }
}

/** What people are shown of our side of a conflict. */
function shown(field: SyncField, ours: string | null, { ours: side }: SyncInput): string | null {
  return field === 'description' ? plainText(side.text.description).slice(0, 2_000) : ours
}

function isContent(field: SyncField): field is ContentField {
  return field !== 'status' && field !== 'assignee'
}

function statusText({ status, resolution }: TrackedStatus): string {
  return resolution === null ? status : `${status}/${resolution}`
}

function ticketStatusText(ticket: Ticket): string {
  return ticket.resolution === null ? ticket.status.id : `${ticket.status.id}/${ticket.resolution.id}`
}

/** A text short enough to be kept in the base: a long one is stood for by its length and a 53-bit hash. */
function comparable(text: string): string {
  if (text.length <= 200) return text
  let high = 0xdeadbeef
  let low = 0x41c6ce57
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    high = Math.imul(high ^ unit, 2_654_435_761)
    low = Math.imul(low ^ unit, 1_597_334_677)
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909)
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909)
  return `#${text.length}:${(4_294_967_296 * (2_097_151 & low) + (high >>> 0)).toString(36)}`
}
