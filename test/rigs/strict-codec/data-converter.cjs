/**
 * The data converter of a namespace that encrypts everything, with the serialization context as additional authenticated
 * data: what was encoded for one workflow or activity cannot be decoded for another, nor without saying for which.
 */
const { createCipheriv, createDecipheriv, createHash, randomBytes } = require('node:crypto');
const { join } = require('node:path');
const { requireContext } = require('./serialization-context.cjs');

const ENCODING = 'binary/strictly-encrypted';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** @param {string} secret of another one, nothing can be decoded */
function strictDataConverter(secret) {
  const key = createHash('sha256').update(secret).digest();
  return {
    payloadConverterPath: join(__dirname, 'payload-converter.cjs'),
    failureConverterPath: join(__dirname, 'failure-converter.cjs'),
    payloadCodecs: [
      {
        encode: async (payloads, context) => {
          const aad = textOf(requireContext(context, 'a payload was encoded'));
          return payloads.map((payload) => encrypted(key, aad, payload));
        },
        decode: async (payloads, context) => {
          const wanted = requireContext(context, 'a payload was decoded');
          return payloads.map((payload) => decrypted(key, wanted, payload));
        },
      },
    ],
  };
}

function encrypted(key, aad, { metadata, data }) {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(aad));
  const entries = Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]);
  const inner = JSON.stringify({
    metadata: Object.fromEntries(entries),
    ...(data == null ? {} : { data: Buffer.from(data).toString('base64') }),
  });
  const sealed = Buffer.concat([cipher.update(inner, 'utf8'), cipher.final()]);
  return {
    metadata: { encoding: Buffer.from(ENCODING), context: Buffer.from(aad) },
    data: Buffer.concat([iv, cipher.getAuthTag(), sealed]),
  };
}

/** What a payload says that it belongs to is not compared with anything. */
function unsealed(key, payload) {
  return decrypted(key, JSON.parse(Buffer.from(payload.metadata.context).toString()), payload);
}

function decrypted(key, wanted, { metadata, data }) {
  const encoding = Buffer.from(metadata?.encoding ?? []).toString();
  if (encoding !== ENCODING) throw new Error(`a payload in the clear (${encoding})`);
  const aad = Buffer.from(metadata.context).toString();
  if (aad !== textOf(wanted) && !isOfNexus(JSON.parse(aad), wanted)) {
    throw new Error(`a payload of ${aad} was decoded as one of ${textOf(wanted)}`);
  }
  const bytes = Buffer.from(data);
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES))
    .setAAD(Buffer.from(aad))
    .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  const inner = JSON.parse(
    Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString(),
  );
  const entries = Object.entries(inner.metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')]);
  return {
    metadata: Object.fromEntries(entries),
    ...(inner.data === undefined ? {} : { data: Buffer.from(inner.data, 'base64') }),
  };
}

function isOfNexus(one, other) {
  return [one.type, other.type].includes('nexus') || one.namespace !== other.namespace;
}

function textOf({ type, namespace, workflowId, activityId, isLocal }) {
  return JSON.stringify({ type, namespace, workflowId, activityId, isLocal });
}

const SECRET = 'the secret of the tests';
const OWN_KEY = createHash('sha256').update(SECRET).digest();

exports.strictDataConverter = strictDataConverter;
exports.dataConverter = strictDataConverter(SECRET);
/** For tests that read histories. */
exports.unsealed = (payload) => unsealed(OWN_KEY, payload);
