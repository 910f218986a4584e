/**
 * The text of an answer, as it was before it was packed. Nothing is asked to be packed; some gateways do it all the same.
 *
 * @module
 */
import { brotliDecompressSync, constants, gunzipSync, inflateRawSync, inflateSync, type ZlibOptions } from 'node:zlib';
import type { HttpAnswer } from './transport';

/**
 * The largest JSON body that is read, unless its request says otherwise. An answer about one image or one job has a few
 * kilobytes; parsed, a hostile one may take fifty times its length.
 */
export const MAX_JSON_BYTES = 512 * 1024;

type Packed = Pick<HttpAnswer, 'headers' | 'body'>;

type Unpack = (packed: Buffer, limit: { maxOutputLength: number }) => Buffer;

/** What has arrived is unpacked, also where the end is missing. */
const SYNC: ZlibOptions = { finishFlush: constants.Z_SYNC_FLUSH };

const gunzip: Unpack = (packed, limit) => gunzipSync(packed, { ...SYNC, ...limit });

/** With the header of zlib, as the RFC has it, or without, as some servers do. */
const inflate: Unpack = (packed, limit) => {
  try {
    return inflateSync(packed, { ...SYNC, ...limit });
  } catch (error) {
    if (isTooLarge(error)) throw error;
    return inflateRawSync(packed, { ...SYNC, ...limit });
  }
};

const UNPACK: ReadonlyMap<string, Unpack> = new Map([
  ['gzip', gunzip],
  ['x-gzip', gunzip],
  ['deflate', inflate],
  ['br', (packed, limit) => brotliDecompressSync(packed, limit)],
]);

/**
 * The body of an answer as text, unpacked and without a byte order mark.
 *
 * @throws an error that {@link isTooLarge}, when unpacking would make it larger than is read
 */
export function textOf(answer: Packed, maxBytes = MAX_JSON_BYTES): string {
  // The decoder leaves a byte order mark out.
  return new TextDecoder().decode(unpackedOr(answer, maxBytes, isTooLarge));
}

/** The body of an answer, unpacked; as it is where that cannot be done, or would make it larger than is read. */
export function unpackedBody(answer: Packed, maxBytes = MAX_JSON_BYTES): Buffer {
  return unpackedOr(answer, maxBytes, () => false);
}

/** Whether an answer could not be unpacked for its size alone. */
export function isTooLarge(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
}

/** @throws what `passesOn` takes; after another error the body is as it is */
function unpackedOr({ headers, body }: Packed, maxBytes: number, passesOn: (error: unknown) => boolean): Buffer {
  const encodings = String(headers['content-encoding'] ?? '')
    .split(',')
    .map((encoding) => encoding.trim().toLowerCase())
    .filter((encoding) => encoding !== '' && encoding !== 'identity');
  // A proxy may have taken the header away, and left the body packed.
  if (encodings.length === 0 && isGzip(body)) encodings.push('gzip');
  try {
    return encodings.reduceRight((packed, encoding) => {
      const unpack = UNPACK.get(encoding);
      return unpack === undefined ? packed : unpack(packed, { maxOutputLength: maxBytes });
    }, body);
  } catch (error) {
    if (passesOn(error)) throw error;
    return body;
  }
}

/** By its first bytes, which no JSON, XML or HTML begins with. */
function isGzip(body: Buffer): boolean {
  return body[0] === 0x1f && body[1] === 0x8b;
}
