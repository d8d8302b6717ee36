// What the list query is compared with: the least that node:http and pg can do to send the same list. It neither
// parses the request nor looks who asks; the statement is written by hand and prepared.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'pg'

const LIST = `
  select row_to_json(data)::text from (
    select row_to_json(connection) as detections from (
      select json_agg(node) as nodes from (
        select
          'Detection:' || d.detection_id as id, d.detection_id::text as "detectionId", d.title, d.type,
          d.risk_score as "riskScore", upper(d.status) as status, upper(d.resolution) as resolution,
          to_char(d.update_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "updateTime",
          d.ticket_id as "ticketId",
          case when d.assignee is not null then json_build_object(
            'username', d.assignee, 'displayName', u.display_name, 'isExternal', u.username is null
          ) end as assignee,
          (
            select coalesce(json_agg(note), '[]') from (
              select n.author, n.text, to_char(n.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "createdAt"
              from detection_notes n where n.detection_id = d.detection_id
              order by n.created_at desc, n.note_id desc limit 3
            ) note
          ) as notes,
          (
            select coalesce(json_agg(link), '[]') from (
              select upper(l.state) as state, upper(l.sync_state) as "syncState", l.ticket_key as "ticketKey",
                l.ticket_url as "ticketUrl", json_build_object('name', c.name) as connection
              from ticket_links l join ticketing_connections c using (connection_id)
              where l.detection_id = d.detection_id order by l.is_primary desc, l.created_at
            ) link
          ) as "ticketLinks"
        from (select * from detections order by update_time desc, detection_id desc limit 50) d
        left join users u on u.username = d.assignee
        order by d.update_time desc, d.detection_id desc
      ) node
    ) connection
  ) data`

const pool = new Pool({ connectionString: process.env['DATABASE_URL'], max: 10 })

const server = createServer((request, response) => {
  request.resume().on('end', () => {
    void pool.query<[string]>({ name: 'list', text: LIST, rowMode: 'array' }).then(
      ({ rows }) => {
        const body = Buffer.from(`{"data":${rows[0]?.[0] ?? 'null'}}`)
        response
          .writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
          .end(body)
      },
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })
})

server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
process.on('SIGTERM', () => {
  server.close()
  void pool.end()
})
