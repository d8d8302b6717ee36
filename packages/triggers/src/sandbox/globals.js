;(function defineGlobals({ call, expose, onBegin, stringify }, { toHost }) {
  const asText = (value) => {
    if (typeof value === 'string') return value
    try {
      return stringify(value) ?? String(value)
    } catch {
      return String(value)
    }
  }
  expose('log', function log(...values) {
    call('log', values.map(asText).join(' '))
  })
  for (const name of ['md5', 'sha1', 'sha256', 'sha512'])
    expose(name, (value) => call('hash', name, toHost(value)))
  expose('uuid', () => call('uuid'))
  expose('commitRecord', () => void call('ignored', 'commitRecord'))

  expose('cache', function cache(key, make) {
    const kept = call('cached', asText(key))
    if (kept !== null) return kept.value
    const value = make()
    call('keep', asText(key), value)
    return value
  })

  const Session = { PRIORITY_LOW: 0, PRIORITY_NORMAL: 1, PRIORITY_HIGH: 2 }
  for (const method of ['add', 'replace', 'modify'])
    Session[method] = (key, value, options) => call('session', method, asText(key), value, options)
  for (const method of ['lookup', 'remove', 'getOptions'])
    Session[method] = (key) => call('session', method, asText(key))
  Session.increment = (key, count = 1) => call('session', 'increment', asText(key), count)
  expose('Session', Session)

  onBegin(({ event, now, debug, system }) => {
    expose('event', event)
    expose('getTimestamp', () => now)
    expose('System', Object.freeze({ ...system }))
    expose('debug', debug ? (...values) => call('debug', values.map(asText).join(' ')) : () => undefined)
  })
})
