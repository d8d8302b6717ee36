import { builder } from './builder.ts'
import type { SelectedRow } from './sql/row-loader.ts'

/** Types that PostgreSQL computes; behind each the name that its fields know their row by. */
export const detectionRef = builder.objectRef<SelectedRow>('Detection') // d
export const noteRef = builder.objectRef<SelectedRow>('DetectionNote') // n
export const eventRef = builder.objectRef<SelectedRow>('DetectionEvent') // e
export const ticketLinkRef = builder.objectRef<SelectedRow>('TicketLink') // l
export const hidingRuleRef = builder.objectRef<SelectedRow>('HidingRule') // h
export const connectionRef = builder.objectRef<SelectedRow>('TicketingConnection') // c
export const streamTargetRef = builder.objectRef<SelectedRow>('StreamTarget') // st
export const streamMessageRef = builder.objectRef<SelectedRow>('StreamMessage') // sm
export const detectionSourceRef = builder.objectRef<SelectedRow>('DetectionSource') // ds
