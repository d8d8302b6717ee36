import { Forbidden, type ActorKind } from '@tripline/core'
import type { Actor } from '../ledger/ledger.ts'

/** The roles a principal can have. */
export const roles = ['admin', 'analyst', 'viewer', 'integration'] as const
/** What a principal is there for; {@link permissions} says what it may do. */
export type Role = (typeof roles)[number]

/** What can be allowed. */
export type Permission =
  | 'read'
  | 'ingest'
  | 'track'
  | 'ticket'
  | 'hide'
  | 'manage_settings'
  | 'manage_connections'
  | 'manage_access'
  | 'manage_triggers'

/** What each role may do. Whoever has none of these, or no role, may do nothing. */
export const permissions: Readonly<Record<Role, readonly Permission[]>> = {
  admin: [
    'read',
    'ingest',
    'track',
    'ticket',
    'hide',
    'manage_settings',
    'manage_connections',
    'manage_access',
    'manage_triggers',
  ],
  analyst: ['read', 'track', 'ticket'],
  viewer: ['read'],
  integration: ['read', 'ingest', 'track', 'ticket'],
}

/** Who makes a request. */
export interface Principal {
  /** What the principal is called in the ledger: the user name of a person, the key's name of an integration. */
  readonly name: string
  /** The person's user name, which detections can be assigned to; `null` for integrations. */
  readonly username: string | null
  readonly role: Role
  /** The API key that was used. */
  readonly keyId: string
}

/** @throws Forbidden naming the roles that may. */
export function requirePermission(principal: Principal, permission: Permission): void {
  if (permissions[principal.role].includes(permission)) return
  const able = roles.filter((role) => permissions[role].includes(permission))
  throw new Forbidden(
    `The role ${principal.role} may not do this (${permission}); it takes ${able.join(', ')}.`,
  )
}

/** How the tracking modes see a principal. */
export function actorKind(principal: Principal): ActorKind {
  return principal.role === 'integration' ? 'integration' : 'person'
}

/** How the ledger names a principal. */
export function toActor(principal: Principal): Actor {
  return { kind: actorKind(principal), name: principal.name }
}
