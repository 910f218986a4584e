import { Agent } from 'node:http';
import { BasicCredentials } from '@huaweicloud/huaweicloud-sdk-core';
import { ClientBuilder } from '@huaweicloud/huaweicloud-sdk-core/ClientBuilder';
import type { HcClient } from '@huaweicloud/huaweicloud-sdk-core/HcClient';
import { IMAGE_IDS, idOfTurn, JOB_IDS, PROJECT_ID } from '../answers';
import { CONNECTIONS, type Contestant } from './contestant';
import { ACCESS_KEY, SECRET_KEY } from './our-client';

/** The core of the vendor's SDK, called as its generated IMS client does (huaweicloud-sdk-nodejs-v3, services/ims/v2/ImsClient.ts). */
export function vendorSdk(origin: string): Contestant {
  const httpAgent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const client = new ClientBuilder<HcClient>((hcClient) => hcClient)
    .withCredential(new BasicCredentials().withAk(ACCESS_KEY).withSk(SECRET_KEY).withProjectId(PROJECT_ID))
    .withEndpoint(origin)
    .withOptions({ axiosRequestConfig: { httpAgent } })
    .build();
  return {
    call: {
      ShowJob: async (turn) => {
        const id = idOfTurn(JOB_IDS, turn);
        const job = await send<{ job_id: string }>(client, '/v1/{project_id}/jobs/{job_id}', { job_id: id }, {});
        if (job.job_id !== id) throw new Error(`unexpected job: ${JSON.stringify(job)}`);
      },
      ListImages: async (turn) => {
        const id = idOfTurn(IMAGE_IDS, turn);
        const { images } = await send<{ images: Array<{ id: string }> }>(client, '/v2/cloudimages', {}, { id });
        if (images[0]?.id !== id) throw new Error(`unexpected images: ${JSON.stringify(images)}`);
      },
    },
    close: async () => httpAgent.destroy(),
  };
}

/** The generated client makes these options anew for every call, and the core changes them. */
async function send<T>(
  client: HcClient,
  url: string,
  pathParams: Record<string, string>,
  queryParams: Record<string, string>,
): Promise<T> {
  const options = {
    method: 'GET',
    url,
    contentType: 'application/json',
    queryParams,
    pathParams,
    headers: {},
    responseHeaders: [''],
  };
  return (await client.sendRequest(options)) as T;
}
