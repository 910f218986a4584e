import { type CloudAccount, type CloudClient, createCloudClient, staticCredentials } from '../../../src/huaweicloud';
import { IMAGE_IDS, idOfTurn, JOB_IDS, PROJECT_ID } from '../answers';
import { CONNECTIONS, type Contestant } from './contestant';

/** The client of this package as an activity uses it: signing, limits, retries, guard and validation are all on. */
export function ourClient(origin: string): Contestant {
  const cloud = connect(origin);
  return {
    call: {
      ShowJob: async (turn) => {
        const id = idOfTurn(JOB_IDS, turn);
        const job = await cloud.ims.getJob(id);
        if (job.jobId !== id || job.progress !== 0.4) throw new Error(`unexpected job: ${JSON.stringify(job)}`);
      },
      ListImages: async (turn) => {
        const image = await cloud.ims.getImage(idOfTurn(IMAGE_IDS, turn));
        if (image?.minDiskGb !== 40) throw new Error(`unexpected image: ${image?.id}`);
      },
    },
    close: () => cloud.close(),
  };
}

export function connect(origin: string): CloudClient {
  return createCloudClient(accountAt(origin), { transport: { connections: CONNECTIONS } });
}

/** Keys of no account. */
export const ACCESS_KEY = 'BENCHBENCHBENCHBENCH';
export const SECRET_KEY = 'benchbenchbenchbenchbenchbenchbenchbench';

function accountAt(origin: string): CloudAccount {
  return {
    name: 'bench',
    region: 'cn-north-4',
    projectId: PROJECT_ID,
    endpoints: { ims: origin, obs: origin, iam: origin },
    obsPathStyle: true,
    credentials: staticCredentials({ accessKey: ACCESS_KEY, secretKey: SECRET_KEY }),
  };
}
