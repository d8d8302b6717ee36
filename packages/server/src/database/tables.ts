import type { ColumnType, Generated, JSONColumnType } from 'kysely'
import type {
  ConnectionFinding,
  ConnectionReport,
  DetectionStatus,
  JsonObject,
  LinkReason,
  LinkState,
  LinkSyncState,
  MitreEntry,
  Participant,
  Resolution,
  SourceConflictPolicy,
  SourceSyncBase,
  SourceTracking,
  StreamKind,
  StreamMessage,
  SyncBase,
  SyncConflict,
  Ticket,
  TicketName,
} from '@tripline/core'
import type { TriggerFailure } from '@tripline/triggers'
import type { ChangeOrigin } from '../ledger/ledger.ts'

/** A column that PostgreSQL gives as `Date` and takes as `Date` or ISO 8601. */
type Instant = ColumnType<Date, Date | string, Date | string>
type NullableInstant = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>
type GeneratedInstant = ColumnType<Date, Date | string | undefined, Date | string>
/** A JSON column: written as text, read parsed. */
type Json<Value> = JSONColumnType<Value & object, string, string>
type NullableJson<Value> = ColumnType<Value | null, string | null | undefined, string | null>
type DefaultJson<Value> = ColumnType<Value, string | undefined, string>

export interface DetectionsTable {
  /** 64-bit, as decimal digits. */
  detection_id: string
  source: string
  external_id: string
  title: string
  description: string | null
  type: string
  categories: string[]
  risk_score: number | null
  start_time: Instant
  end_time: NullableInstant
  create_time: Instant
  update_time: Instant
  mod_time: Instant
  participants: Json<readonly Participant[]>
  properties: Json<JsonObject>
  mitre_tactics: Json<readonly MitreEntry[]>
  mitre_techniques: Json<readonly MitreEntry[]>
  appliance_id: string | null
  is_user_created: boolean
  recommended: boolean | null
  recommended_factors: string[]
  url: string | null
  content_hash: Buffer
  category_paths: string[]
  technique_paths: string[]
  addresses: string[]
  hostnames: string[]
  search_text: string
  status: Generated<DetectionStatus>
  resolution: Resolution | null
  assignee: string | null
  ticket_id: string | null
  closed_at: NullableInstant
  version: Generated<number>
  /** The hiding rule that hides it. */
  hidden_by: string | null
}

interface DetectionNotesTable {
  note_id: Generated<string>
  detection_id: string
  author: string
  text: string
  visibility: 'internal' | 'ticket'
  created_at: Instant
  replaced_at: NullableInstant
}

export interface DetectionEventsTable {
  event_id: Generated<string>
  xid: Generated<string>
  detection_id: string | null
  kind: string
  actor: Json<object>
  connection_id: string | null
  trace_id: string
  change: Json<object>
  at: GeneratedInstant
}

interface TrackingSettingsTable {
  singleton: Generated<boolean>
  settings: Json<object>
  converted_up_to: string | null
  updated_at: GeneratedInstant
}

export interface TicketingConnectionsTable {
  connection_id: Generated<string>
  name: string
  plugin: string
  settings: Json<JsonObject>
  secrets: Json<Record<string, string>>
  mappings: Json<object>
  rules: Json<readonly object[]>
  policies: DefaultJson<object>
  webhook_token: string
  webhook_secrets: Json<readonly string[]>
  enabled: Generated<boolean>
  paused_reason: NullableJson<{ code: string; message: string }>
  not_before: NullableInstant
  polled_up_to: NullableInstant
  last_check: NullableJson<ConnectionReport & { readonly at: string }>
  version: Generated<number>
  created_at: GeneratedInstant
  updated_at: GeneratedInstant
  deleted_at: NullableInstant
}

export interface ConnectionWatchesTable {
  connection_id: string
  cursor: string | null
  watched_since: NullableInstant
  last_heard_at: NullableInstant
  last_change_at: NullableInstant
  failures: Generated<number>
  last_error: NullableJson<{ readonly code: string; readonly message: string; readonly at: string }>
  not_before: NullableInstant
  failed_version: number | null
}

export interface TicketLinksTable {
  link_id: Generated<string>
  detection_id: string
  connection_id: string
  dedupe_key: string
  state: LinkState
  sync_state: LinkSyncState
  reason: NullableJson<LinkReason>
  rule_name: string | null
  is_primary: boolean
  remote_id: string | null
  ticket_key: string | null
  ticket_url: string | null
  container: string | null
  ticket: NullableJson<Omit<Ticket, 'updatedAt'> & { readonly updatedAt: string }>
  previous_tickets: DefaultJson<readonly TicketName[]>
  base: DefaultJson<SyncBase>
  conflicts: DefaultJson<readonly SyncConflict[]>
  decisions: DefaultJson<Readonly<Record<string, 'ours' | 'theirs'>>>
  create_begun_at: NullableInstant
  requested: Generated<number>
  attempts: Generated<number>
  next_attempt_at: NullableInstant
  last_verified_at: NullableInstant
  created_at: GeneratedInstant
  updated_at: GeneratedInstant
}

interface TicketCommentsTable {
  note_id: string
  link_id: string
  marker: string
  comment_id: string | null
  reason: NullableJson<LinkReason>
}

interface UsersTable {
  username: string
  display_name: string | null
  created_at: GeneratedInstant
}

export interface ApiKeysTable {
  key_id: Generated<string>
  name: string
  role: 'admin' | 'analyst' | 'viewer' | 'integration'
  username: string | null
  hash: Buffer
  prefix: string
  created_at: GeneratedInstant
  expires_at: NullableInstant
  revoked_at: NullableInstant
  last_used_at: NullableInstant
}

export interface HidingRulesTable {
  rule_id: Generated<string>
  author: string
  /** All of a rule but the other columns. */
  criteria: Json<object>
  description: string
  enabled: boolean
  expires_at: NullableInstant
  created_at: GeneratedInstant
  deleted_at: NullableInstant
}

interface DetectionFormatsTable {
  type: string
  display_name: string
  author: string | null
  categories: string[]
  mitre_categories: string[]
  created_at: GeneratedInstant
  updated_at: GeneratedInstant
}

interface AccessTokensTable {
  hash: Buffer
  key_id: string
  expires_at: Instant
}

interface ConnectionBudgetsTable {
  connection_id: string
  minute: Instant
  used: number
}

export interface LinkMovesTable {
  move_id: Generated<string>
  from_connection_id: string
  to_connection_id: string
  include_closed: boolean
  read_first: boolean
  state: Generated<'running' | 'done' | 'stopped'>
  moved: Generated<number>
  origin: Json<ChangeOrigin>
  started_at: GeneratedInstant
  finished_at: NullableInstant
}

export interface StreamTargetsTable {
  target_id: Generated<string>
  kind: StreamKind
  name: string
  settings: Json<JsonObject>
  secrets: Json<Record<string, string>>
  enabled: Generated<boolean>
  max_waiting: number
  max_attempts: number
  version: Generated<number>
  waiting: Generated<number>
  counted_at: NullableInstant
  failures: Generated<number>
  not_before: NullableInstant
  last_fault: NullableJson<{ readonly reason: string; readonly at: string }>
  delivered: Generated<string>
  delivered_at: NullableInstant
  refused: Generated<string>
  last_refusal: NullableJson<{ readonly code: string; readonly message: string; readonly at: string }>
  last_check: NullableJson<{ readonly findings: readonly ConnectionFinding[]; readonly at: string }>
  created_at: GeneratedInstant
  updated_at: GeneratedInstant
}

export interface StreamMessagesTable {
  message_id: Generated<string>
  target_id: string
  state: Generated<'waiting' | 'dead'>
  message: Json<StreamMessage>
  size: number
  source: Json<JsonObject>
  attempts: Generated<number>
  fault: string | null
  queued_at: GeneratedInstant
  dead_at: NullableInstant
}

interface StreamRepliesTable {
  reply_id: Generated<string>
  target_id: string
  message_id: string
  source: Json<JsonObject>
  context: Json<object>
  status_code: number
  headers: Json<Readonly<Record<string, string | readonly string[]>>>
  body: Buffer
  received_at: GeneratedInstant
}

export interface TriggersTable {
  /** 64-bit, as decimal digits. */
  trigger_id: Generated<string>
  name: string
  description: string
  author: string
  script: string
  events: string[]
  disabled: boolean
  debug: boolean
  paused_reason: NullableJson<{ code: string; message: string }>
  failures: Generated<number>
  cursor_xid: Generated<string>
  cursor_event_id: Generated<string>
  active_since: GeneratedInstant
  lease: string | null
  leased_until: NullableInstant
  run_count: Generated<string>
  failed_count: Generated<string>
  last_run_at: NullableInstant
  commits_on: NullableInstant
  commits: Generated<number>
  version: Generated<number>
  created_at: GeneratedInstant
  updated_at: GeneratedInstant
}

interface TriggerInputsTable {
  input_id: Generated<string>
  trigger_id: string
  occasion: Json<object>
  received_at: GeneratedInstant
}

export interface TriggerRunsTable {
  run_id: Generated<string>
  trigger_id: string
  event: string
  detection_id: string | null
  outcome: 'done' | 'failed' | 'timeout' | 'memory'
  error: NullableJson<TriggerFailure>
  logs: Json<readonly string[]>
  debug: Json<readonly string[]>
  ignored: Json<readonly string[]>
  refused: Json<readonly { readonly target: string; readonly kind: string; readonly reason: string }[]>
  dropped_lines: number
  messages: number
  commits: number
  duration_ms: number
  ended_at: GeneratedInstant
}

export interface NotificationRulesTable {
  rule_id: Generated<string>
  name: string
  enabled: boolean
  filter: Json<object>
  on_update: boolean
  target: string
  delivery: Json<object>
  template: Json<{ readonly value: unknown }>
  cursor_xid: Generated<string>
  cursor_event_id: Generated<string>
  active_since: GeneratedInstant
  sent_count: Generated<string>
  refused_count: Generated<string>
  last_refusal: NullableJson<{ readonly reason: string; readonly at: string }>
  version: Generated<number>
  created_at: GeneratedInstant
  updated_at: GeneratedInstant
}

export interface DetectionSourcesTable {
  source_id: Generated<string>
  name: string
  plugin: string
  settings: Json<JsonObject>
  secrets: Json<Record<string, string>>
  conflicts: SourceConflictPolicy
  poll_interval_ms: number
  requests_per_minute: number | null
  paused_reason: NullableJson<{ code: string; message: string }>
  not_before: NullableInstant
  cursor: string | null
  polled_up_to: NullableInstant
  last_polled_at: NullableInstant
  caught_up_at: NullableInstant
  failures: Generated<number>
  last_error: NullableJson<{ readonly code: string; readonly message: string; readonly at: string }>
  refused_count: Generated<string>
  last_refusal: NullableJson<{ readonly message: string; readonly at: string }>
  last_check: NullableJson<ConnectionReport & { readonly at: string }>
  version: Generated<number>
  created_at: GeneratedInstant
  updated_at: GeneratedInstant
}

export interface SourceLinksTable {
  detection_id: string
  source_id: string
  external_id: string
  sync_state: 'in_sync' | 'pending' | 'blocked' | 'failed'
  reason: NullableJson<LinkReason>
  base: DefaultJson<SourceSyncBase>
  seen: Json<SourceTracking>
  requested: Generated<number>
  attempts: Generated<number>
  next_attempt_at: NullableInstant
  last_verified_at: NullableInstant
  created_at: GeneratedInstant
  updated_at: GeneratedInstant
}

/** Every table of Tripline's own, by name, as Kysely sees it. */
export interface Tables {
  detections: DetectionsTable
  detection_notes: DetectionNotesTable
  detection_events: DetectionEventsTable
  tracking_settings: TrackingSettingsTable
  ticketing_connections: TicketingConnectionsTable
  connection_watches: ConnectionWatchesTable
  ticket_links: TicketLinksTable
  ticket_comments: TicketCommentsTable
  connection_budgets: ConnectionBudgetsTable
  link_moves: LinkMovesTable
  users: UsersTable
  api_keys: ApiKeysTable
  triggers: TriggersTable
  trigger_inputs: TriggerInputsTable
  trigger_runs: TriggerRunsTable
  notification_rules: NotificationRulesTable
  access_tokens: AccessTokensTable
  hiding_rules: HidingRulesTable
  detection_formats: DetectionFormatsTable
  stream_targets: StreamTargetsTable
  stream_messages: StreamMessagesTable
  stream_replies: StreamRepliesTable
  detection_sources: DetectionSourcesTable
  source_links: SourceLinksTable
}
