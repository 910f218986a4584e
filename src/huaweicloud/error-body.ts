/**
 * Finds code and message in whatever the cloud, a gateway or a proxy answered. Never throws.
 *
 * @module
 */

export interface ErrorBody {
  /** Null when the body names none: it is empty, truncated, HTML, or something else's JSON. */
  code: string | null;
  /** Null when the body says nothing. Cut at 300 characters. */
  message: string | null;
  requestId: string | null;
}

const MAX_MESSAGE_LENGTH = 300;

/**
 * Reads every shape that the cloud's errors come in: `{"error":{"code","message"}}` (IMS; IAM with a numeric code),
 * `{"error_code","error_msg","request_id"}` (gateway), `errorCode`/`errorMsg`, `code`/`message` at the top, any of them
 * nested one level under another name, and the XML of OBS. Of anything else the text is kept as the message.
 */
export function parseErrorBody(body: Buffer): ErrorBody {
  const text = body.toString('utf8').trim();
  if (text === '') return { code: null, message: null, requestId: null };
  return parseJson(text) ?? parseXml(text) ?? { code: null, message: plainText(text), requestId: null };
}

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
  return { code: null, message, requestId };
}

function parseXml(text: string): ErrorBody | undefined {
  if (!/<Error[\s>]/.test(text)) return undefined;
  // Only these elements: others of an OBS error repeat the signed headers.
  return {
    code: xmlElement(text, 'Code'),
    message: xmlElement(text, 'Message'),
    requestId: xmlElement(text, 'RequestId'),
  };
}

function codeIn(place: Record<string, unknown>): string | null {
  return firstText(place, ['error_code', 'errorCode', 'code']);
}

function messageIn(place: Record<string, unknown>): string | null {
  return firstText(place, ['error_msg', 'errorMsg', 'message', 'error_message', 'title', 'error']);
}

/** The first of the named fields that holds a text or a number. */
function firstText(place: Record<string, unknown>, names: readonly string[]): string | null {
  for (const name of names) {
    const value = place[name];
    if (typeof value === 'number') return String(value);
    if (typeof value === 'string' && value.trim() !== '') return cut(value.trim());
  }
  return null;
}

function xmlElement(text: string, name: string): string | null {
  const found = new RegExp(`<${name}>([^<]{1,2000})</${name}>`).exec(text)?.[1]?.trim();
  return found === undefined || found === '' ? null : cut(found);
}

/** A page of a proxy without its markup. */
function plainText(text: string): string | null {
  const plain = text
    .slice(0, 20_000)
    .replace(/<(style|script)[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return plain === '' ? null : cut(plain);
}

function cut(text: string): string {
  return text.length > MAX_MESSAGE_LENGTH ? `${text.slice(0, MAX_MESSAGE_LENGTH)}…` : text;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
