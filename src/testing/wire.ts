import type { IncomingMessage } from 'node:http';

/** A request as it is on the wire: signatures are over the raw bytes, so nothing here is decoded. */
export interface WireRequest {
  method: string;
  /** As on the request line, without the query. */
  path: string;
  /** As on the request line, without the `?`. */
  query: string;
  /** Names in lower case, values trimmed, in order, repeated ones apart. */
  headers: ReadonlyArray<readonly [name: string, value: string]>;
  /** Undefined when absent; repeated ones joined by a comma. */
  header(name: string): string | undefined;
  /** The header Host; clients send it with or without the port. */
  host: string;
  body: Buffer;
}

export function readWireRequest(incoming: IncomingMessage, body: Buffer): WireRequest {
  const target = requestTarget(incoming);
  const headers = pairs(incoming.rawHeaders);
  return {
    method: incoming.method ?? 'GET',
    ...target,
    headers,
    header: (name) => {
      const values = headers.filter(([candidate]) => candidate === name.toLowerCase()).map(([, value]) => value);
      return values.length === 0 ? undefined : values.join(',');
    },
    host: incoming.headers.host ?? '',
    body,
  };
}

/** Path and query of the request line, which may be in absolute form. */
export function requestTarget(incoming: IncomingMessage): { path: string; query: string } {
  const target = (incoming.url ?? '/').replace(/^https?:\/\/[^/?#]*/i, '');
  const mark = target.indexOf('?');
  return mark < 0
    ? { path: target || '/', query: '' }
    : { path: target.slice(0, mark) || '/', query: target.slice(mark + 1) };
}

/** Bare names of a query (`?location`) have an empty value. A name or value that is not valid percent-encoding stays as it is. */
export function queryParameters(query: string): Array<[name: string, value: string]> {
  return query
    .split('&')
    .filter((parameter) => parameter !== '')
    .map((parameter) => {
      const equals = parameter.indexOf('=');
      const [name, value] = equals < 0 ? [parameter, ''] : [parameter.slice(0, equals), parameter.slice(equals + 1)];
      return [percentDecode(name.replaceAll('+', ' ')), percentDecode(value.replaceAll('+', ' '))];
    });
}

export function percentDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function pairs(rawHeaders: readonly string[]): Array<[string, string]> {
  const headers: Array<[string, string]> = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    headers.push([(rawHeaders[index] ?? '').toLowerCase(), (rawHeaders[index + 1] ?? '').trim()]);
  }
  return headers;
}
