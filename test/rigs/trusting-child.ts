/**
 * Sends requests in a process of its own, which trusts an authority: node reads NODE_EXTRA_CA_CERTS when it starts.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { errorOfTransport } from '../../src/huaweicloud/errors';
import { Transport, TransportError } from '../../src/huaweicloud/transport';

/** Of a POST to an origin. */
export interface TrustingSend {
  origin: string;
  env?: NodeJS.ProcessEnv;
}

/** Code, class and `executed` of what failed, or the status. */
export interface TrustingAnswer {
  meaning: [code: string, errorClass: string, executed: string] | number;
  message: string;
}

export async function sendTrusting<Name extends string>(
  authority: string,
  sends: Record<Name, TrustingSend>,
): Promise<Record<Name, TrustingAnswer>> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', __filename, JSON.stringify(sends)],
    { env: { PATH: process.env.PATH, NODE_EXTRA_CA_CERTS: authority } },
  );
  return JSON.parse(stdout);
}

async function send({ origin, env = {} }: TrustingSend): Promise<TrustingAnswer> {
  const transport = new Transport({ env, connectTimeoutMs: 8_000 });
  const headers = [['host', new URL(origin).host]] as const;
  try {
    const answer = await transport.send({ method: 'POST', origin, path: '/x', headers }, { limitMs: 8_000 });
    return { meaning: answer.status, message: '' };
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    const { class: errorClass, executed } = errorOfTransport(error, { operation: 'X', method: 'POST', nowMs: 0 });
    return { meaning: [error.code, errorClass, executed], message: error.message };
  } finally {
    await transport.close();
  }
}

if (require.main === module) {
  const sends = Object.entries<TrustingSend>(JSON.parse(process.argv[2] ?? '{}'));
  Promise.all(sends.map(async ([name, its]) => [name, await send(its)])).then((answers) => {
    process.stdout.write(JSON.stringify(Object.fromEntries(answers)));
  });
}
