;(function defineRemote({ call, expose, onBegin }, { toHost, fromBinary }) {
  /** A class of targets: its methods are the default target's, and called it gives those of a named target. */
  function targetClass(methodsOf) {
    function Target(name) {
      if (typeof name !== 'string') throw new TypeError('A target is named by a string.')
      return methodsOf(name)
    }
    return Object.assign(Target, methodsOf('default'))
  }

  function http(target) {
    // The number of arguments is judged on the other side, so all of them go there.
    const send = (method, options) => {
      const given = typeof options === 'object' && options !== null ? options : null
      if (given === null) throw new TypeError('A request needs an object with its path.')
      const { path, headers, payload, enableResponseEvent, context } = given
      return call('http', target, method, {
        path,
        headers,
        payload: toHost(payload),
        enableResponseEvent,
        context,
      })
    }
    return {
      get: (options) => send('GET', options),
      post: (options) => send('POST', options),
      put: (options) => send('PUT', options),
      patch: (options) => send('PATCH', options),
      delete: (options) => send('DELETE', options),
      request: send,
    }
  }

  function kafka(target) {
    return {
      send(first, ...messages) {
        const isObject = typeof first === 'object' && first !== null
        const { topic, messages: listed, partition } = isObject ? first : { topic: first, messages }
        if (isObject && messages.length > 0)
          throw new TypeError('Kafka.send takes one object, or a topic and messages.')
        call('kafka', target, { topic, messages: listed, partition })
      },
    }
  }

  function mongodb(target) {
    return {
      insert: (collection, document) => call('mongodb', target, 'insert', collection, { document }),
      remove: (collection, query, justOnce) =>
        call('mongodb', target, 'remove', collection, { query, justOnce }),
      update: (collection, query, update, options) =>
        call('mongodb', target, 'update', collection, { query, update, options }),
    }
  }

  function syslog(target) {
    const methods = {}
    for (const level of ['emerg', 'alert', 'crit', 'error', 'warn', 'notice', 'info', 'debug'])
      methods[level] = (...values) => call('syslog', target, level, values)
    return methods
  }

  function raw(target) {
    return {
      send: (...values) => {
        call('raw', target, values.map(toHost))
      },
    }
  }

  const Remote = {
    HTTP: targetClass(http),
    Kafka: targetClass(kafka),
    MongoDB: targetClass(mongodb),
    Syslog: targetClass(syslog),
    Raw: targetClass(raw),
  }
  expose('Remote', Remote)

  onBegin(({ event, response }) => {
    Object.defineProperty(Remote, 'response', {
      get() {
        if (event !== 'REMOTE_RESPONSE')
          throw new Error(`Remote.response exists in REMOTE_RESPONSE only; this is ${event}.`)
        return answer
      },
      configurable: true,
    })
    const answer = response === null ? null : { ...response, body: fromBinary(response.body) }
  })
})
