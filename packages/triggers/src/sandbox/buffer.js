;(function defineBuffer({ call, expose }) {
  // Bytes cross as text with one character for each.
  function toBytes(text) {
    const bytes = new Uint8Array(text.length)
    for (let index = 0; index < text.length; index += 1) bytes[index] = text.charCodeAt(index)
    return bytes
  }

  function toText(bytes) {
    let text = ''
    for (let index = 0; index < bytes.length; index += 4096)
      text += String.fromCharCode.apply(null, bytes.subarray(index, index + 4096))
    return text
  }

  function wrap(bytes) {
    return Object.setPrototypeOf(bytes, Buffer.prototype)
  }

  function Buffer(content, format) {
    if (content instanceof Uint8Array || Array.isArray(content)) return wrap(Uint8Array.from(content))
    if (typeof content !== 'string')
      throw new TypeError('A Buffer is made from a string, an array or a Buffer.')
    return wrap(toBytes(call('encode', content, format)))
  }

  // An array of bytes with methods of its own; what it inherits makes plain arrays of bytes.
  const methods = {
    constructor: Buffer,
    toString(format) {
      return call('decode', toText(this), format)
    },
    decode(format) {
      return call('decode', toText(this), format)
    },
    slice(start, end) {
      return wrap(Uint8Array.from(this.subarray(start, end)))
    },
    equals(other) {
      if (!(other instanceof Uint8Array) || other.length !== this.length) return false
      for (let index = 0; index < this.length; index += 1) if (this[index] !== other[index]) return false
      return true
    },
  }
  Buffer.prototype = Object.create(Uint8Array.prototype)
  for (const name of Object.keys(methods))
    Object.defineProperty(Buffer.prototype, name, {
      value: methods[name],
      writable: true,
      configurable: true,
    })
  Buffer.from = (content, format) => Buffer(content, format)
  expose('Buffer', Buffer)

  return {
    /** What bytes are to the host: `{bytes}`; anything else stays as it is. */
    toHost(value) {
      return value instanceof Uint8Array ? { bytes: toText(value) } : value
    },
    fromBinary(text) {
      return wrap(toBytes(text))
    },
  }
})
