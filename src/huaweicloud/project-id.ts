import { z } from 'zod';
import type { CloudAccount } from './account';
import { unreadableAnswer } from './errors';
import { gatewayRequest } from './gateway-request';
import { readJson } from './json-answer';
import type { CloudSession, ReadOptions } from './session';

const PROJECTS = z.object({
  projects: z
    .array(z.unknown())
    // One is wanted. Of a hostile answer's 100,000, none is read in vain.
    .transform((projects) => projects.slice(0, 100))
    .pipe(z.array(z.object({ id: z.string().min(1) }))),
});

/**
 * The project id of an account: the configured one, or the one project that IAM knows for the region
 * (`GET /v3/projects?name={region}`), asked once.
 */
export class ProjectId {
  #found: Promise<string> | undefined;

  constructor(
    private readonly session: CloudSession,
    private readonly account: CloudAccount,
  ) {}

  /** @throws {@link CloudError} `ProjectNotFound` or `ProjectAmbiguous` when IAM does not name exactly one */
  get(options: Pick<ReadOptions, 'tryRefusedKey'> = {}): Promise<string> {
    if (this.account.projectId !== undefined) return Promise.resolve(this.account.projectId);
    this.#found ??= this.#find(options).catch((error: unknown) => {
      this.#found = undefined;
      throw error;
    });
    return this.#found;
  }

  async #find(options: ReadOptions): Promise<string> {
    const { endpoints, region } = this.account;
    const request = gatewayRequest('ListProjects', {
      method: 'GET',
      endpoint: endpoints.iam,
      path: '/v3/projects',
      query: `name=${encodeURIComponent(region)}`,
    });
    const answer = await this.session.read(request, options);
    const attempt = this.session.attempt(request);
    const { projects } = readJson(answer, PROJECTS, attempt);
    const [project] = projects;
    if (project !== undefined && projects.length === 1) return project.id;
    throw unreadableAnswer(
      answer,
      attempt,
      `IAM knows ${projects.length} projects of the name '${region}' where exactly one was expected; set HUAWEICLOUD_SDK_PROJECT_ID, or projectId of the account.`,
    ).with({ code: project === undefined ? 'ProjectNotFound' : 'ProjectAmbiguous', class: 'permanent' });
  }
}
