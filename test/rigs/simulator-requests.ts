import { type IncomingHttpHeaders, request } from 'node:http';
import { obsHmacSha1Signature, obsStringToSign } from '../../src/huaweicloud/signing/obs-hmac-sha1';
import { sdkHmacSha256Signature, sha256Hex } from '../../src/huaweicloud/signing/sdk-hmac-sha256';
import type { SimulatorInfo } from '../../src/testing';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  bytes: Buffer;
  text: string;
  json: WireJson;
}

/** The fields that tests read one by one; an answer has only some of them. */
export interface WireJson {
  job_id: string;
  status: string;
  end_time: string;
  entities: {
    process_percent: number;
    subJobId: string;
    sub_jobs_result: Array<{ job_type: string; status: string; error_code: string | null }>;
  };
  error: { code: string; message: string };
  error_code: string;
  images: Array<{ id: string; name: string }>;
  versions: Array<{ status: string }>;
  projects: Array<{ id: string; name: string }>;
  credential: { access: string; secret: string; securitytoken: string; expires_at: string };
  token: {
    expires_at: string;
    issued_at: string;
    project: { id: string };
    catalog?: Array<{ type: string; endpoints: object[] }>;
  };
  /** Of the control API. */
  now: string;
}

/** Sends exactly this: target and headers are not touched, and Host is only added when it is not given. */
export function send(
  endpoint: string,
  method: string,
  target: string,
  headers: { [name: string]: string } = {},
  body?: string,
): Promise<Answer> {
  const { hostname, port } = new URL(endpoint);
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, method, path: target, headers, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const text = bytes.toString('utf8');
        const isJson = incoming.headers['content-type']?.includes('application/json') && text !== '';
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          bytes,
          text,
          json: isJson ? JSON.parse(text) : undefined,
        });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

export interface Key {
  accessKey: string;
  secretKey: string;
  securityToken?: string;
}

/** The temporary key that an answer of IAM or the metadata service holds. */
export function keyOf({ credential }: WireJson): Key {
  return { accessKey: credential.access, secretKey: credential.secret, securityToken: credential.securitytoken };
}

export interface SigningChoices {
  key?: Key;
  /** The header X-Sdk-Date, or Date of OBS. @default now */
  at?: Date;
  /** More headers, signed like the rest. */
  headers?: { [name: string]: string };
  body?: string;
}

/** An IMS or IAM request signed over X-Project-Id, X-Sdk-Date and the headers given. */
export function signedHeaders(
  info: SimulatorInfo,
  method: string,
  target: string,
  { key = info, at = new Date(), headers = {}, body = '' }: SigningChoices = {},
): { [name: string]: string } {
  const [path = '', query = ''] = target.split('?');
  const date = at.toISOString().replace(/[-:]|\.\d+/g, '');
  const token: { [name: string]: string } =
    key.securityToken === undefined ? {} : { 'x-security-token': key.securityToken };
  const signed: { [name: string]: string } = {
    'x-project-id': info.projectId,
    'x-sdk-date': date,
    ...token,
    ...headers,
  };
  const entries = Object.entries(signed).sort(([a], [b]) => (a < b ? -1 : 1));
  const payloadHash = headers['x-sdk-content-sha256'] ?? sha256Hex(body);
  const signature = sdkHmacSha256Signature({ method, path, query, headers: entries, payloadHash }, date, key.secretKey);
  const names = entries.map(([name]) => name).join(';');
  return {
    ...signed,
    authorization: `SDK-HMAC-SHA256 Access=${key.accessKey}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

export function callIms(
  info: SimulatorInfo,
  method: string,
  target: string,
  choices: SigningChoices = {},
): Promise<Answer> {
  return send(info.imsEndpoint, method, target, signedHeaders(info, method, target, choices), choices.body);
}

export function exportImage(info: SimulatorInfo, imageId: string, body: object | string): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return callIms(info, 'POST', `/v1/cloudimages/${imageId}/file`, { body: text });
}

/** Begins an export that is accepted. */
export async function beginExport(info: SimulatorInfo, image = 'linux', key = 'exports/linux.qcow2'): Promise<string> {
  const answer = await exportImage(info, info.images[image] ?? '', {
    bucket_url: `${info.bucket}:${key}`,
    file_format: 'qcow2',
  });
  if (answer.status !== 200) throw new Error(`the export was refused: ${answer.text}`);
  return answer.json.job_id;
}

export function showJob(info: SimulatorInfo, jobId: string): Promise<Answer> {
  return callIms(info, 'GET', `/v1/${info.projectId}/jobs/${jobId}`);
}

export interface ObsChoices extends SigningChoices {
  scheme?: 'OBS' | 'AWS';
  /** The canonical resource. @default the target without its query */
  resource?: string;
  /** Not signed, such as Range and Host. */
  unsigned?: { [name: string]: string };
}

/** An OBS request, in path style unless `unsigned.host` says otherwise. */
export function callObs(
  info: SimulatorInfo,
  method: string,
  target: string,
  { key = info, at = new Date(), headers = {}, body, scheme = 'OBS', resource, unsigned = {} }: ObsChoices = {},
): Promise<Answer> {
  const prefix = scheme === 'OBS' ? 'x-obs-' : 'x-amz-';
  const token = key.securityToken === undefined ? {} : { [`${prefix}security-token`]: key.securityToken };
  const signed: { [name: string]: string } = { ...token, ...headers };
  const date = at.toUTCString();
  const stringToSign = obsStringToSign({
    method,
    contentMd5: signed['content-md5'] ?? '',
    contentType: signed['content-type'] ?? '',
    date,
    headers: Object.entries(signed),
    headerPrefix: prefix,
    resource: resource ?? target.replace(/\?.*/, ''),
  });
  const authorization = `${scheme} ${key.accessKey}:${obsHmacSha1Signature(stringToSign, key.secretKey)}`;
  return send(info.obsEndpoint, method, target, { date, authorization, ...signed, ...unsigned }, body);
}

export async function control(info: SimulatorInfo, method: string, path: string, body?: object): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  return send(info.imsEndpoint, method, `/_simulator${path}`, headers, body && JSON.stringify(body));
}
