import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Reader } from 'protobufjs';

/** A span as OTLP carries it, of what is asked of it here. Ids are hexadecimal. */
export interface Span {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId: string;
}

/** A collector: takes traces by OTLP over HTTP, as protobuf. */
export class OtlpReceiver {
  readonly spans: Span[] = [];
  readonly bodies: Buffer[] = [];
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      this.bodies.push(body);
      if (request.url === '/v1/traces') this.spans.push(...spansOf(body));
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });

  static async start(): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver();
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}

/** ExportTraceServiceRequest.resource_spans = 1, ResourceSpans.scope_spans = 2, ScopeSpans.spans = 2. */
function spansOf(request: Uint8Array): Span[] {
  return fields(request, 1)
    .flatMap((resourceSpans) => fields(resourceSpans, 2))
    .flatMap((scopeSpans) => fields(scopeSpans, 2))
    .map((span) => ({
      traceId: hex(span, 1),
      spanId: hex(span, 2),
      parentSpanId: hex(span, 4),
      name: Buffer.from(fields(span, 5)[0] ?? []).toString(),
    }));
}

function hex(message: Uint8Array, id: number): string {
  return Buffer.from(fields(message, id)[0] ?? []).toString('hex');
}

/** The values of a field that is a message, a text or bytes. */
function fields(message: Uint8Array, id: number): Uint8Array[] {
  const LENGTH_DELIMITED = 2;
  const found: Uint8Array[] = [];
  const reader = Reader.create(message);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === ((id << 3) | LENGTH_DELIMITED)) found.push(reader.bytes());
    else reader.skipType(tag & 7);
  }
  return found;
}
