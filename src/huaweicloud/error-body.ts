/**
 * Finds code and message in whatever the cloud, a gateway or a proxy answered. Never throws, and reads every text in
 * time proportional to its length.
 *
 * @module
 */

import { oneLine } from '../export/quoting';

export interface ErrorBody {
  /** Null when the body names none: it is empty, truncated, HTML, or something else's JSON. */
  code: string | null;
  /** Null when the body says nothing. One line, cut at 300 characters. */
  message: string | null;
  requestId: string | null;
}

/** No error of the cloud comes near this length. What is longer is a page of a proxy, and its beginning is enough. */
const MAX_BODY_BYTES = 64 * 1024;
const MAX_PAGE_LENGTH = 20_000;
export const MAX_MESSAGE_LENGTH = 300;

/**
 * Codes of all services have this form. Anything else is no code: a rejection has to name one, and codes are matched, logged
 * and put into the names of failures.
 */
const CODE = /^\w[\w.:-]{0,99}$/;

/**
 * Reads every shape that the cloud's errors come in: `{"error":{"code","message"}}` (IMS; IAM with a numeric code),
 * `{"error_code","error_msg","request_id"}` (gateway), `errorCode`/`errorMsg`, `code`/`message` at the top, any of them
 * nested one level under another name, and the XML of OBS. Of anything else the text is kept as the message.
 */
export function parseErrorBody(body: Buffer, withoutSecrets = (text: string) => text): ErrorBody {
  // Before the parsing, which may take a secret for markup, and after it, which may unescape one; and before the cut.
  const text = withoutSecrets(body.subarray(0, MAX_BODY_BYTES).toString('utf8').trim());
  const tidy = (said: string | null) =>
    said === null ? null : oneLine(withoutSecrets(said), MAX_MESSAGE_LENGTH) || null;
  const { code, message, requestId } = parseJson(text) ?? parseXml(text) ?? { ...NOTHING, message: plainText(text) };
  return { code, message: tidy(message), requestId: tidy(requestId) };
}

const NOTHING: ErrorBody = { code: null, message: null, requestId: null };

function parseJson(text: string): ErrorBody | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(parsed)) return undefined;
  const { error, ...others } = parsed;
  // `error` first: beside it there may be an unrelated `code` or `message`. The top level comes before other nestings.
  const places = [error, parsed, ...Object.values(others)].filter(isRecord);
  const place = places.find((candidate) => codeIn(candidate) !== null);
  const requestId = firstText(parsed, ['request_id', 'requestId']);
  if (place !== undefined) return { code: codeIn(place), message: messageIn(place), requestId };
  const message = places.map(messageIn).find((candidate) => candidate !== null) ?? plainText(text);
  return { ...NOTHING, message, requestId };
}

function parseXml(text: string): ErrorBody | undefined {
  if (!/<Error[\s>]/.test(text)) return undefined;
  const code = xmlElement(text, 'Code');
  // Only these elements: others of an OBS error repeat the signed headers.
  return {
    code: code !== null && CODE.test(code) ? code : null,
    message: xmlElement(text, 'Message'),
    requestId: xmlElement(text, 'RequestId'),
  };
}

function codeIn(place: Record<string, unknown>): string | null {
  const code = firstText(place, ['error_code', 'errorCode', 'code']);
  return code !== null && CODE.test(code) ? code : null;
}

function messageIn(place: Record<string, unknown>): string | null {
  return firstText(place, ['error_msg', 'errorMsg', 'message', 'error_message', 'title', 'error']);
}

/** The first of the named fields that holds a text or a number. */
function firstText(place: Record<string, unknown>, names: readonly string[]): string | null {
  for (const name of names) {
    const value = place[name];
    const text = typeof value === 'number' ? String(value) : value;
    const line = typeof text === 'string' ? oneLine(text) : '';
    if (line !== '') return line;
  }
  return null;
}

function xmlElement(text: string, name: string): string | null {
  const found = new RegExp(`<${name}>([^<]{1,2000})</${name}>`).exec(text)?.[1]?.trim();
  return found === undefined ? null : oneLine(found) || null;
}

/** A page of a proxy without its markup. */
function plainText(text: string): string | null {
  const [beginning = '', ...elements] = text.slice(0, MAX_PAGE_LENGTH).split(/<(?=style|script)/i);
  // By pieces, since one expression over all of it would search the end of every unclosed tag anew.
  const readable = [beginning, ...elements.map(withoutFirstElement)].join(' ');
  return oneLine(readable.replace(/<[^<>]*>/g, ' ')) || null;
}

/** What follows the end of a style or a script; nothing when it does not end. */
function withoutFirstElement(piece: string): string {
  const end = /<\/(?:style|script)>/i.exec(piece);
  return end === null ? '' : piece.slice(end.index + end[0].length);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
