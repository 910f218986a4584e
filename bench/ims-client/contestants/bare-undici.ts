import { channel } from 'node:diagnostics_channel';
import { Agent, type Dispatcher } from 'undici';
import { lookupWithLoopback } from '../../../src/huaweicloud/loopback-lookup';
import { type Call, IMAGE_IDS, JOB_IDS } from '../answers';
import { CONNECTIONS, type Contestant } from './contestant';
import { connect } from './our-client';

type ReadyRequest = Dispatcher.DispatchOptions & { origin: string };
type ReadyRequests = { readonly [call in Call]: readonly ReadyRequest[] };

/** `Agent.request` of undici and the bytes of its body: what one would write without a client. */
export async function undiciRequest(origin: string): Promise<Contestant> {
  const agent = newAgent();
  const send = async (request: ReadyRequest): Promise<void> => {
    const { statusCode, body } = await agent.request(request);
    const bytes = await body.arrayBuffer();
    if (statusCode !== 200 || bytes.byteLength === 0) throw new Error(`unexpected answer: ${statusCode}`);
  };
  return contestant(await signedRequests(origin), agent, send);
}

/** `Agent.dispatch`, the layer below `Agent.request`: no stream, no promise of its own. Nothing on undici is faster. */
export async function undiciDispatch(origin: string): Promise<Contestant> {
  const agent = newAgent();
  const send = (request: ReadyRequest): Promise<void> =>
    new Promise((resolve, reject) => {
      let status = 0;
      const chunks: Buffer[] = [];
      agent.dispatch(request, {
        onRequestStart() {},
        onResponseStart(_controller, statusCode) {
          status = statusCode;
        },
        onResponseData(_controller, chunk) {
          chunks.push(chunk);
        },
        onResponseEnd() {
          if (status === 200 && Buffer.concat(chunks).length > 0) resolve();
          else reject(new Error(`unexpected answer: ${status}`));
        },
        onResponseError(_controller, error) {
          reject(error);
        },
      });
    });
  return contestant(await signedRequests(origin), agent, send);
}

function contestant(requests: ReadyRequests, agent: Agent, send: (request: ReadyRequest) => Promise<void>): Contestant {
  return {
    call: {
      ShowJob: (turn) => send(requestOfTurn(requests.ShowJob, turn)),
      ListImages: (turn) => send(requestOfTurn(requests.ListImages, turn)),
    },
    close: () => agent.close(),
  };
}

function requestOfTurn(requests: readonly ReadyRequest[], turn: number): ReadyRequest {
  const request = requests[turn % requests.length];
  if (request === undefined) throw new Error('there are no requests');
  return request;
}

/** With the options of our transport. */
function newAgent(): Agent {
  return new Agent({
    connect: { timeout: 4_000, lookup: lookupWithLoopback },
    pipelining: 1,
    headersTimeout: 300_000,
    bodyTimeout: 300_000,
    connections: CONNECTIONS,
  });
}

/** The requests of our own client, signed and all, as undici shows them. */
async function signedRequests(origin: string): Promise<ReadyRequests> {
  const cloud = connect(origin);
  try {
    return {
      ShowJob: await requestsOf(origin, JOB_IDS, (id) => cloud.ims.getJob(id)),
      ListImages: await requestsOf(origin, IMAGE_IDS, (id) => cloud.ims.getImage(id)),
    };
  } finally {
    await cloud.close();
  }
}

async function requestsOf(
  origin: string,
  ids: readonly string[],
  call: (id: string) => Promise<unknown>,
): Promise<ReadyRequest[]> {
  const created = channel('undici:request:create');
  const seen: ReadyRequest[] = [];
  const listener = (message: unknown): void => {
    const { request } = message as { request: { method: 'GET'; path: string; host: string; headers: string[] } };
    // Undici keeps the header `host` apart.
    const headers = ['host', request.host, ...request.headers];
    seen.push({ origin, method: request.method, path: request.path, headers });
  };
  created.subscribe(listener);
  try {
    for (const id of ids) await call(id);
  } finally {
    created.unsubscribe(listener);
  }
  if (seen.length !== ids.length) throw new Error(`our client sent ${seen.length} requests for ${ids.length} calls`);
  return seen;
}
